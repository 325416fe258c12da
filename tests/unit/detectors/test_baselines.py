"""What every baseline is held to."""

import copy
import itertools

import pytest
import torch
from normals import SIDE, TINY, alike
from samples import unit_images

from cobra.artifacts.checkpoints import Scratch, read_identity
from cobra.artifacts.digests import imported_modules
from cobra.attacks.inputs import open_trained, score_of
from cobra.detectors.baseline_detector import BaselineDetector
from cobra.detectors.baselines import BASELINES
from cobra.detectors.baselines.parts import patch_memory
from cobra.detectors.detector import Detector
from cobra.detectors.settings import ScoreSettings, kind_settings
from cobra.errors import UserError

CPU = torch.device("cpu")
# Kinds that continue where they were killed.
LONG = ("autoencoder", "csi", "deep_svdd", "draem", "patchcore", "random_patchcore")


def test_the_table_of_small_settings_names_baselines_that_there_are():
    assert list(TINY) == BASELINES.names()


@pytest.mark.parametrize("kind", TINY)
def test_the_code_of_a_kind_is_no_other_kinds_and_not_our_training(kind):
    modules = imported_modules("scripts/train_baseline.py", BASELINES.module(kind))
    own = {module for module in modules if module.count("/") == 3 and "/baselines/" in module}
    assert own == {"cobra/detectors/baselines/__init__.py", f"cobra/detectors/baselines/{kind}.py"}
    assert "cobra/training/trainer.py" not in modules


@pytest.mark.parametrize("kind", TINY)
def test_scores_are_finite_and_follow_a_gradient(ready):
    detector, images = ready, unit_images(5, SIDE).requires_grad_()
    scores = detector.score(images)
    assert scores.shape == (5,)
    assert torch.isfinite(scores).all()
    (gradient,) = torch.autograd.grad(scores.sum(), images)
    assert torch.isfinite(gradient).all()
    assert (gradient.flatten(1).norm(dim=1) > 0).all()
    with torch.no_grad():
        assert (detector.score(images + 1e-3 * gradient.sign()) > scores).all()


@pytest.mark.parametrize("kind", TINY)
def test_a_score_depends_on_neither_batch_nor_order(ready):
    detector, images = ready, unit_images(9, SIDE)
    together = detector.score(images)
    assert torch.allclose(detector.score(images.flip(0)).flip(0), together, rtol=1e-5)
    alone = torch.cat([detector.score(image[None]) for image in images])
    assert torch.allclose(alone, together, rtol=1e-5)


@pytest.mark.parametrize("kind", TINY)
def test_what_is_far_from_the_normal_images_scores_higher(ready):
    assert ready.score(1 - alike(6, seed=50)).min() > ready.score(alike(6, seed=50)).max()


@pytest.mark.parametrize("kind", TINY)
def test_equal_trainings_give_equal_files_which_give_equal_scores(tmp_path, trained, kind):
    first, second = trained(kind, folder="a"), trained(kind, folder="b")
    for name, detector in (("1.pt", first), ("2.pt", second)):
        detector.save(tmp_path / name)
    assert (tmp_path / "1.pt").read_bytes() == (tmp_path / "2.pt").read_bytes()
    loaded = open_trained(tmp_path / "1.pt", ScoreSettings(), CPU)
    assert isinstance(loaded, BaselineDetector)
    assert loaded.identity == first.identity == read_identity(tmp_path / "1.pt")
    images = unit_images(4, SIDE)
    assert torch.equal(loaded.score(images), first.score(images))
    loaded.save(tmp_path / "3.pt")
    assert (tmp_path / "3.pt").read_bytes() == (tmp_path / "1.pt").read_bytes()


class Killed(Exception):
    """What ends a training in a test."""


@pytest.mark.parametrize("kind", LONG)
def test_a_killed_training_ends_as_one_that_was_not(monkeypatch, tmp_path, trained, kind):
    trained(kind, folder="whole").save(tmp_path / "whole.pt")
    saves, save = itertools.count(1), Scratch.save

    def save_and_die(self, state):
        save(self, copy.deepcopy(state))
        if next(saves) in (1, 3):
            raise Killed

    monkeypatch.setattr(Scratch, "save", save_and_die)
    monkeypatch.setattr(patch_memory, "SAVED", 4)
    for _ in range(2):
        with pytest.raises(Killed):
            trained(kind, folder="killed")
    trained(kind, folder="killed").save(tmp_path / "killed.pt")
    assert next(saves) > 4
    assert (tmp_path / "killed.pt").read_bytes() == (tmp_path / "whole.pt").read_bytes()


def test_the_file_of_a_baseline_is_none_of_our_detectors(tmp_path, trained):
    trained("pixels_knn").save(tmp_path / "detector.pt")
    with pytest.raises(UserError, match=r"detector.pt is not a detector of this version: train it again"):
        Detector.load(tmp_path / "detector.pt")


def test_a_state_of_other_settings_is_told(tmp_path, trained, identity):
    detector = trained("pixels_knn")
    detector.identity = identity.with_settings(baseline={"kind": "pixels_knn", "unknown": 1})
    detector.save(tmp_path / "detector.pt")
    with pytest.raises(UserError, match=r"is not a baseline of this version: train it again"):
        open_trained(tmp_path / "detector.pt", ScoreSettings(), CPU)


def test_a_masker_is_for_detectors_of_ours(trained):
    with pytest.raises(UserError, match="The masker tied is for detectors of ours"):
        score_of(trained("pixels_knn"), ScoreSettings(masker="tied"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "pixels_kn"}, r"here\.kind is 'pixels_kn', which is none of: .*pixels_knn"),
        ({}, r"here\.kind is None, which is none of"),
        ({"kind": "pixels_knn", "neighbors": 2}, r"here: neighbors is not a setting \(did you mean 'neigh"),
        (
            {"kind": "random_features_knn", "network": "efficientnet_lite0"},
            r"here: network: Input should be 'resnet18', .* or 'wide_resnet50_2'",
        ),
        ({"kind": "pixels_knn", "neighbours": 0}, r"here: neighbours: .* greater than or equal to 1"),
    ],
)
def test_faults_of_settings_are_told_with_their_place(given, said):
    with pytest.raises(UserError, match=said):
        kind_settings(given, "here")
