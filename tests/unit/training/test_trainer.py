import pytest
import torch
from samples import TINY_MODEL, byte_images, deep_merge

from cobra.artifacts.checkpoints import Scratch
from cobra.data.one_class import as_unit
from cobra.errors import UserError
from cobra.randomness import ImageRandom
from cobra.training.adversary import other_group
from cobra.training.losses import classification_loss, contrastive_loss
from cobra.training.networks.network import Network
from cobra.training.settings import DetectorSettings
from cobra.training.trainer import Trainer, log_csv

IMAGES = byte_images(10)
STEPS = 3


def settings(**changes):
    base = {
        "model": TINY_MODEL.model_dump(),
        "crafting": {"filter": {"epochs": 1, "width": 2}},
        "adversary": {"eps": 0.1, "steps": STEPS},
        "schedule": {"epochs": 2, "batch_size": 4, "learning_rate": 0.5, "warmup_epochs": 1},
    }
    return DetectorSettings.model_validate(deep_merge(base, changes))


def trained(folder, seed=0, **changes):
    trainer = Trainer(IMAGES, settings(**changes), seed)
    trainer.run(Scratch(folder, "cpu"))
    return trainer


def weights(trainer):
    return {key: value.clone() for key, value in trainer.network.state_dict().items()}


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def without_times(history):
    return [{key: value for key, value in row.items() if "second" not in key} for row in history]


def clean_views(trainer, batch=4):
    generator = torch.Generator().manual_seed(0)
    views = torch.rand(2, 2 * batch, 3, 16, 16, generator=generator)
    return list(views), ImageRandom.of(0, torch.arange(2 * batch), "views")


class KilledError(Exception):
    pass


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
    save, calls = Scratch.save, []

    def save_then_die(self, state):
        save(self, state)
        calls.append(1)
        if len(calls) == saves:
            raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Scratch, "save", save_then_die)
        with pytest.raises(KilledError):
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


def trained_a_little(network):
    """Batch norms other than their initial ones, which folding would not show."""
    generator = torch.Generator().manual_seed(3)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.weight.data, module.running_var, module.bias.data, module.running_mean):
                values += torch.rand(values.shape, generator=generator) / 4


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
    adversarial = trainer.adversary.views(clean, random)
    assert list(adversarial) == (expected if enabled else [])
    terms = trainer.terms(clean, adversarial)
    assert list(terms) == expected
    gradients = torch.autograd.grad(sum(terms.values()), trainer.network.backbone.conv1.weight)
    assert torch.isfinite(gradients[0]).all()
    assert gradients[0].abs().max() > 0


def test_adversarial_views_are_near_their_own_clean_view_and_raise_their_loss():
    trainer = Trainer(IMAGES, settings(), 0)
    clean, random = clean_views(trainer)
    views = trainer.adversary.views(clean, random)
    for name, base in zip(("contrastive", "classification"), clean, strict=True):
        distance = (views[name].double() - base.double()).abs().max()
        assert 0.09 < distance <= 0.1 + 1e-6
        assert views[name].min() >= 0
        assert views[name].max() <= 1
        assert not views[name].requires_grad
    with torch.no_grad():
        target = trainer.adversary.target()
        loss, features = target.contrast_with(clean), target.features
        assert loss(features(views["contrastive"])) > loss(features(clean[0]))
        of_class = [target.misclassify(features(x))
                    for x in (clean[1], views["classification"])]  # fmt: skip
    assert of_class[1] > of_class[0]


