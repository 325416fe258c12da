"""Normal images and small settings for the training of a baseline in a test."""

from contextlib import contextmanager

import torch
from samples import byte_images, unit_images

from cobra.artifacts.checkpoints import Scratch
from cobra.data.one_class import Images
from cobra.detectors.baseline_detector import Training
from cobra.detectors.baselines import BASELINES

SIDE = 16
LENET = {"channels": [4, 8], "latent": 8}
QUICK = {"epochs": 6, "milestone": 4, "learning_rate": 0.01, "batch_size": 5}
FEATURES = {"network": "resnet18", "side": 32}
TINY = {kind: {} for kind in BASELINES.names()} | {  # one that is quick enough as it is need not be named
    "autoencoder": {"network": LENET, "training": QUICK},
    "csi": {
        "model": {"backbone": "resnet10", "width": 4, "projection_dim": 8},
        "views": {"crop_min_area": 0.5, "flip": 0},
        "training": {
            "epochs": 12,
            "batch_size": 6,
            "optimizer": "sgd",
            "learning_rate": 0.05,
            "warmup_epochs": 1,
        },
    },
    "deep_svdd": {"network": LENET, "pretraining": QUICK, "training": QUICK},
    "draem": {
        "network": {"reconstruction": [4, 8, 8], "segmentation": [4, 8, 8]},
        "simulation": {"scales": 3},
        "training": {"epochs": 40, "milestones": [30], "learning_rate": 0.01, "batch_size": 6},
        "smoothing": 5,
    },
    "features_knn": FEATURES,
    "patchcore": FEATURES | {"share": 0.5},
    "pixels_knn": {},
    "random_features_knn": FEATURES | {"width": 4},
    "random_patchcore": FEATURES | {"width": 4, "share": 0.5},
}
WEIGHTED = ("features_knn", "patchcore")  # kinds that want weights


def alike(count: int, seed: int = 0) -> "torch.Tensor":
    """Images that are near each other: a common picture and a little noise."""
    return 0.7 * unit_images(1, SIDE) + 0.2 * unit_images(count, SIDE, seed + 1)


def normal_images(count: int = 12):
    images = byte_images(count, SIDE)
    return Images((alike(count) * 255).round().byte(), images.ids)


@contextmanager
def training(folder, identity, seed: int = 0, count: int = 12):
    with Scratch.hold(folder, identity) as scratch:
        yield Training(normal_images(count), seed, scratch)
