import pytest
import torch
from samples import byte_images
from trainings import (
    IMAGES,
    RELEASED,
    assert_same,
    clean_views,
    killed_after,
    settings,
    trained,
    views_against,
    weights,
)

from cobra.artifacts.checkpoints import Scratch
from cobra.data.one_class import as_unit
from cobra.errors import UserError
from cobra.training.networks.network import Network
from cobra.training.trainer import Trainer, log_csv


def without_times(history):
    return [{key: value for key, value in row.items() if "second" not in key} for row in history]


def test_no_epochs_leave_an_untrained_network(tmp_path):
    untrained = trained(tmp_path, schedule={"epochs": 0, "warmup_epochs": 0})
    assert_same(weights(untrained), weights(Trainer(IMAGES, settings(), 0)))
    assert untrained.threshold is None  # nothing is crafted
    assert log_csv(untrained.history) == b"epoch\r\n"


def test_the_share_of_fresh_normal_images_that_the_filter_passes_is_recorded(tmp_path):
    fresh = byte_images(7, seed=1)
    trainer = Trainer(IMAGES, settings(), 0, fresh=fresh)
    trainer.run(Scratch(tmp_path, "cpu"))
    passed = trainer.threshold.distance(as_unit(fresh.pixels)) > trainer.threshold.limit
    assert [row["fresh_acceptance"] for row in trainer.history] == [passed.double().mean().item()] * 2
    assert_same(weights(trainer), weights(trained(tmp_path / "without")))  # and changes nothing else


@pytest.mark.parametrize("enabled", [True, False])
def test_without_a_filter_or_fresh_images_nothing_is_recorded_of_them(tmp_path, enabled):
    fresh = None if enabled else byte_images(7, seed=1)
    trainer = Trainer(IMAGES, settings(crafting={"filter": {"enabled": enabled}}), 0, fresh=fresh)
    trainer.run(Scratch(tmp_path, "cpu"))
    assert "fresh_acceptance" not in trainer.history[0]


@pytest.mark.parametrize("optimizer", ["lars", "sgd"])
@pytest.mark.parametrize("saves", [1, 2], ids=["after the filter", "after epoch 1"])
def test_a_killed_training_resumes_bit_for_bit(tmp_path, monkeypatch, saves, optimizer):
    changes = {"schedule": {"optimizer": optimizer}}
    whole = trained(tmp_path / "whole", **changes)
    with killed_after(monkeypatch, saves):
        trained(tmp_path / "killed", **changes)
    torch.manual_seed(123)  # a new process has another global state
    resumed = trained(tmp_path / "killed", **changes)
    assert_same(weights(resumed), weights(whole))
    assert_same(resumed.optimiser.state(), whole.optimiser.state())
    assert without_times(resumed.history) == without_times(whole.history)


def test_the_seed_decides_the_network(tmp_path):
    first, again, other = (trained(tmp_path / name, seed) for name, seed in (("a", 0), ("b", 0), ("c", 1)))
    assert_same(weights(first), weights(again))
    assert not torch.equal(weights(first)["backbone.conv1.weight"], weights(other)["backbone.conv1.weight"])


def test_every_weight_that_the_objective_reaches_is_trained(tmp_path):
    before = weights(Trainer(IMAGES, settings(), 0))
    after = weights(trained(tmp_path))
    assert [key for key in before if torch.equal(before[key], after[key])] == []


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ({"contrastive": "cobra"}, ["contrastive", "classification"]),
        ({"contrastive": "none"}, ["classification"]),
        *[({"contrastive": name, "classification": False}, ["contrastive"])
          for name in ("cl", "supcl", "opposite", "cobra")],
    ],
)  # fmt: skip
@pytest.mark.parametrize("enabled", [True, False])
def test_each_objective_has_its_terms_and_its_adversarial_views(objective, expected, enabled):
    trainer = Trainer(IMAGES, settings(objective=objective, adversary={"enabled": enabled}), 0)
    clean, random = clean_views(trainer)
    adversarial = views_against(trainer, clean, random)
    assert list(adversarial) == (expected if enabled else [])
    terms = trainer.terms(clean, adversarial)
    assert list(terms) == expected
    gradients = torch.autograd.grad(sum(terms.values()), trainer.network.backbone.conv1.weight)
    assert torch.isfinite(gradients[0]).all()
    assert gradients[0].abs().max() > 0


def test_a_step_tells_batch_norm_of_one_batch(tmp_path):
    trainer = trained(tmp_path, schedule={"epochs": 1})
    assert trainer.network.backbone.bn1.num_batches_tracked == trainer.steps_per_epoch == 3


@pytest.mark.parametrize("enabled", [True, False])
def test_one_pass_per_step_trains_on_all_views(monkeypatch, enabled):
    trainer = Trainer(IMAGES, settings(adversary={"enabled": enabled}), 0)
    clean, random = clean_views(trainer)
    adversarial = views_against(trainer, clean, random)
    trainer.network.train()
    features, sizes = Network.features, []

    def counted(self, images):
        sizes.append(len(images))
        return features(self, images)

    monkeypatch.setattr(Network, "features", counted)
    trainer.terms(clean, adversarial)
    assert sizes == [8 * (4 if enabled else 2)]


