"""What every baseline is held to, and what single ones compute."""

import copy
import itertools

import pytest
import torch
from normals import SIDE, alike, normal_images, training
from samples import unit_images

from cobra.artifacts.checkpoints import Scratch, read_identity
from cobra.artifacts.digests import file_digest, imported_modules
from cobra.attacks.inputs import open_trained, score_of
from cobra.data.one_class import Images
from cobra.detectors.baseline_detector import BaselineDetector
from cobra.detectors.baselines import deep_svdd, kinds, module_name, parts
from cobra.detectors.baselines.parts.coreset import coreset
from cobra.detectors.baselines.parts.feature_extractor import build
from cobra.detectors.baselines.parts.lenet import Autoencoder, LeNetSettings
from cobra.detectors.baselines.parts.neighbours import mean_squared_distance
from cobra.detectors.baselines.parts.random_network import initialised
from cobra.detectors.detector import Detector
from cobra.detectors.settings import ScoreSettings, kind_settings
from cobra.errors import UserError

CPU = torch.device("cpu")
LENET = {"channels": [4, 8], "latent": 8}
QUICK = {"epochs": 6, "milestone": 4, "learning_rate": 0.01, "batch_size": 5}
FEATURES = {"network": "resnet18", "side": 32}
TINY = {kind: {} for kind in kinds()} | {  # one that is quick enough as it is need not be named
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
# Kinds that continue where they were killed.
LONG = ("autoencoder", "csi", "deep_svdd", "draem", "patchcore", "random_patchcore")


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


def test_the_table_of_this_test_names_baselines_that_there_are():
    assert list(TINY) == kinds()


@pytest.mark.parametrize("kind", TINY)
def test_the_code_of_a_kind_is_no_other_kinds_and_not_our_training(kind):
    modules = imported_modules("scripts/train_baseline.py", module_name(kind))
    own = {module for module in modules if module.count("/") == 3 and "/baselines/" in module}
    assert own == {"cobra/detectors/baselines/__init__.py", f"cobra/detectors/baselines/{kind}.py"}
    assert "cobra/training/trainer.py" not in modules


@pytest.mark.parametrize("kind", TINY)
def test_scores_are_finite_and_follow_a_gradient(trained, kind):
    detector, images = trained(kind), unit_images(5, SIDE).requires_grad_()
    scores = detector.score(images)
    assert scores.shape == (5,)
    assert torch.isfinite(scores).all()
    (gradient,) = torch.autograd.grad(scores.sum(), images)
    assert torch.isfinite(gradient).all()
    assert (gradient.flatten(1).norm(dim=1) > 0).all()
    with torch.no_grad():
        assert (detector.score(images + 1e-3 * gradient.sign()) > scores).all()


@pytest.mark.parametrize("kind", TINY)
def test_a_score_depends_on_neither_batch_nor_order(trained, kind):
    detector, images = trained(kind), unit_images(9, SIDE)
    together = detector.score(images)
    assert torch.allclose(detector.score(images.flip(0)).flip(0), together, rtol=1e-5)
    alone = torch.cat([detector.score(image[None]) for image in images])
    assert torch.allclose(alone, together, rtol=1e-5)


@pytest.mark.parametrize("kind", TINY)
def test_what_is_far_from_the_normal_images_scores_higher(trained, kind):
    detector = trained(kind)
    assert detector.score(1 - alike(6, seed=50)).min() > detector.score(alike(6, seed=50)).max()


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
    monkeypatch.setattr(parts.coreset, "SAVED", 4)
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
        ({"kind": "pixels_knn", "neighbours": 0}, r"here: neighbours: .* greater than or equal to 1"),
    ],
)
def test_faults_of_settings_are_told_with_their_place(given, said):
    with pytest.raises(UserError, match=said):
        kind_settings(given, "here")


@pytest.mark.parametrize("neighbours", [1, 3])
def test_the_distance_to_neighbours_is_that_of_a_loop(neighbours):
    rows, bank = unit_images(5, 4).flatten(1), unit_images(7, 4, seed=1).flatten(1)
    expected = [
        sum(sorted(float(((row - other) ** 2).sum()) for other in bank)[:neighbours]) / neighbours
        for row in rows
    ]
    assert mean_squared_distance(rows, bank, neighbours).tolist() == pytest.approx(expected, rel=1e-6)


def test_small_distances_keep_their_digits_and_their_gradient():
    bank = 100 + unit_images(3, 4).flatten(1)
    rows = (bank[1:2] + 1e-3).requires_grad_()
    distance = mean_squared_distance(rows, bank, 1)
    (gradient,) = torch.autograd.grad(distance.sum(), rows)
    assert torch.equal(distance, (rows - bank[1]).square().sum(dim=1))
    assert torch.equal(gradient, 2 * (rows - bank[1]).detach())


