from contextlib import contextmanager

import pytest
import torch
from samples import two_groups, wavy

from cobra.artifacts.checkpoints import Scratch
from cobra.attacks.attack import attack
from cobra.attacks.evaluation import attack_test_images
from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies import kinds, traits
from cobra.data.one_class import Images, TestImages, as_unit
from cobra.errors import UserError

TEST = two_groups(normal=4, anomalies=5)
SETTINGS = AttackSettings(eps=0.05, steps=3, restarts=2)


def evaluate(folder, score=wavy, block_size=4, settings=SETTINGS, **more):
    return attack_test_images(
        score, TEST, settings, seed=0, block_size=block_size, scratch=Scratch(folder, "cpu"), **more
    )


def evaluated(*args, **more):
    return evaluate(*args, **more).columns


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_columns_are_the_attack_of_all_images_at_once(tmp_path):
    columns = evaluated(tmp_path)
    names = [f"r{restart}_s{steps}" for restart in (1, 2) for steps in (1, 2, 3)]
    assert list(columns) == ["clean", "attacked", *names]
    images = as_unit(TEST.images.pixels)
    whole = attack(wavy, images, TEST.is_anomaly, SETTINGS, image_ids=TEST.images.ids, seed=0)
    assert torch.equal(columns["clean"], whole.clean)
    torch.testing.assert_close(columns["attacked"], whole.attacked, rtol=0, atol=1e-6)
    traced = torch.stack([columns[name] for name in names], dim=1).reshape(9, 2, 3)
    torch.testing.assert_close(traced, whole.trace, rtol=0, atol=1e-6)


@pytest.mark.parametrize("block_size", [1, 9, 100])
def test_block_size_does_not_matter(tmp_path, block_size):
    whole, other = evaluated(tmp_path / "a"), evaluated(tmp_path / "b", block_size=block_size)
    for name, values in whole.items():
        torch.testing.assert_close(other[name], values, rtol=0, atol=1e-6)


def test_an_attack_for_which_memory_does_not_suffice_goes_on_with_fewer_images(tmp_path, capsys):
    def full(images):
        if len(images) > 8 and images.requires_grad:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return wavy(images)

    columns = evaluated(tmp_path / "full", score=full, block_size=9)
    assert "out of memory: going on with 8 images at once" in capsys.readouterr().err
    assert_same(columns, evaluated(tmp_path / "small", block_size=8))


class KilledError(Exception):
    pass


@contextmanager
def killed_after(saves):
    """The process dies as soon as it has saved its state so many times."""
    save, done = Scratch.save, []

    def save_then_die(self, state):
        save(self, state)
        done.append(1)
        if len(done) == saves:
            raise KilledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Scratch, "save", save_then_die)
        with pytest.raises(KilledError):
            yield


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("saves", range(1, 6))
def test_a_killed_attack_continues_after_its_last_restart(tmp_path, kind, saves):
    settings = SETTINGS.model_copy(update={"kind": kind})
    whole = evaluated(tmp_path / "whole", settings=settings)
    with killed_after(saves):
        evaluate(tmp_path / "killed", settings=settings)
    calls = []

    def counted(images):
        calls.append(images.requires_grad)
        return wavy(images)

    assert_same(evaluated(tmp_path / "killed", counted, settings=settings), whole)
    restarts_left = 3 * SETTINGS.restarts - saves  # three blocks
    assert sum(calls) == restarts_left * SETTINGS.steps * ("gradient" in traits(kind))


def test_a_finished_attack_is_not_run_again(tmp_path):
    whole = evaluated(tmp_path)

    def forward_only(images):
        assert not images.requires_grad
        return wavy(images)

    assert_same(evaluated(tmp_path, forward_only), whole)


# A state is of the scores that it was begun with.


def shifted(images):
    return wavy(images) + 0.5 * images.mean(dim=(1, 2, 3))


@pytest.mark.parametrize("kind", ["pgd", "noise", "fab"])
@pytest.mark.parametrize("saves", [1, 4, 6])
def test_a_state_of_another_detector_is_not_continued(tmp_path, capsys, kind, saves):
    settings = SETTINGS.model_copy(update={"kind": kind})
    with killed_after(saves):
        evaluate(tmp_path / "changed", settings=settings)
    resumed = evaluate(tmp_path / "changed", shifted, settings=settings)
    assert "saved is of other scores" in capsys.readouterr().err
    whole = evaluate(tmp_path / "whole", shifted, settings=settings)
    assert_same(resumed.columns, whole.columns)
    assert resumed.budget == whole.budget  # the other detector's is not counted


def test_another_devices_rounding_does_not_begin_anew(tmp_path, capsys):
    with killed_after(3):
        evaluate(tmp_path)
    calls = []

    def rounded(images):
        calls.append(images.requires_grad)
        return wavy(images) * (1 + 1e-6)

    evaluate(tmp_path, rounded)
    assert "other scores" not in capsys.readouterr().err
    assert sum(calls) == (6 - 3) * SETTINGS.steps


