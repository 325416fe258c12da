"""Rates of gradients, measured or assumed: how long so many image-steps take. For extrapolate.py."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from cobra.costs import multiply_adds, training_passes
from cobra.errors import UserError
from cobra.settings.detector import AdversarySettings, DetectorSettings, ScheduleSettings
from cobra.settings.model import ModelSettings

FLOP_OF_GRADIENT, FLOP_OF_TRAINING = 4, 6  # per multiply-add: forward and input gradient; and the weights'


@dataclass(frozen=True)
class Rates:
    """Image-steps per second by the pixels of a side, of attacks and of training; `weights` is by how much a
    pass whose gradient the weights take is dearer than one of the adversary.
    """

    attack: Mapping[int, float]
    training: Mapping[int, float]
    weights: float
    notes: tuple[str, ...]

    def attack_seconds(self, steps: float, side: int) -> float:
        """Seconds that so many image-steps of attacks take."""
        return steps / at_side(self.attack, side)

    def training_seconds(self, weights: float, adversary: float, side: int) -> float:
        """Seconds of a training's passes."""
        return (self.weights * weights + adversary) / at_side(self.training or self.attack, side)


def model_of(side: int) -> ModelSettings:
    """The paper's network for such images."""
    return ModelSettings(stem="low" if side <= 64 else "high")


def at_side(rates: Mapping[int, float], side: int) -> float:
    """The rate at `side`, or that of the nearest side measured, carried over by multiply-adds."""
    nearest = min(rates, key=lambda its: abs(its - side))
    return rates[nearest] * multiply_adds(model_of(nearest), nearest) / multiply_adds(model_of(side), side)


def assumed(peak: float, share: float) -> Rates:
    """The rates of a device that reaches a `share` of its peak, in TFLOP/s, whatever it computes."""
    rates = {
        side: 1e12 * peak * share / (FLOP_OF_GRADIENT * multiply_adds(model_of(side), side))
        for side in (32, 224)
    }
    said = ", ".join(f"{rate:,.0f} at {side}x{side}" for side, rate in rates.items())
    note = (
        f"assumed rate, not measured: {100 * share:g} % of {peak:g} TFLOP/s, hence {said} image-steps/s; "
        f"a gradient of an image takes {FLOP_OF_GRADIENT} FLOP per multiply-add, with that of the weights "
        f"{FLOP_OF_TRAINING}"
    )
    return Rates(rates, rates, FLOP_OF_TRAINING / FLOP_OF_GRADIENT, (note,))


def measured(
    attack_files: Sequence[Path],
    training_files: Sequence[Path],
    attack_given: Iterable[tuple[int, float]],
    training_given: Iterable[tuple[int, float]],
) -> Rates | None:
    """The best rates of each side in files of attack_step.py or roofline.py and of training_step.py, those
    given in their place; None if there are none of attacks.
    """
    attack = best(attack_files, attack_rates, attack_given)
    training = best(training_files, training_rates, training_given)
    if not attack:
        return None
    notes = [
        f"rate of {what}: {its.per_second:,.1f} image-steps/s at {its.side}x{its.side}, {its.words}"
        for what, found in (("attacks", attack), ("training", training))
        for its in found
    ]
    notes.append("a side without a rate has the nearest one's, carried over by multiply-adds")
    weights = 1.0 if training else FLOP_OF_TRAINING / FLOP_OF_GRADIENT
    if not training:
        notes.append(f"no training was measured: as attacks, weights' gradients {weights:g} times as long")
    of_attacks, of_training = ({its.side: its.per_second for its in found} for found in (attack, training))
    return Rates(of_attacks, of_training, weights, tuple(notes))


class Rate(NamedTuple):
    """Image-steps per second at some size of images, and where the number is from."""

    side: int
    per_second: float
    words: str


def best(
    files: Sequence[Path],
    rates_in: Callable[[dict[str, Any]], Iterator[Rate]],
    given: Iterable[tuple[int, float]],
) -> list[Rate]:
    """The best rate of each side."""
    found = {side: Rate(side, per_second, "as given") for side, per_second in given}
    fixed = set(found)
    for path in files:
        for one in read(path, rates_in):
            better = one.side not in found or one.per_second > found[one.side].per_second
            if better and one.side not in fixed:
                found[one.side] = one
    return [found[side] for side in sorted(found)]


def read(path: Path, rates_in: Callable[[dict[str, Any]], Iterator[Rate]]) -> list[Rate]:
    """The rates in a file; raises UserError if it is not what a benchmark wrote."""
    try:
        return list(rates_in(json.loads(path.read_text())))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} holds no rates ({type(error).__name__}: {error}): name the JSON of attack_step.py or "
            "roofline.py with --attack-step, of training_step.py with --training-step."
        ) from None


def attack_rates(found: dict[str, Any]) -> Iterator[Rate]:
    """Those of our candidates in a file of attack_step.py, or of all attacks in one of roofline.py."""
    device = found["machine"]["device"]
    for its in found.get("attacks", []):
        width = found["options"]["width"]
        words = f"{its['batch']} images, {its['precision']}, width {width}, {device} (roofline.py)"
        yield Rate(found["options"]["side"], its["image_steps_per_second"], words)
    for its in [] if "attacks" in found else found["measured"]:
        for name, candidate in its["candidates"].items():
            if name.startswith("ours"):
                words = f"{its['batch']} images, {name}, width {its['width']}, {device} (attack_step.py)"
                yield Rate(its["side"], its["batch"] / candidate["seconds"], words)


def training_rates(found: dict[str, Any]) -> Iterator[Rate]:
    """That of our step in a file of training_step.py: its passes, as `costs` counts them, of weights and
    adversary alike.
    """
    options = found["options"]
    once = ScheduleSettings(epochs=1, warmup_epochs=0)
    settings = DetectorSettings(adversary=AdversarySettings(steps=options["steps"]), schedule=once)
    passes = sum(training_passes(settings, options["batch"]))
    words = (
        f"{options['batch']} normal images, {options['precision']}, width {options['width']}, "
        f"{found['machine']['device']} (training_step.py)"
    )
    yield Rate(options["size"], passes / found["median_seconds"]["ours"], words)
