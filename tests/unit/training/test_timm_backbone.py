"""Networks of timm's as backbones: refused before any work, else trained, scored and kept as ours are."""

import subprocess
import sys

import pytest
import torch
from samples import byte_images, deep_merge, multiply_adds, unit_images
from torch.utils.flop_counter import FlopCounterMode
from trainings import killed_after

from cobra.artifacts.checkpoints import Scratch
from cobra.artifacts.identity import library_versions
from cobra.attacks.batching import steady
from cobra.detectors.detector import Detector
from cobra.errors import UserError
from cobra.machine.device import autocast
from cobra.settings.section import canonical_json
from cobra.settings.validation import validate_json
from cobra.training.adversary import Target
from cobra.training.networks import timm_backbone
from cobra.training.networks.network import build_network, folded, halved
from cobra.training.networks.settings import ModelSettings
from cobra.training.settings import DetectorSettings
from cobra.training.trainer import Trainer

CONVNEXT, VIT = "timm/convnext_atto", "timm/vit_tiny_patch16_224"
NETWORKS = {
    "convnext": {
        "backbone": CONVNEXT,
        "options": {"depths": [1, 1, 1, 1], "dims": [4, 8, 8, 16], "patch_size": 1, "ls_init_value": 1},
    },
    "vit": {
        "backbone": VIT,
        "options": {"patch_size": 4, "embed_dim": 16, "depth": 2, "num_heads": 2},
    },
    "batch norm": {"backbone": "timm/resnet10t", "options": {"channels": [4, 4, 8, 8], "stem_width": 4}},
}
IMAGES = byte_images(10)
CPU = torch.device("cpu")


def model(name, **changes):
    base = {"image_side": 16, "projection_dim": 8}
    return ModelSettings.model_validate(deep_merge(base, NETWORKS[name], changes))


@pytest.fixture(params=NETWORKS)
def settings(request):
    return model(request.param)


def settled(settings):
    """A network whose batch norms, if it has any, have other statistics than at first."""
    network = build_network(settings, 0)
    with torch.no_grad():
        for seed in range(3):
            network.train().features(unit_images(16, seed=seed))
    return network.eval()


def test_a_network_is_a_function_of_settings_and_seed_alone(settings):
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = build_network(settings, 3).state_dict()
    assert torch.equal(torch.random.get_rng_state(), before)
    timm_backbone.feature_dim.cache_clear()
    again, other = build_network(settings, 3).state_dict(), build_network(settings, 4).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first if name.startswith("backbone"))


def test_features_are_of_the_dimension_and_the_cost_that_are_told_beforehand(settings):
    network = settled(settings)
    with FlopCounterMode(display=False) as counted:
        features = network.features(unit_images(3))
    assert features.shape == (3, network.backbone.dim)
    assert counted.get_total_flops() == 3 * 2 * multiply_adds(settings, 16)


def test_the_frozen_copy_is_the_same_function_to_the_bit(settings):
    network, images = settled(settings), unit_images(8, seed=9)
    frozen = folded(network)
    assert torch.equal(frozen.features(images), network.features(images))
    assert not any(weight.requires_grad for weight in frozen.parameters())


def test_gradients_are_those_of_differences(settings):
    network = folded(settled(settings)).double()
    images, along = (unit_images(3, seed=seed).double() for seed in (1, 2))
    images.requires_grad_()

    def value(moved):
        return (network.embed(moved, "projection") * torch.linspace(-1, 1, 8)).sum()

    network.features = lambda images: network.backbone(images)
    (gradient,) = torch.autograd.grad(value(images), images)
    step = 1e-5 * along
    difference = (value(images.detach() + step) - value(images.detach() - step)) / 2
    assert float((gradient * step).sum()) == pytest.approx(float(difference), rel=1e-5)
    assert (gradient.flatten(2).abs().amax(dim=2) > 0).all()


@pytest.mark.parametrize("name", ["convnext", "vit"])
def test_every_pixel_reaches_the_features(name):
    network, images = settled(model(name)), unit_images(2).requires_grad_()
    features = network.features(images)
    weights = torch.linspace(-1, 1, features.numel()).reshape(features.shape)
    (gradient,) = torch.autograd.grad((features * weights).sum(), images)
    assert (gradient.abs().amax(dim=1) > 0).all()


def test_weights_in_bf16_are_what_autocast_makes_of_them(settings):
    network, images = folded(settled(settings)), unit_images(8)
    with autocast(CPU, "bf16"):
        assert torch.equal(halved(network).features(images), network.features(images))
    assert all(weight.dtype == torch.float32 for weight in network.parameters())


@pytest.mark.parametrize("name", ["convnext", "vit"])
def test_an_embedding_depends_on_the_batch_by_rounding_alone(name):
    """Of our networks, by eights, not even by that; how timm's are computed is not ours to say."""
    network, images = folded(settled(model(name))), unit_images(32)
    embed = steady(lambda images: network.embed(images, "projection"))
    alone = torch.cat([embed(part) for part in images.split(3)])
    torch.testing.assert_close(alone, embed(images), rtol=0, atol=1e-5)


