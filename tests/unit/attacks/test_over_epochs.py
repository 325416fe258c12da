"""A detector attacked as it was at several epochs."""

from types import SimpleNamespace

import pytest
import torch
from samples import TINY_MODEL, byte_images, two_groups, unit_images

from cobra.artifacts.checkpoints import Scratch
from cobra.attacks.evaluation import attack_test_images
from cobra.attacks.inputs import score_and_guide
from cobra.attacks.over_epochs import follow_test_images, open_snapshots
from cobra.attacks.settings import AttackSettings, EvaluationSettings
from cobra.detectors.detector import Detector
from cobra.detectors.settings import ScoreSettings
from cobra.errors import UserError
from cobra.training.networks.network import build_network
from cobra.training.settings import DetectorSettings
from cobra.training.snapshots import Snapshots
from tests.unit.attacks.test_evaluation import assert_same, killed_after

TEST = two_groups(normal=4, anomalies=5, side=16)
MEMORY = byte_images(16, seed=1)
EPOCHS = [2, 4]


def trained(seed):
    """A network with statistics as after training."""
    network = build_network(TINY_MODEL, seed)
    with torch.no_grad():
        for _ in range(20):
            network.train().features(unit_images(16))
    return network


@pytest.fixture
def snapshots(identity):
    own = DetectorSettings(model=TINY_MODEL).model_dump(mode="json")
    networks = {epoch: trained(epoch).state_dict() for epoch in EPOCHS}
    losses = [{"epoch": epoch, "loss": 1.0 / epoch} for epoch in range(1, 5)]
    return Snapshots(networks, losses, identity.model_copy(update={"kind": "snapshots", "settings": own}))


def evaluation(**changes):
    attack = AttackSettings(eps=0.1, steps=3, restarts=2, **changes)
    return EvaluationSettings(score=ScoreSettings(kind="similarity"), attack=attack)


def followed(folder, snapshots, settings):
    scratch = Scratch(folder, "cpu")
    return follow_test_images(snapshots, MEMORY, TEST, settings, seed=0, block_size=8, scratch=scratch)


@pytest.mark.parametrize("changes", [{}, {"kind": "apgd", "objective": "topk"}], ids=["score", "smoothed"])
def test_each_epoch_is_the_attack_on_the_detector_of_its_network(tmp_path, snapshots, identity, changes):
    settings = evaluation(**changes)
    found = followed(tmp_path / "all", snapshots, settings)
    assert list(found.columns) == ["clean_e2", "attacked_e2", "clean_e4", "attacked_e4"]
    spent = 0
    for epoch in EPOCHS:
        detector = Detector.build(trained(epoch), MEMORY, identity)
        detector.kind = settings.score
        score, guide = score_and_guide(detector, settings)
        assert (guide is None) == (changes == {})
        alone = attack_test_images(
            score,
            TEST,
            settings.attack,
            seed=0,
            block_size=8,
            scratch=Scratch(tmp_path / f"{epoch}", "cpu"),
            guide=guide,
        )
        assert torch.equal(found.columns[f"clean_e{epoch}"], alone.columns["clean"])
        assert torch.equal(found.columns[f"attacked_e{epoch}"], alone.columns["attacked"])
        spent += alone.budget.gradient
    assert found.budget.gradient == spent
    assert not torch.equal(found.columns["clean_e2"], found.columns["clean_e4"])


@pytest.mark.parametrize("saves", [1, 4, 5, 7, 10])  # 2 blocks x 2 restarts and its own, per epoch
def test_a_killed_one_continues_within_the_epoch_it_was_at(tmp_path, snapshots, saves):
    whole = followed(tmp_path / "whole", snapshots, evaluation())
    with killed_after(saves):
        followed(tmp_path / "killed", snapshots, evaluation())
    resumed = followed(tmp_path / "killed", snapshots, evaluation())
    assert_same(resumed.columns, whole.columns)
    assert resumed.budget.gradient == whole.budget.gradient


def test_snapshots_of_a_training_with_other_settings_are_refused(tmp_path, snapshots, identity):
    snapshots.save(tmp_path / "snapshots.pt")
    subject = identity.subject | {"score": "similarity", "attack": "pgd"}
    own = {"detector": snapshots.identity.settings}
    trial = SimpleNamespace(identity=identity.model_copy(update={"subject": subject, "settings": own}))
    assert open_snapshots(tmp_path / "snapshots.pt", trial).losses == snapshots.losses
    other = DetectorSettings(model=TINY_MODEL, schedule={"epochs": 50}).model_dump(mode="json")
    trial = SimpleNamespace(
        identity=identity.model_copy(update={"subject": subject, "settings": {"detector": other}})
    )
    with pytest.raises(UserError, match="is of another training than the detector"):
        open_snapshots(tmp_path / "snapshots.pt", trial)
