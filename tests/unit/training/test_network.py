import pytest
import torch
from samples import TINY_MODEL, tiny_network, unit_images

from cobra.machine.device import autocast
from cobra.training.networks.network import build_network, folded
from cobra.training.networks.resnet import OUTLINES, BasicBlock, Bottleneck, ResNet
from cobra.training.networks.settings import ModelSettings


@pytest.mark.parametrize(
    ("name", "blocks"), [("resnet10", 4), ("resnet18", 8), ("resnet34", 16), ("resnet50", 16)]
)
def test_depth_is_what_the_name_says(name, blocks):
    network = ResNet(name, 2, "low")
    assert sum(isinstance(module, BasicBlock | Bottleneck) for module in network.modules()) == blocks
    weighted = [
        m for key, m in network.named_modules() if hasattr(m, "kernel_size") and "downsample" not in key
    ]
    # the name counts the last linear layer, which is the heads' here; high stem: one more pooling layer
    assert sum(isinstance(module, torch.nn.Conv2d) for module in weighted) + 1 == int(
        name.removeprefix("resnet")
    )


@pytest.mark.parametrize(
    ("stem", "side", "expected"), [("low", 32, (4, 4)), ("high", 64, (2, 2)), ("low", 17, (3, 3))]
)
def test_stem_decides_the_resolution_of_the_last_stage(stem, side, expected):
    network, seen = ResNet("resnet10", 2, stem), []
    network.layer4[-1].register_forward_hook(lambda _, __, output: seen.append(output.shape))
    features = network(unit_images(2, side))
    assert features.shape == (2, 16)
    assert seen == [torch.Size([2, 16, *expected])]


@pytest.mark.parametrize(("name", "times"), [("resnet34", 8), ("resnet50", 32), ("wide_resnet50_2", 32)])
def test_width_scales_every_layer_and_a_wide_one_its_bottlenecks_alone(name, times):
    network = ResNet(name, 3, "low")
    assert network(unit_images(2)).shape == (2, 3 * times) == (2, network.dim)
    middle = network.layer2[0].conv2.out_channels
    assert middle == {"resnet34": 6, "resnet50": 6, "wide_resnet50_2": 12}[name]


@pytest.mark.parametrize("name", OUTLINES)
def test_folding_changes_no_feature_and_leaves_no_batch_norm(name):
    network = build_network(ModelSettings(backbone=name, width=2, projection_dim=8), 0)
    with torch.no_grad():
        for seed in range(3):  # statistics other than the initial ones
            network.train().features(unit_images(16, seed=seed))
    double = network.eval().double()
    frozen = folded(double)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in frozen.modules())
    images = unit_images(4, seed=9).double()
    torch.testing.assert_close(frozen.features(images), double.features(images), rtol=1e-9, atol=1e-12)
    assert any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())  # a copy


def test_a_normalised_network_sees_pixels_from_minus_one_to_one():
    settings = TINY_MODEL.model_copy(update={"normalised": True})
    plain, normalised = (build_network(each, 0).eval() for each in (TINY_MODEL, settings))
    images = unit_images(4).requires_grad_()
    for network in (normalised, folded(normalised)):
        expected = plain.features(2 * images - 1)
        torch.testing.assert_close(network.features(images), expected, rtol=1e-4, atol=1e-5)
        gradients = [torch.autograd.grad(each.square().sum(), images, retain_graph=True)[0]
                     for each in (network.features(images), expected)]  # fmt: skip
        torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-4)
    assert not torch.allclose(plain.features(images), expected, rtol=1e-2)


def test_network_is_a_function_of_settings_and_seed_alone():
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = build_network(TINY_MODEL, 3).state_dict()
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    again, other = build_network(TINY_MODEL, 3).state_dict(), build_network(TINY_MODEL, 4).state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["backbone.conv1.weight"], other["backbone.conv1.weight"])


def test_heads_share_the_features():
    network, images = tiny_network().eval(), unit_images(3)
    features = network.features(images)
    torch.testing.assert_close(network.embed(images, "projection"), network.project(features))
    torch.testing.assert_close(
        network.embed(images, "backbone"), features / features.norm(dim=1, keepdim=True)
    )
    torch.testing.assert_close(network.project(features).norm(dim=1), torch.ones(3))
    assert network.project(features).shape == (3, TINY_MODEL.projection_dim)
    assert network.logits(features).shape == (3, 2)


def test_features_are_float32_in_half_precision_and_nearly_the_same():
    network, images = build_network(ModelSettings(backbone="resnet10", width=4), 0).eval(), unit_images(3)
    with autocast(torch.device("cpu"), "bf16"):
        half = network.features(images)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, network.features(images), rtol=0.05, atol=0.05)
    assert not torch.equal(half, network.features(images))  # the setting does something


@pytest.mark.parametrize(
    ("width", "stem", "side", "count"),
    [*((width, "low", 16, 64) for width in (2, 3, 4, 6, 8, 12)), (8, "high", 224, 8), (8, "low", 224, 2)],
)
def test_gradients_of_any_width_leave_the_process_alive(width, stem, side, count):
    """oneDNN's AVX2 kernels once wrote beyond their buffers for narrow layers: then this aborts."""
    settings = ModelSettings(backbone="resnet10", width=width, stem=stem, projection_dim=8)
    network = build_network(settings, 0)
    for repetition in range(8 if side < 224 else 1):
        images = unit_images(count, side, seed=repetition).requires_grad_()
        network.embed(images, "projection").sum().backward()
        assert torch.isfinite(images.grad).all()