def training(folder, name, **changes):
    base = {
        "model": model(name).model_dump(mode="json"),
        "crafting": {"filter": {"enabled": False}},
        "adversary": {"eps": 0.1, "steps": 2},
        "schedule": {"epochs": 2, "batch_size": 5, "learning_rate": 0.1, "warmup_epochs": 1},
    }
    trainer = Trainer(IMAGES, DetectorSettings.model_validate(deep_merge(base, changes)), 0)
    trainer.run(Scratch(folder, "cpu"))
    return trainer


@pytest.mark.parametrize("name", NETWORKS)
def test_a_killed_adversarial_training_resumes_bit_for_bit(tmp_path, monkeypatch, name):
    whole = training(tmp_path / "whole", name)
    with killed_after(monkeypatch, calls=1):
        training(tmp_path / "killed", name)
    torch.manual_seed(123)
    resumed = training(tmp_path / "killed", name).network.state_dict()
    assert all(torch.equal(value, resumed[key]) for key, value in whole.network.state_dict().items())
    first = build_network(model(name), 0).state_dict()
    assert [key for key in first if torch.equal(first[key], resumed[key])] == []  # all of it is trained


def test_the_ascent_in_bf16_makes_nearly_the_same_views(tmp_path):
    half = training(tmp_path / "half", "vit", adversary={"precision": "bf16"})
    assert all(torch.isfinite(weight).all() for weight in half.network.parameters())
    attacked = Target(half.network, half.settings).network
    dtypes = {weight.dtype for weight in attacked.backbone.parameters()}
    assert dtypes == {torch.bfloat16, torch.float32}


def test_a_detector_comes_back_from_its_file(settings, identity, tmp_path):
    detector = Detector.build(settled(settings), IMAGES, identity)
    detector.save(tmp_path / "detector.pt")
    loaded, images = Detector.load(tmp_path / "detector.pt"), unit_images(8, seed=4)
    assert torch.equal(loaded.score(images), detector.score(images))
    assert loaded.network.settings == settings


def test_settings_come_back_from_a_command_line(settings):
    back = validate_json(ModelSettings, canonical_json(settings), "--settings")
    assert back == settings
    assert {settings: 1}[back] == 1  # times and dimensions are kept by settings
    assert (back.width, back.stem, back.residual) == (None, None, None)


def test_timms_version_is_told_where_it_counts(settings):
    assert settings.libraries == ("timm",)
    assert ModelSettings().libraries == ()
    assert library_versions(settings.libraries).keys() - library_versions().keys() == {"timm"}


@pytest.mark.parametrize(
    ("backbone", "options", "sentence"),
    [
        ("timm/convnext_ato", {}, r"has no network called convnext_ato \(did you mean .*convnext_atto"),
        ("timm/zzzzzz", {}, r"no network called zzzzzz \(timm.list_models\(\) names them"),
        (CONVNEXT, {"widths": [1]}, "timm cannot make convnext_atto of .*widths"),
        (CONVNEXT, {}, "convnext_atto does not take images of 16 pixels a side"),
        (VIT, {"patch_size": 5}, "patches of 5 pixels, and those here have 16 a side: set another patch"),
        (VIT, {"proj_drop_rate": 0.1}, "draws random numbers .*: set its dropout rates to 0 in"),
        (VIT, {"patch_size": 4, "drop_path_rate": 0.5}, "draws random numbers while it is trained"),
        ("timm/mobilenetv3_small_050", {"drop_rate": 0.2}, "draws random numbers while it is trained"),
        ("timm/resnet10t", {"global_pool": ""}, "does not give one row of features per image"),
    ],
)
def test_what_timm_cannot_make_is_told_in_a_sentence_before_any_training(backbone, options, sentence):
    settings = ModelSettings(backbone=backbone, options=options, image_side=16)
    with pytest.raises(UserError, match=sentence) as caught:
        timm_backbone.feature_dim(settings)
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match=sentence):
        build_network(settings, 0)


def test_a_side_that_nobody_set_is_asked_for():
    with pytest.raises(UserError, match=f"^model.image_side is empty, and {VIT} needs it"):
        build_network(ModelSettings(**NETWORKS["vit"]), 0)


def test_a_missing_timm_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UserError, match=r"which cannot be imported .*: install timm in the version of"):
        build_network(model("vit", projection_dim=5), 0)


def test_networks_of_ours_load_no_timm():
    code = (
        "import sys; from cobra.training.networks.network import build_network; "
        "from cobra.training.networks.settings import ModelSettings; "
        "build_network(ModelSettings(backbone='resnet10', width=2), 0); "
        "print([name for name in ('timm', 'torchvision') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