def test_the_fast_ascent_has_the_gradient_of_the_plain_one_in_double_precision():
    trainer = Trainer(IMAGES, settings(), 0)
    clean, _ = clean_views(trainer)
    trained_a_little(trainer.network)
    network = trainer.network.double().eval()
    views = [view.double() for view in clean]
    images = torch.cat(views).flip(0).requires_grad_()  # a view for each term
    target = trainer.adversary.target()
    contrastive, classification = target.features(images).chunk(2)
    fast = target.contrast_with(views)(contrastive) + target.misclassify(classification)
    first, second = images.chunk(2)
    embeddings = network.project(network.features(torch.cat([*views, first])))
    plain = contrastive_loss("cobra", embeddings, 3, 0.5)
    plain = plain + classification_loss(network.logits(network.features(second)), 1)
    assert fast.item() == pytest.approx(plain.item(), rel=1e-12)
    ours, theirs = (torch.autograd.grad(loss, images)[0] for loss in (fast, plain))
    assert theirs.abs().max() > 0
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-14)


def test_the_ascent_alone_may_be_in_bf16():
    clean, random = clean_views(None)
    half = Trainer(IMAGES, settings(adversary={"precision": "bf16"}), 0)
    full = Trainer(IMAGES, settings(), 0)
    assert half.adversary.target().network.backbone.conv1.weight.dtype == torch.bfloat16
    views, exact = (trainer.adversary.views(clean, random) for trainer in (half, full))
    for name, view in views.items():
        assert view.dtype == torch.float32
        apart = (view - exact[name]).abs().gt(1e-6).float().mean()
        assert 0 < apart < 0.2
    assert all(weight.dtype == torch.float32 for weight in half.network.parameters())
    whole = Trainer(IMAGES, settings(schedule={"precision": "bf16"}), 0)
    assert whole.adversary.precision == "bf16"
    asked = {"schedule": {"precision": "bf16"}, "adversary": {"precision": "fp32"}}
    assert Trainer(IMAGES, settings(**asked), 0).adversary.precision == "fp32"


def test_the_two_terms_attacked_together_are_attacked_as_each_alone():
    clean, random = clean_views(None)
    both = Trainer(IMAGES, settings(), 0).adversary.views(clean, random)
    for name, objective in (
        ("contrastive", {"classification": False}),
        ("classification", {"contrastive": "none"}),
    ):
        alone = Trainer(IMAGES, settings(objective=objective), 0).adversary.views(clean, random)
        # where a gradient is nearly zero, its sign may differ by rounding
        assert (alone[name] - both[name]).abs().gt(1e-6).float().mean() < 1e-3


@pytest.mark.parametrize("term", ["contrastive", "classification"])
def test_a_term_that_is_not_attacked_trains_on_clean_views_alone(term):
    clean, random = clean_views(None)
    both = Trainer(IMAGES, settings(), 0).adversary.views(clean, random)
    trainer = Trainer(IMAGES, settings(adversary={"terms": [term]}), 0)
    views = trainer.adversary.views(clean, random)
    assert list(views) == [term]
    assert (views[term] - both[term]).abs().gt(1e-6).float().mean() < 1e-3
    trainer.network.eval()  # in training a norm would see the other term's view
    other = "classification" if term == "contrastive" else "contrastive"
    assert torch.equal(trainer.terms(clean, views)[other], trainer.terms(clean, {})[other])
    assert trainer.terms(clean, views)[term] > trainer.terms(clean, {})[term]


def test_attacking_leaves_batch_norm_statistics_and_weights_alone():
    trainer = Trainer(IMAGES, settings(), 0)
    clean, random = clean_views(trainer)
    trainer.network.train()
    before = weights(trainer)
    trainer.adversary.views(clean, random)
    assert_same(weights(trainer), before)
    assert all(parameter.grad is None for parameter in trainer.network.parameters())


def test_a_step_tells_batch_norm_of_one_batch(tmp_path):
    trainer = trained(tmp_path, schedule={"epochs": 1})
    assert trainer.network.backbone.bn1.num_batches_tracked == trainer.steps_per_epoch == 3


