"""Rates of a device from a file: read, refused in a sentence, and those that are shipped."""

import json
from pathlib import Path

import pytest
from samples import multiply_adds

from benchmarks.studies import assumed_rates
from cobra.errors import UserError
from cobra.experiment.cost import Size
from cobra.experiment.rates import Assumed, read_rates
from cobra.training.networks.settings import ModelSettings

SHIPPED = Path(__file__).parents[3] / "benchmarks/rates"
RATE = {
    "backbone": "resnet18",
    "width": 64,
    "stem": "low",
    "side": 32,
    "precision": "bf16",
    "gradients_per_second": {"low": 50, "typical": 100, "high": 200},
    "views_per_second": {"low": 20, "typical": 40, "high": 50},
    "basis": "measured",
    "source": "a test",
}
CARD = {"card": "a card", "memory_gib": 8, "rates": [RATE]}
SIZE = Size(ModelSettings(), 32, "bf16", 128)


def written(folder, **changes):
    path = folder / "rates.json"
    path.write_text(json.dumps(CARD | changes))
    return path


def test_seconds_are_those_of_the_rates(tmp_path):
    speeds = Assumed(read_rates(written(tmp_path)), tmp_path / "rates.json")
    gradient, view = speeds.of_images(SIZE), speeds.of_weights(SIZE)
    assert (gradient.low, gradient.typical, gradient.high) == (1 / 200, 1 / 100, 1 / 50)
    assert (view.low, view.typical, view.high) == (1 / 50, 1 / 40, 1 / 20)
    again = speeds.of_weights(SIZE._replace(recompute=True))  # a forward pass, half a gradient, more
    assert again.typical == pytest.approx(1 / 40 + 0.5 / 100)
    assert "measured for a card" in speeds.source


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rates": [RATE | {"side": "32"}]}, "side"),
        ({"rates": [RATE | {"precision": "fp8"}]}, "precision"),
        ({"rates": [RATE | {"basis": "guessed"}]}, "basis"),
        ({"rates": [RATE | {"views_per_second": {"low": 3, "typical": 2, "high": 4}}]}, "do not rise"),
        ({"rates": [RATE | {"gradients_per_second": {"low": 0, "typical": 2, "high": 4}}]}, "low"),
        ({"rates": []}, "rates"),
        ({"memory_gib": -1}, "memory_gib"),
        ({"speed": 1}, "speed"),
    ],
)
def test_a_fault_in_the_file_is_told_in_a_sentence(tmp_path, changes, said):
    path = written(tmp_path, **changes)
    with pytest.raises(UserError) as raised:
        read_rates(path)
    told = str(raised.value)
    assert told.startswith(f"{path}: ")
    assert said in told
    assert "\n" not in told


@pytest.mark.parametrize("text", [None, "[1, 2]", "{", "nothing"])
def test_a_file_that_holds_no_rates_is_told_in_a_sentence(tmp_path, text):
    path = tmp_path / "rates.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=r"rates\.json.*\.$") as raised:
        read_rates(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "size",
    [
        SIZE._replace(side=16),
        SIZE._replace(precision="fp32"),
        SIZE._replace(model=ModelSettings(width=8)),
        SIZE._replace(model=ModelSettings(stem="high")),
    ],
)
def test_a_size_without_a_rate_is_told_in_a_sentence(tmp_path, size):
    path = written(tmp_path)
    with pytest.raises(UserError, match=r"has no rate of resnet18, width .*: add one"):
        Assumed(read_rates(path), path).of_images(size)


@pytest.mark.parametrize("name", assumed_rates.CARDS)
def test_shipped_rates_are_those_that_follow_from_published_figures(name):
    shipped = read_rates(SHIPPED / f"{name}_assumed.json")
    assert shipped == assumed_rates.rates_of(assumed_rates.CARDS[name])
    assert {rate.basis for rate in shipped.rates} == {"assumed"}


@pytest.mark.parametrize("side", [32, 224])
def test_the_flop_of_a_pass_are_twice_the_forward_ones_to_the_image_and_thrice_to_the_weights(side):
    forward = 2 * multiply_adds(assumed_rates.model_settings(side), side)
    gradient, view = (
        assumed_rates.counted(make(side, assumed_rates.PRECISIONS["fp32"]))[0]
        for make in (assumed_rates.gradient, assumed_rates.view)
    )
    assert gradient == pytest.approx(2 * forward, rel=0.01)
    assert view == pytest.approx(3 * forward, rel=0.03)  # none to the images


def test_bytes_are_those_that_operations_read_and_write():
    import torch

    a, b = torch.zeros(10, 20), torch.zeros(20, 30)
    with assumed_rates.Traffic() as traffic:
        (a @ b).view(300)
    assert traffic.bytes == 4 * (10 * 20 + 20 * 30 + 10 * 30)


def test_a_rate_lies_between_no_and_full_overlap_of_arithmetic_and_traffic():
    card = assumed_rates.Card("a card", {"bf16": 100.0}, bandwidth=10.0, gib=1, source="")
    found = assumed_rates.spread(card, "bf16", flop=0.08, moved=0.016)  # a thousandth and two of a second
    assert (found.low, found.typical, found.high) == (167, 333, 500)