def test_a_score_that_changes_by_itself_is_continued(tmp_path, capsys):
    """Its scores differ at each start, so they would be begun anew for ever; gate 6 judges it."""

    def noisy(images):
        return wavy(images) + torch.randn(len(images))

    with killed_after(3):
        evaluate(tmp_path, noisy)
    evaluate(tmp_path, noisy)
    assert "other scores" not in capsys.readouterr().err


@pytest.mark.parametrize("target", ["normal", "anomalies"])
def test_blocks_of_one_group_may_hold_nothing_to_attack(tmp_path, target):
    columns = evaluated(tmp_path, settings=SETTINGS.model_copy(update={"target": target}))
    spared = TEST.is_anomaly if target == "normal" else ~TEST.is_anomaly
    assert torch.equal(columns["attacked"][spared], columns["clean"][spared])
    assert (columns["attacked"][~spared] != columns["clean"][~spared]).all()


@pytest.mark.parametrize(
    ("kind", "guide", "looks", "gradients"),
    [
        ("pgd", None, 4, 3),  # the start's value comes with its gradient
        ("pgd", wavy, 3 + 4, 3),
        ("square", None, 4, 0),
        ("fab", None, 3 + 1 + 12, 3),  # bisections
    ],
)
def test_budget_counts_every_image_that_a_score_is_asked_about(tmp_path, kind, guide, looks, gradients):
    budget = evaluate(tmp_path, settings=SETTINGS.model_copy(update={"kind": kind}), guide=guide).budget
    assert budget.forward == 9 + 2 * 9 * looks  # clean, and two restarts of all images
    assert budget.gradient == 2 * 9 * gradients
    assert budget.record() == {"forward_calls": budget.forward, "gradient_calls": budget.gradient}


def test_budget_counts_only_the_targets(tmp_path):
    budget = evaluate(tmp_path, settings=SETTINGS.model_copy(update={"target": "anomalies"})).budget
    assert (budget.forward, budget.gradient) == (9 + 2 * 5 * 4, 2 * 5 * 3)


FRUGAL = AttackSettings(eps=0.3, steps=3, restarts=6, stop={"after": 2, "within": 0.3})


def test_budget_counts_no_restart_that_an_image_was_spared(tmp_path):
    found = evaluate(tmp_path / "a", settings=FRUGAL)
    full = evaluate(tmp_path / "b", settings=FRUGAL.model_copy(update={"stop": None}))
    saved = full.budget.gradient - found.budget.gradient
    assert 0 < saved < full.budget.gradient
    assert saved % FRUGAL.steps == 0  # whole restarts
    assert full.budget.forward - found.budget.forward == saved // FRUGAL.steps * (FRUGAL.steps + 1)


@pytest.mark.parametrize("saves", [1, 4, 6, 11, 17])
def test_a_killed_attack_that_spares_restarts_ends_and_costs_the_same(tmp_path, saves):
    whole = evaluate(tmp_path / "whole", settings=FRUGAL)
    with killed_after(saves):
        evaluate(tmp_path / "killed", settings=FRUGAL)
    resumed = evaluate(tmp_path / "killed", settings=FRUGAL)
    assert_same(resumed.columns, whole.columns)
    assert resumed.budget.gradient == whole.budget.gradient


@pytest.mark.parametrize("block_size", [1, 2, 9])
def test_which_restarts_are_spared_does_not_depend_on_the_blocks(tmp_path, block_size):
    whole = evaluate(tmp_path / "a", settings=FRUGAL)
    other = evaluate(tmp_path / "b", settings=FRUGAL, block_size=block_size)
    assert other.budget.gradient == whole.budget.gradient
    for name, values in whole.columns.items():
        torch.testing.assert_close(other.columns[name], values, rtol=0, atol=1e-6)


@pytest.mark.parametrize("saves", range(1, 6))
def test_a_resumed_attack_cost_what_an_uninterrupted_one_does_and_another_clean_pass(tmp_path, saves):
    whole = evaluate(tmp_path / "whole").budget
    with killed_after(saves):
        evaluate(tmp_path / "killed")
    resumed = evaluate(tmp_path / "killed").budget
    clean_before = min(4 * ((saves + 1) // SETTINGS.restarts), 9)  # of the blocks begun
    assert resumed.forward == whole.forward + clean_before
    assert resumed.gradient == whole.gradient


def test_fab_has_columns_of_its_own(tmp_path):
    columns = evaluated(tmp_path, settings=SETTINGS.model_copy(update={"kind": "fab", "eps": None}))
    assert list(columns) == ["clean", "threshold", "radius"]
    assert len(columns["threshold"].unique()) == 1
    across = (columns["clean"] > columns["threshold"]) != TEST.is_anomaly
    assert torch.equal(columns["radius"] == 0, across)


def test_no_test_images_are_refused_in_one_sentence(tmp_path):
    nothing = TestImages(Images(TEST.images.pixels[:0], TEST.images.ids[:0]), TEST.is_anomaly[:0], [])
    with pytest.raises(UserError, match="no images"):
        attack_test_images(wavy, nothing, SETTINGS, seed=0, block_size=4, scratch=Scratch(tmp_path, "cpu"))


def test_a_constant_score_is_refused(tmp_path):
    with pytest.raises(UserError, match="a constant tells nothing apart"):
        evaluate(tmp_path, lambda x: 0 * wavy(x))
