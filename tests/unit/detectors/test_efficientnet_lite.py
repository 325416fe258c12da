"""EfficientNet-Lite0 as a source of features: its parts against plain formulas, its detectors' gradients.

What its weights see, and its equality to other libraries', is tested in tests/oracles.
"""

import pytest
import torch
from normals import SIDE, alike
from samples import unit_images

from cobra.artifacts.digests import file_digest
from cobra.attacks.inputs import open_trained
from cobra.detectors.baselines.parts.efficientnet_lite import Convolution, EfficientNetLite0
from cobra.detectors.baselines.parts.features import Extractor, build, initialised
from cobra.detectors.settings import ScoreSettings

KINDS = {"features_knn": {}, "patchcore": {"share": 0.5}}


@pytest.fixture(scope="module")
def network():
    """With weights at random, such that activations keep their size."""
    torch.manual_seed(0)
    return initialised(build("efficientnet_lite0")).eval()


@pytest.fixture
def detector(network, tmp_path, trained, kind):
    """A baseline of a kind in features of declared weights."""
    path = tmp_path / "lite0.pth"
    classifier = {"_fc.weight": torch.zeros(9, 1280), "_fc.bias": torch.zeros(9)}
    torch.save(network.state_dict() | classifier, path)
    declared = {"file": str(path), "sha256": file_digest(path)}
    return trained(kind, KINDS[kind] | {"network": "efficientnet_lite0", "side": 32, "weights": declared})


@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_padding_is_tensorflows_same(side, kernel, stride):
    torch.manual_seed(0)
    layer, image = Convolution(1, 1, kernel, stride), torch.rand(side, side)
    outputs = (side + stride - 1) // stride
    before = max((outputs - 1) * stride + kernel - side, 0) // 2
    expected = torch.zeros(outputs, outputs)
    for row in range(outputs):
        for column in range(outputs):
            for down in range(kernel):
                for right in range(kernel):
                    y, x = row * stride + down - before, column * stride + right - before
                    if 0 <= y < side and 0 <= x < side:
                        expected[row, column] += layer.weight[0, 0, down, right].detach() * image[y, x]
    torch.testing.assert_close(layer(image[None, None])[0, 0].detach(), expected)


@pytest.mark.parametrize("side", [64, 75])
def test_maps_have_the_strides_that_patches_are_taken_at(network, side):
    maps = list(Extractor(network, None).maps(unit_images(2, side), 4))
    strides = (4, 8, 16, 32)
    assert [each.shape[1] for each in maps] == [24, 40, 112, 1280]
    assert [each.shape[-1] for each in maps] == [-(-side // stride) for stride in strides]


def test_a_map_depends_on_no_later_stage(network):
    images, extractor = unit_images(2, 32), Extractor(network, None)
    whole = list(extractor.maps(images, 4))
    assert all(map(torch.equal, extractor.maps(images, 2), whole[:2]))


def test_inputs_are_normalised_as_the_weights_want_them():
    """(255 x - 127) / 128: MEAN_RGB and STDDEV_RGB of the released code."""
    seen = []
    network = EfficientNetLite0()
    network.stem = lambda x: seen.append(x) or torch.zeros(1, 32, 4, 4)
    images = torch.tensor([0, 127, 255]).view(1, 3, 1, 1).expand(1, 3, 8, 8) / 255
    list(Extractor(network, None).maps(images, 1))
    expected = torch.tensor([-127 / 128, 0, 1]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    torch.testing.assert_close(seen[0], expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_of_a_score_is_that_of_differences(detector):
    baseline = detector.baseline
    extractor = baseline.extractor
    extractor.network.double()
    extractor.mean, extractor.std, baseline.bank = (
        each.double() for each in (extractor.mean, extractor.std, baseline.bank)
    )
    images, along = unit_images(3, SIDE).double().requires_grad_(), unit_images(3, SIDE, seed=9).double()
    (gradient,) = torch.autograd.grad(detector.score(images).sum(), images)
    assert (gradient.flatten(1).norm(dim=1) > 0).all()
    step = 1e-6 * (along - 0.5)
    above, below = (detector.score(images.detach() + sign * step) for sign in (1, -1))
    slopes = (gradient * step).flatten(1).sum(dim=1)
    torch.testing.assert_close((above - below) / 2, slopes, rtol=1e-4, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_of_each_image_alone_and_tell_what_is_far(detector):
    near, far = alike(4, seed=50), 1 - alike(4, seed=50)
    together = detector.score(torch.cat([near, far]))
    alone = torch.cat([detector.score(image[None]) for image in (*near, *far)])
    torch.testing.assert_close(alone, together, rtol=1e-5, atol=0)
    assert together[4:].min() > together[:4].max()


@pytest.mark.parametrize("kind", KINDS)
def test_its_detector_comes_back_from_its_file_without_the_weights(detector, tmp_path):
    detector.save(tmp_path / "detector.pt")
    (tmp_path / "lite0.pth").unlink()
    loaded = open_trained(tmp_path / "detector.pt", ScoreSettings(), torch.device("cpu"))
    images = unit_images(4, SIDE)
    assert torch.equal(loaded.score(images), detector.score(images))
