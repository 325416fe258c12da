import pytest
import torch
from samples import two_groups, wavy

from cobra.attacks import attack
from cobra.checkpoints import Scratch
from cobra.data.one_class import as_unit
from cobra.evaluation import attack_test_images
from cobra.settings.attack import AttackSettings

TEST = two_groups(normal=4, anomalies=5)
SETTINGS = AttackSettings(eps=0.05, steps=3, restarts=2)


def evaluated(folder, score=wavy, block_size=4, settings=SETTINGS):
    return attack_test_images(
        score, TEST, settings, seed=0, block_size=block_size, scratch=Scratch(folder, "cpu")
    )


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


class KilledError(Exception):
    pass


@pytest.mark.parametrize("saves", range(1, 6))
def test_a_killed_attack_continues_after_its_last_restart(tmp_path, monkeypatch, saves):
    whole = evaluated(tmp_path / "whole")
    save, done = Scratch.save, []

    def save_then_die(self, state):
        save(self, state)
        done.append(1)
        if len(done) == saves:
            raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Scratch, "save", save_then_die)
        with pytest.raises(KilledError):
            evaluated(tmp_path / "killed")
    calls = []

    def counted(images):
        calls.append(images.requires_grad)
        return wavy(images)

    assert_same(evaluated(tmp_path / "killed", counted), whole)
    restarts_left = 3 * SETTINGS.restarts - saves  # three blocks
    assert sum(calls) == restarts_left * SETTINGS.steps


def test_a_finished_attack_is_not_run_again(tmp_path):
    whole = evaluated(tmp_path)

    def forward_only(images):
        assert not images.requires_grad
        return wavy(images)

    assert_same(evaluated(tmp_path, forward_only), whole)


@pytest.mark.parametrize("target", ["normal", "anomalies"])
def test_blocks_of_one_group_may_hold_nothing_to_attack(tmp_path, target):
    columns = evaluated(tmp_path, settings=SETTINGS.model_copy(update={"target": target}))
    spared = TEST.is_anomaly if target == "normal" else ~TEST.is_anomaly
    assert torch.equal(columns["attacked"][spared], columns["clean"][spared])
    assert (columns["attacked"][~spared] != columns["clean"][~spared]).all()
