"""Trainings small enough for a test, and what ends one as a kill would."""

from contextlib import contextmanager

import pytest
import torch
from samples import TINY_MODEL, byte_images, deep_merge

from cobra.artifacts.checkpoints import Scratch
from cobra.randomness import ImageRandom
from cobra.training.adversary import adversarial_views
from cobra.training.settings import DetectorSettings
from cobra.training.trainer import Trainer

IMAGES = byte_images(10)
STEPS = 3
ROTATIONS = {"crafting": {"groups": "rotations", "filter": {"enabled": False}}}
RELEASED = ROTATIONS | {
    "objective": {"contrastive": "cl"},
    "adversary": {"terms": ["contrastive", "classification", "group"]},
}


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


def clean_views(trainer, batch=4):
    generator = torch.Generator().manual_seed(0)
    views = torch.rand(2, 2 * batch, 3, 16, 16, generator=generator)
    return list(views), ImageRandom.of(0, torch.arange(2 * batch), "views")


def views_against(trainer, clean, random):
    """The adversarial views of a step of this training."""
    return adversarial_views(trainer.network, trainer.settings, clean, random)


class KilledError(Exception):
    pass


@contextmanager
def killed_after(monkeypatch, calls, way="save"):
    """What runs within ends right after so many calls of a method of `Scratch`."""
    known, done = getattr(Scratch, way), []

    def then_die(self, *args):
        known(self, *args)
        done.append(1)
        if len(done) == calls:
            raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Scratch, way, then_die)
        with pytest.raises(KilledError):
            yield
