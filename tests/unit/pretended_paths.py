"""The main paths of the product on tensors of a pretended GPU, by their number of steps."""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from pretended_cuda import CUDA
from samples import byte_images, deep_merge

from __main__ import FORGIVEN
from cobra.artifacts.checkpoints import Scratch, write_torch
from cobra.artifacts.identity import make_identity
from cobra.attacks.attack import attack
from cobra.attacks.batching import steady
from cobra.attacks.evaluation import attack_test_images
from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import TestImages, as_unit
from cobra.detectors.detector import Detector
from cobra.detectors.scoring import Score, score_table
from cobra.detectors.settings import ScoreSettings
from cobra.randomness import ImageRandom
from cobra.training.settings import DetectorSettings
from cobra.training.trainer import Trainer

SUBJECT = {"dataset": "random", "normal": "0", "method": "random", "seed": 0}
SCRIPT = "scripts/train_detector.py"
IMAGES = byte_images(16).to(CUDA)
UNFILTERED = {"crafting": {"filter": {"enabled": False}}}
TRAININGS = {
    "training": UNFILTERED,
    "training, recomputed": UNFILTERED | {"schedule": {"recompute": True}},
    "training in bf16": UNFILTERED | {"schedule": {"precision": "bf16"}},
    "training on rotations": deep_merge(UNFILTERED, {"crafting": {"groups": "rotations"}}),
}
ATTACKS = {
    "pgd": {},
    "apgd": {"kind": "apgd"},
    "a3": {"kind": "a3"},
    "momentum": {"kind": "momentum"},
    "pgd in l2": {"norm": "l2", "eps": 0.5},
    "pgd in bf16": {"precision": "bf16"},
    "square": {"kind": "square"},
}
SCORES = {
    "classifier": {"kind": "classifier"},
    "combined": {"kind": "combined"},
    "backbone": {"kind": "similarity", "space": "backbone"},
}


def waits(folder: Path, per_step: Callable[..., float]) -> dict[str, float]:
    """Waits per step of each path."""
    found = {}
    for name, changes in TRAININGS.items():
        found[name] = per_step(partial(train, trainer(changes)), 1, 4)
    detector = made(folder, UNFILTERED)
    for name, given in ATTACKS.items():
        few, many = (20, 40) if "precision" in given else (3, 8)  # whose looks in fp32 grow rare
        found[name] = per_step(partial(attacked, detector.score, given), few, many)
    for name, given in SCORES.items():
        detector.kind = ScoreSettings.model_validate(given)
        found[f"pgd on {name}"] = per_step(partial(attacked, detector.score, {}), 2, 4)
    detector.kind = ScoreSettings()
    evaluated(detector, folder, ATTACKS["apgd"])
    saved_alike(folder)
    whole_training(folder, {})
    return found | unrepeatable(folder, detector, per_step)


def unrepeatable(folder: Path, detector: Detector, per_step: Callable[..., float]) -> dict[str, float]:
    """Waits of the paths that are said not to repeat their bits, which they must not do unforgiven."""
    ensemble = made(folder, TRAININGS["training on rotations"])
    ensemble.kind = ScoreSettings.model_validate({"kind": "ensemble", "augmentations": 2})
    attacked_ensemble = partial(attacked, ensemble.score, {})
    crossed = partial(evaluated, detector, folder, {"kind": "fab"})
    for path in (partial(attacked_ensemble, 3), crossed):
        with pytest.raises(RuntimeError, match="has no repeatable form"):
            path()
    FORGIVEN[0] = True
    crossed()
    return {"pgd on ensemble": per_step(attacked_ensemble, 3, 5)}


def trainer(changes: dict, images: int = 16) -> Trainer:
    """A small network about to be trained."""
    base = {
        "model": {"backbone": "resnet10", "width": 4},
        "adversary": {"eps": 4 / 255, "steps": 2},
        "crafting": {"filter": {"epochs": 1, "width": 2}},
        "schedule": {"epochs": 1, "warmup_epochs": 0, "batch_size": 8},
    }
    return Trainer(IMAGES, DetectorSettings.model_validate(deep_merge(base, changes)), 0)


def train(trained: Trainer, steps: int) -> None:
    """So many steps."""
    rows = torch.arange(8, device=CUDA)
    for step in range(steps):
        random = ImageRandom.of(0, trained.images.ids[rows], "step", step)
        trained.step(rows, random, 0.1, defaultdict(float))


def whole_training(folder: Path, changes: dict) -> None:
    """With the filter, whose retries ask, its state kept and taken up."""
    trained = trainer(changes)
    identity = make_identity("detector", SUBJECT, trained.settings, SCRIPT)
    with Scratch.hold(folder / "training", identity) as scratch:
        trained.run(scratch)
        trainer(changes).run(scratch)


def saved_alike(folder: Path) -> None:
    """A file says nothing of the device that its tensors were on."""
    values = torch.arange(4.0)
    for name, its in {"cpu": values, "cuda": values.to(CUDA)}.items():
        write_torch(folder / name, {"values": [its], "more": {"text": "x"}})
    assert (folder / "cpu").read_bytes() == (folder / "cuda").read_bytes()


def made(folder: Path, changes: dict) -> Detector:
    """A detector, written and read."""
    trained = trainer(changes)
    identity = make_identity("detector", SUBJECT, trained.settings, SCRIPT)
    Detector.build(trained.network, IMAGES, identity).save(folder / "detector.pt")
    return Detector.load(folder / "detector.pt", device=CUDA)


def attacked(score: Score, given: dict, steps: int) -> None:
    """An attack of so many steps."""
    settings = AttackSettings.model_validate({"eps": 0.02, "restarts": 1, "steps": steps} | given)
    is_anomaly = torch.arange(16, device=CUDA) >= 8
    images = as_unit(IMAGES.pixels[:])
    attack(steady(score), images, is_anomaly, settings, image_ids=IMAGES.ids, seed=0)


def evaluated(detector: Detector, folder: Path, given: dict) -> None:
    """An evaluation as a job has it, to its table."""
    settings = AttackSettings.model_validate({"eps": 0.02, "restarts": 2, "steps": 3} | given)
    test = TestImages(IMAGES, torch.arange(16, device=CUDA) >= 8, ["a"] * 16)
    identity = make_identity("scores", SUBJECT, settings, SCRIPT)
    with Scratch.hold(folder / "attack", identity) as scratch:
        score = steady(detector.score)
        found = attack_test_images(score, test, settings, seed=0, block_size=8, scratch=scratch)
        score_table(test, found.columns)