@pytest.mark.parametrize(
    ("per_epoch", "rows", "steps"), [(None, 10, 3), (3, 10, 3), (10, 10, 3), (25, 25, 7), (30, 30, 8)]
)
def test_images_are_shuffled_and_repeated_up_to_images_per_epoch(per_epoch, rows, steps):
    trainer = Trainer(IMAGES, settings(schedule={"images_per_epoch": per_epoch}), 0)
    order, draws = trainer.order(epoch=0)
    assert len(order) == len(draws) == rows
    assert trainer.steps_per_epoch == steps
    assert len(order.chunk(steps)) == steps
    counts = torch.bincount(order, minlength=10)
    assert counts.max() - counts.min() <= 1
    assert len(draws.unique()) == rows  # a repeated image is augmented anew
    assert torch.equal(draws & ((1 << 40) - 1), IMAGES.ids[order])
    assert not torch.equal(order, trainer.order(epoch=1)[0])


def test_the_schedule_is_used_step_by_step(tmp_path):
    history = trained(tmp_path, schedule={"epochs": 3}).history
    rates = [row["learning_rate"] for row in history]
    assert rates[0] == pytest.approx(0.5 * (1 + 2 + 3) / 9)  # warm-up over one epoch of three steps
    assert rates[1] > rates[2] > 0


def test_the_log_has_a_row_per_epoch(tmp_path):
    trainer = trained(tmp_path)
    lines = log_csv(trainer.history).decode().split()
    names = "epoch,loss,contrastive,classification,learning_rate,acceptance,tries,images_per_second,seconds"
    assert lines[0] == names
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2"]
    for row in trainer.history:
        assert row["loss"] == pytest.approx(row["contrastive"] + row["classification"], rel=1e-5)
        assert 0 <= row["acceptance"] <= 1
        assert 1 <= row["tries"] <= 5


def test_without_the_filter_every_first_candidate_is_accepted(tmp_path):
    trainer = trained(tmp_path, crafting={"filter": {"enabled": False}}, schedule={"epochs": 1})
    assert trainer.threshold is None
    assert (trainer.history[0]["acceptance"], trainer.history[0]["tries"]) == (1, 1)


def test_a_loss_that_is_no_number_ends_the_training_unsaved(tmp_path):
    changes = {"schedule": {"epochs": 1}, "crafting": {"filter": {"enabled": False}}}
    trainer = Trainer(IMAGES, settings(**changes), 0)
    with torch.no_grad():
        trainer.network.backbone.conv1.weight[0] = torch.nan
    with pytest.raises(UserError, match=r"loss is nan in epoch 1: lower detector.schedule.learning_rate"):
        trainer.run(Scratch(tmp_path, "cpu"))
    assert Scratch(tmp_path, "cpu").load() is None


def test_half_precision_trains(tmp_path):
    history = trained(tmp_path, schedule={"precision": "bf16", "epochs": 1}).history
    whole = trained(tmp_path / "fp32", schedule={"epochs": 1}).history
    assert history[0]["loss"] != whole[0]["loss"]
    assert history[0]["loss"] == pytest.approx(whole[0]["loss"], abs=0.3)


@pytest.mark.parametrize("name", ["cl", "supcl", "opposite", "cobra"])
def test_four_groups_train_every_weight(tmp_path, name):
    changes = RELEASED | {"objective": {"contrastive": name}}
    before = weights(Trainer(IMAGES, settings(**changes), 0))
    after = weights(trained(tmp_path, **changes))
    assert before["classifier.weight"].shape[0] == 4
    assert [key for key in before if torch.equal(before[key], after[key])] == []


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("model", [{}, {"stem": "high"}, {"backbone": "resnet50"}], ids=str)
def test_what_is_computed_again_changes_no_bit(tmp_path, precision, model):
    found = {}
    for recompute in (False, True):
        schedule = {"epochs": 1, "precision": precision, "recompute": recompute}
        trainer = trained(tmp_path / str(recompute), schedule=schedule, model=model)
        found[recompute] = weights(trainer)  # running statistics and counts of batches among them
    assert_same(found[True], found[False])


def test_what_is_computed_again_is_not_kept(monkeypatch):
    kept = {}
    for recompute in (False, True):
        trainer = Trainer(IMAGES, settings(schedule={"recompute": recompute}), 0)
        trainer.network.train()
        saved = []
        with torch.autograd.graph.saved_tensors_hooks(lambda x, to=saved: to.append(x) or x, lambda x: x):
            trainer.terms(clean_views(trainer)[0], {})
        kept[recompute] = {its.untyped_storage().data_ptr(): its.untyped_storage().nbytes() for its in saved}
    assert sum(kept[True].values()) < 0.5 * sum(kept[False].values())
