"""The comparison of training's attack in two formats: it watches, and changes nothing."""

import ascent_precision
import torch
from ascent_precision import FULL, HALF, OTHER
from samples import byte_images

from cobra.settings.detector import DetectorSettings
from cobra.training import Trainer


def trainer():
    settings = DetectorSettings.model_validate(
        {
            "model": {"backbone": "resnet10", "width": 8},
            "crafting": {"filter": {"width": 8}},
            "adversary": {"eps": 0.1, "steps": 2},
            "schedule": {
                "epochs": 1,
                "batch_size": 8,
                "optimizer": "sgd",
                "learning_rate": 0.1,
                "warmup_epochs": 0,
            },
        }
    )
    return Trainer(byte_images(16), settings, seed=0)


def test_watching_changes_nothing_of_a_training_and_notes_each_step_of_all():
    watched, plain = trainer(), trainer()
    reached = ascent_precision.watch(watched)
    plain.threshold = ascent_precision.fit_filter(plain.images, plain.settings.crafting, plain.seed)
    plain.epoch(0)
    for own, other in zip(watched.network.parameters(), plain.network.parameters(), strict=True):
        assert torch.equal(own, other)
    assert set(reached) == {FULL, HALF, OTHER}
    for losses in reached.values():
        assert {term: len(each) for term, each in losses.items()} == {"contrastive": 2, "classification": 2}
    assert reached[HALF] != reached[FULL] != reached[OTHER]


def test_differences_are_paired_by_step():
    full = [1.0, 2.0, 3.0]
    assert ascent_precision.differing(full, [1.1, 2.1, 3.1]) == " (+0.10000 ± 0.00000)"
    assert ascent_precision.differing(full, full) == ""