def test_embeddings_of_the_clean_views_are_computed_once(monkeypatch):
    trainer = Trainer(IMAGES, settings(), 0)
    clean, random = clean_views(trainer)
    features, sizes = Network.features, []

    def counted(self, images):
        sizes.append(len(images))
        return features(self, images)

    monkeypatch.setattr(Network, "features", counted)
    trainer.adversary.views(clean, random)
    assert sizes == [16] + [16] * STEPS  # two clean views; then the two terms' views, each step


@pytest.mark.parametrize("enabled", [True, False])
def test_one_pass_per_step_trains_on_all_views(monkeypatch, enabled):
    trainer = Trainer(IMAGES, settings(adversary={"enabled": enabled}), 0)
    clean, random = clean_views(trainer)
    adversarial = trainer.adversary.views(clean, random)
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


ROTATIONS = {"crafting": {"groups": "rotations", "filter": {"enabled": False}}}
RELEASED = ROTATIONS | {
    "objective": {"contrastive": "cl"},
    "adversary": {"terms": ["contrastive", "classification", "group"]},
}


@pytest.mark.parametrize("name", ["cl", "supcl", "opposite", "cobra"])
def test_four_groups_train_every_weight(tmp_path, name):
    changes = RELEASED | {"objective": {"contrastive": name}}
    before = weights(Trainer(IMAGES, settings(**changes), 0))
    after = weights(trained(tmp_path, **changes))
    assert before["classifier.weight"].shape[0] == 4
    assert [key for key in before if torch.equal(before[key], after[key])] == []


def test_the_group_view_is_a_fourth_block_of_the_contrastive_loss():
    trainer = Trainer(IMAGES, settings(**RELEASED), 0)
    views = torch.rand(2, 16, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    clean, random = list(views), ImageRandom.of(0, torch.arange(16), "views")
    found = trainer.adversary.views(clean, random)
    assert list(found) == ["contrastive", "classification", "group"]
    trainer.network.eval()
    with torch.no_grad():
        terms = trainer.terms(clean, found)
        blocks = [*clean, found["contrastive"], found["group"]]
        embeddings = trainer.network.embed(torch.cat(blocks), "projection")
        logits = trainer.network.logits(
            trainer.network.features(torch.cat([*clean, found["classification"]]))
        )
    expected = contrastive_loss("cl", embeddings, 4, 0.5, groups=4)
    torch.testing.assert_close(terms["contrastive"], expected)
    torch.testing.assert_close(terms["classification"], classification_loss(logits, 3))


@pytest.mark.parametrize(("groups", "count"), [(2, {}), (4, ROTATIONS)], ids=["two", "four"])
def test_the_group_attack_pulls_each_image_to_another_group_of_it(groups, count):
    terms = {"adversary": {"terms": ["group"]}}
    trainer = Trainer(IMAGES, settings(**deep_merge(terms, count)), 0)
    views = torch.rand(2, 4 * groups, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    clean, random = list(views), ImageRandom.of(0, torch.arange(4 * groups), "views")
    rows = other_group(random, groups)
    assert sorted(rows.tolist()) == list(range(4 * groups))  # a permutation ...
    assert all(own % 4 == other % 4 and own != other for own, other in enumerate(rows.tolist()))
    found = trainer.adversary.views(clean, random)["group"]
    assert 0.09 < (found.double() - clean[1].double()).abs().max() <= 0.1 + 1e-6
    target = trainer.adversary.target()
    with torch.no_grad():
        loss = target.pull_to(clean[1][rows])
        base, raised = loss(target.features(clean[1])), loss(target.features(found))
        pair = trainer.network.eval().embed(torch.cat([found, clean[1][rows]]), "projection")
    assert raised > base
    torch.testing.assert_close(-contrastive_loss("cl", pair, 2, 0.5, groups), raised, rtol=1e-4, atol=1e-4)


def test_the_group_attack_needs_a_contrastive_term():
    with pytest.raises(ValueError, match="holds no term of the objective"):
        settings(objective={"contrastive": "none"}, adversary={"terms": ["group"]})


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
