"""Baselines that are trained in a moment."""

import pytest
import torch
from normals import TINY, WEIGHTED, training

from cobra.artifacts.digests import file_digest
from cobra.detectors.baseline_detector import BaselineDetector
from cobra.detectors.baselines.parts.features import build, initialised
from cobra.detectors.settings import kind_settings

READY: dict[str, BaselineDetector] = {}


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """A file such as torchvision's of a pretrained network, a classifier's last layer in it; its weights are
    those of a network whose activations keep their size.
    """
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.manual_seed(0)
    network = initialised(build("resnet18"))
    torch.save(network.state_dict() | {"fc.weight": torch.zeros(9, 512), "fc.bias": torch.zeros(9)}, path)
    return {"file": str(path), "sha256": file_digest(path)}


@pytest.fixture
def trained(tmp_path, identity, weights):
    """A baseline of a kind, trained in a moment; None: the settings of the table."""

    def train(kind, settings=None, seed=0, folder="scratch"):
        given = {"kind": kind, **(TINY[kind] if settings is None else settings)}
        declared = {"weights": weights} if kind in WEIGHTED else {}
        chosen = kind_settings(declared | given, "here")
        about = identity.with_settings(baseline=chosen.model_dump(mode="json"), seed=seed)
        with training(tmp_path / folder, about, seed) as given:
            return BaselineDetector.train(chosen, given, about)

    return train


@pytest.fixture
def ready(trained, kind):
    """The baseline of a kind as `trained` makes it, to look at: trained once for all tests of a process."""
    if kind not in READY:
        READY[kind] = trained(kind)
    return READY[kind]
