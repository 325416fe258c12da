"""DRAEM: losses, networks, and score against plain formulas."""

import math

import pytest
import torch
import torch.nn.functional as F
from samples import unit_images

from cobra.detectors.baselines.draem import (
    CourseSettings,
    Fitted,
    Networks,
    NetworkSettings,
    Reconstruction,
    Segmentation,
    Settings,
    doubled,
    focal_loss,
    initialise,
    objective,
    structural_similarity,
)
from cobra.detectors.baselines.parts.draem_anomalies import Simulated
from cobra.detectors.settings import kind_settings
from cobra.errors import UserError

SMALL = NetworkSettings(reconstruction=[2, 4, 4], segmentation=[2, 4, 4])


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    made = Networks(SMALL)
    with torch.no_grad():  # statistics as after training
        for _ in range(10):
            made.train()(unit_images(8))
    return made.eval().requires_grad_(False)


def weights_of_window(size=11, sigma=1.5):
    values = [math.exp(-((place - size // 2) ** 2) / (2 * sigma**2)) for place in range(size)]
    return [value / sum(values) for value in values]


def blurred_by_loop(image):
    """A channel [H, W] under the Gaussian window, zeros beyond its edges."""
    weights, (height, width) = weights_of_window(), image.shape
    return [
        [
            sum(
                weights[dy + 5] * weights[dx + 5] * float(image[y + dy, x + dx])
                for dy in range(-5, 6)
                for dx in range(-5, 6)
                if 0 <= y + dy < height and 0 <= x + dx < width
            )
            for x in range(width)
        ]
        for y in range(height)
    ]


def test_structural_similarity_is_that_of_a_loop():
    one, other = unit_images(2, 6).double(), unit_images(2, 6, seed=1).double()
    values = []
    for a, b in zip(one.flatten(0, 1), other.flatten(0, 1), strict=True):
        maps = [torch.tensor(blurred_by_loop(each)) for each in (a, b, a * a, b * b, a * b)]
        for mean_a, mean_b, aa, bb, ab in zip(*(each.flatten().tolist() for each in maps), strict=True):
            luminance = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
            spread = aa - mean_a**2 + bb - mean_b**2 + 9e-4
            values.append(luminance * (2 * (ab - mean_a * mean_b) + 9e-4) / spread)
    assert float(structural_similarity(one, other)) == pytest.approx(sum(values) / len(values), rel=1e-5)


def test_an_image_is_wholly_similar_to_itself():
    images = unit_images(3)
    assert float(structural_similarity(images, images)) == pytest.approx(1, abs=1e-6)


def test_the_focal_loss_is_that_of_a_loop():
    logits = 4 * unit_images(2, 5)[:, :2] - 2
    mask = unit_images(2, 5, seed=1)[:, :1] > 0.6
    values = []
    for image, right in zip(logits, mask, strict=True):
        for y in range(5):
            for x in range(5):
                exponents = [math.exp(float(value)) for value in image[:, y, x]]
                p = exponents[int(right[0, y, x])] / sum(exponents)
                values.append(-((1 - p) ** 2) * math.log(p))
    assert float(focal_loss(logits, mask)) == pytest.approx(sum(values) / len(values), rel=1e-5)


def test_maps_are_doubled_as_by_torch_with_a_gradient():
    maps = unit_images(2, 6).requires_grad_()
    expected = F.interpolate(maps, scale_factor=2, mode="bilinear", align_corners=True)
    torch.testing.assert_close(doubled(maps), expected, rtol=1e-5, atol=1e-6)
    assert torch.autograd.grad(doubled(maps).sum(), maps)[0].shape == maps.shape


def convolutions(network):
    """(inputs, outputs) of each convolution, in the order of execution."""
    found = []

    def note(module, _, __):
        found.append((module.in_channels, module.out_channels))

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(note)
    with torch.no_grad():
        network.eval()(torch.zeros(1, next(network.modules()).encoder.blocks[0][0].in_channels, 32, 32))
    return found


def test_the_autoencoder_has_the_released_codes_channels():
    expected = [(3, 2), (2, 2), (2, 4), (4, 4), (4, 8), (8, 8), (8, 16), (16, 16), (16, 16), (16, 16)]
    for before, after in ((16, 8), (8, 4), (4, 2), (2, 2)):
        expected += [(before, before), (before, before), (before, after)]
    assert convolutions(Reconstruction([2, 4, 8, 16, 16])) == [*expected, (2, 3)]


def test_the_u_net_has_the_released_codes_channels():
    widths = [2, 4, 8, 16, 16, 16]
    expected = [
        pair
        for before, after in zip([6, *widths], widths, strict=False)
        for pair in ((before, after), (after,) * 2)
    ]
    for before, after, passed in ((16, 16, 16), (16, 8, 16), (8, 4, 8), (4, 2, 4), (2, 2, 2)):
        expected += [(before, after), (after + passed, after), (after, after)]
    assert convolutions(Segmentation(widths)) == [*expected, (2, 2)]


def test_a_reconstruction_has_no_shortcut_and_a_segmentation_has(networks):
    """What the smallest map does not tell can pass the second network alone."""
    images = unit_images(2)

    def without_passage(network, inputs):
        handle = network.encoder.blocks[-1].register_forward_hook(lambda *given: torch.zeros_like(given[2]))
        with torch.no_grad():
            made = network(inputs)
        handle.remove()
        return made

    made = without_passage(networks.reconstruction, images)
    assert torch.equal(made[0], made[1])
    logits = without_passage(networks.segmentation, torch.cat([images, images], dim=1))
    assert not torch.equal(logits[0], logits[1])


def test_weights_begin_narrow():
    torch.manual_seed(0)
    network = Reconstruction([32, 64, 64]).apply(initialise).requires_grad_(False)
    convs = torch.cat(
        [module.weight.flatten() for module in network.modules() if isinstance(module, torch.nn.Conv2d)]
    )
    norms = torch.cat([m.weight for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)])
    assert float(convs.std()) == pytest.approx(0.02, rel=0.02)
    assert float(norms.mean()) == pytest.approx(1, abs=0.01)
    assert float(norms.std()) == pytest.approx(0.02, rel=0.1)


def test_the_objective_is_the_sum_of_its_three_terms(networks):
    normal, anomalous = unit_images(2), unit_images(2, seed=1)
    mask = unit_images(2, seed=2)[:, :1] > 0.5
    made = networks.reconstruction(anomalous)
    logits = networks.segmentation(torch.cat([made, anomalous], dim=1))
    expected = (made - normal).square().mean() + 1 - structural_similarity(made, normal)
    found = objective(networks, Simulated(normal, anomalous, mask))
    assert float(found) == pytest.approx(float(expected + focal_loss(logits, mask)), rel=1e-6)


@pytest.mark.parametrize("smoothing", [1, 5])
def test_the_score_is_the_highest_mean_of_a_window(networks, smoothing):
    images, reach = unit_images(3), smoothing // 2
    settings = Settings(kind="draem", network=SMALL, smoothing=smoothing)
    found = Fitted(settings, networks.state_dict()).score(images)
    maps = networks(images)[1].softmax(dim=1)[:, 1]
    for score, values in zip(found, maps, strict=True):
        padded = F.pad(values, (reach,) * 4)
        windows = [
            float(padded[y : y + smoothing, x : x + smoothing].sum()) / smoothing**2
            for y in range(16)
            for x in range(16)
        ]
        assert float(score) == pytest.approx(max(windows), rel=1e-5)


def test_rates_are_cut_to_a_tenth_twice():
    course = CourseSettings()
    epochs = (0, 399, 400, 599, 600, 699)
    rates = [course.rate(epoch * 3 + 2, 3) for epoch in epochs]
    assert rates == pytest.approx([1e-4, 1e-4, 1e-5, 1e-5, 1e-6, 1e-6])


@pytest.mark.parametrize("textures", [{"folder": "there"}, "some"])
def test_textures_are_none_or_a_folder_with_its_digest(textures):
    with pytest.raises(UserError, match=r"here: textures"):
        kind_settings({"kind": "draem", "textures": textures}, "here")
