"""Settings of a network: what does not apply to ours or to timm's is refused, and what a data set adds."""

import pytest

from cobra.errors import UserError
from cobra.experiment.reading import make_config
from cobra.settings.validation import validate
from cobra.training.networks.settings import OURS, ModelSettings

CONVNEXT, VIT = "timm/convnext_atto", "timm/vit_tiny_patch16_224"
SMALL_VIT = {
    "backbone": VIT,
    "options": {"patch_size": 4, "embed_dim": 16, "depth": 2, "num_heads": 2},
}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"backbone": "resnet51"},
         f"backbone: 'resnet51' is none of: {', '.join(OURS)}; one of timm's is named like {CONVNEXT}; "
         "did you mean resnet50? (given: 'resnet51')"),
        ({"backbone": f"{CONVNEXT}.d2_in1k"},
         "backbone: a network of timm's is named without a tag, since tags name weights and these are random"
         f": {CONVNEXT} (given: '{CONVNEXT}.d2_in1k')"),
        ({"backbone": CONVNEXT, "width": 8}, f"width 8 does not apply to {CONVNEXT}: set it to null"),
        ({"backbone": CONVNEXT, "stem": "low"}, f"stem 'low' does not apply to {CONVNEXT}: set it to null"),
        ({"options": {"dims": [8]}}, "options {'dims': [8]} does not apply to resnet18: remove it"),
        ({"image_side": 32}, "image_side 32 does not apply to resnet18: remove it"),
        ({"width": None}, "width is empty, and resnet18 needs one: set it"),
        ({"backbone": CONVNEXT, "options": {"pretrained": True}},
         "options: pretrained is not free: weights are random"),
        ({"backbone": CONVNEXT, "options": {"img_size": 32}}, "options: img_size is not free"),
    ],
)  # fmt: skip
def test_what_does_not_apply_is_refused(given, sentence):
    with pytest.raises(UserError) as caught:
        validate(ModelSettings, given, "model")
    assert sentence in str(caught.value)


def config(dataset, detector, **common):
    changes = {
        "datasets": {dataset: {"classes": None}},
        "detector": common,
        "methods": {"m": {"label": "M", "detector": detector}},
        "attacks": {"pgd": {"steps": 10}},
        "tables": {},
    }
    return make_config(changes, "config.yaml").detector_settings(dataset, "m").model


@pytest.mark.parametrize(("dataset", "side"), [("digits", 16), ("cifar10", 32), ("mvtec", 224)])
def test_the_data_set_says_for_which_images_and_asks_for_no_stem(dataset, side):
    found = config(dataset, {"model": SMALL_VIT})
    assert (found.image_side, found.stem) == (side, None)
    ours = config(dataset, {"model": {"backbone": "resnet10"}})
    assert (ours.image_side, ours.stem) == (None, "high" if side == 224 else "low")


@pytest.mark.parametrize(
    ("detector", "common", "sentence"),
    [
        ({"backbone": f"{VIT}4"}, {}, "methods.m on digits: model.backbone: timm .* has no network"),
        (SMALL_VIT, {"width": 8}, "methods.m.detector.model: width 8 does not apply"),
        (SMALL_VIT | {"image_side": 32}, {}, "image_side is 32 where images have 16 pixels a side"),
    ],
)
def test_a_configuration_is_refused_when_it_is_read(detector, common, sentence):
    with pytest.raises(UserError, match=sentence):
        config("digits", {"model": detector}, model=common)


def test_a_width_of_all_may_be_unset_for_one():
    assert config("digits", {"model": SMALL_VIT | {"width": None}}, model={"width": 8}).width is None
