"""The example of a user's detector: nearest neighbours in pixels, as docs/extending.md shows it."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from samples import unit_images

from cobra.detectors.settings import OwnDetectorSettings
from cobra.detectors.user_detector import own_score

ROOT = Path(__file__).resolve().parents[3]
IMAGES = unit_images(5, side=8)


@pytest.fixture
def pixel_score(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(ROOT)
    training = unit_images(12, side=8, seed=1)
    named = OwnDetectorSettings(fit="docs.examples.pixel_neighbours:fit")
    return training, own_score(named, lambda: training, torch.device("cpu"))


def test_the_example_is_the_distance_to_the_nearest_training_image(pixel_score):
    training, score = pixel_score
    expected = [
        min(float(np.sqrt(np.sum((image - other) ** 2))) for other in training.double().numpy())
        for image in IMAGES.double().numpy()
    ]
    assert score(IMAGES).tolist() == pytest.approx(expected, rel=1e-5)
    assert score(training).tolist() == [0.0] * 12


def test_the_example_has_a_gradient_at_a_training_image_too(pixel_score):
    training, score = pixel_score
    for images in (training, IMAGES):
        asked = images.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(score(asked).sum(), asked)
        assert gradient.isfinite().all()
    assert gradient.abs().sum(dim=(1, 2, 3)).min() > 0
