"""What single baselines compute, against plain formulas; CSI and DRAEM have files of their own."""

import pytest
import torch
from normals import QUICK, SIDE, TINY, normal_images, training
from samples import unit_images

from cobra.data.one_class import Images
from cobra.detectors.baselines import deep_svdd
from cobra.detectors.baselines.parts.lenet import Autoencoder, LeNetSettings
from cobra.detectors.baselines.parts.neighbours import mean_squared_distance
from cobra.detectors.baselines.parts.patch_memory import coreset
from cobra.errors import UserError


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