def test_pixel_neighbours_are_those_of_all_pixels(trained):
    detector, images = trained("pixels_knn", {"neighbours": 1}), unit_images(3, SIDE)
    bank = normal_images().pixels / 255
    expected = [min(float(((image - other) ** 2).sum()) for other in bank) for image in images]
    assert detector.score(images).tolist() == pytest.approx(expected, rel=1e-5)


def test_more_neighbours_than_images_are_told(trained):
    with pytest.raises(UserError, match=r"baseline\.neighbours is 13, but there are 12 normal training"):
        trained("pixels_knn", {"neighbours": 13})


def test_deep_svdd_is_the_squared_distance_to_the_mean_before_training_and_lowers_it(trained):
    longer = TINY["deep_svdd"] | {"training": QUICK | {"epochs": 60}}
    detector = trained("deep_svdd", longer).baseline
    images = normal_images().pixels / 255
    expected = [
        sum((float(value) - float(centre)) ** 2 for value, centre in zip(row, detector.centre, strict=True))
        for row in detector.network(images)
    ]
    assert detector.score(images).tolist() == pytest.approx(expected, rel=1e-4)
    begun = trained("deep_svdd", TINY["deep_svdd"] | {"training": QUICK | {"epochs": 1}}).baseline
    assert torch.equal(begun.centre, detector.centre)  # it is fixed before the training
    assert detector.score(images).mean() < begun.score(images).mean()


def test_the_centre_is_the_mean_kept_away_from_zero():
    class Fixed(torch.nn.Module):
        def forward(self, images):
            return images.mean(dim=(2, 3)) - torch.tensor([0.5, 0.05, 0.2])

    pixels = torch.tensor([[51, 0, 51], [51, 25, 51]], dtype=torch.uint8)[..., None, None].expand(2, 3, 4, 4)
    found = deep_svdd.centre_of(Fixed(), Images(pixels, torch.arange(2)), 0.1)
    assert found.tolist() == pytest.approx([-0.3, -0.1, 0.1])


def test_networks_of_the_one_class_objective_have_no_bias():
    names = dict(Autoencoder(LeNetSettings(), 32).named_parameters())
    assert names
    assert all(name.endswith("weight") and values.ndim > 1 for name, values in names.items())


def test_a_side_that_cannot_be_halved_so_often_is_told(trained):
    with pytest.raises(UserError, match="asks for 5 halvings of a side of 16 pixels, which 32 does not div"):
        trained("autoencoder", {"network": {"channels": [2] * 5}})


def test_an_autoencoder_scores_by_the_mean_squared_error(trained):
    detector, images = trained("autoencoder"), unit_images(3, SIDE)
    network = detector.baseline.network
    made = network.decoder(network.encoder(images))
    assert ((made >= 0) & (made <= 1)).all()
    expected = ((made - images) ** 2).mean(dim=(1, 2, 3))
    assert torch.allclose(detector.score(images), expected)
    assert detector.score(normal_images().pixels / 255).mean() < expected.mean()


def test_a_coreset_is_chosen_as_by_a_loop(tmp_path, identity):
    rows = unit_images(30, 4).flatten(1)
    with training(tmp_path, identity) as given:
        found = coreset(rows, 0.3, 1000, given)
    chosen = [int((rows == found[0]).all(dim=1).nonzero())]
    while len(chosen) < 9:
        distances = [min(float((row - rows[each]).norm()) for each in chosen) for row in rows]
        chosen.append(distances.index(max(distances)))
    assert torch.equal(found, rows[chosen])


def test_patchcore_scores_by_the_patch_that_is_farthest_from_all_of_the_bank(trained):
    detector, images = trained("patchcore").baseline, unit_images(3, SIDE)
    patches = detector.patches(images)
    assert patches.shape == (3, 16, 128 + 256)  # layers 2 and 3 of ResNet-18, 4x4 cells at 32 pixels
    assert len(detector.bank) == 12 * 16 / 2
    expected = [
        max(min(float((patch - entry).square().sum()) for entry in detector.bank) for patch in image)
        for image in patches
    ]
    assert detector.score(images).tolist() == pytest.approx(expected, rel=1e-4)


def test_a_patch_is_the_mean_of_its_neighbourhood(trained):
    detector, images = trained("patchcore").baseline, unit_images(2, SIDE)
    second = list(detector.extractor.maps(images, 2))[1]
    expected = second[:, :, 0:3, 1:4].mean(dim=(2, 3))  # about row 1, column 2
    assert torch.allclose(detector.patches(images)[:, 4 + 2, :128], expected, rtol=1e-4, atol=1e-5)
