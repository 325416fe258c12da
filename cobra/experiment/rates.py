"""The speeds of a device that is not at hand, from a file of JSON: `make why ASSUME=FILE.json`.

A rate is of one network at one size of image in one number format. `gradients_per_second` counts images whose
gradient an attack takes, `views_per_second` the views of a training step without its adversary; both have a
typical value within a range, and say whether they were measured, and where they come from.
"""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cobra.errors import UserError
from cobra.experiment.cost import Estimate, Size
from cobra.experiment.reading import read_yaml
from cobra.settings.section import Line, Section, setting
from cobra.settings.validation import validate
from cobra.training.networks.settings import Backbone

FORWARD = 0.5  # of a gradient of images: what `schedule.recompute` computes once more


class Spread(Section):
    """Images per second: the typical value within a range."""

    low: float = setting(..., "As slow as it may be.", gt=0)
    typical: float = setting(..., "What is expected.", gt=0)
    high: float = setting(..., "As fast as it may be.", gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if any(first > second for first, second in pairwise((self.low, self.typical, self.high))):
            raise ValueError("low, typical and high do not rise: correct them")
        return self

    @property
    def seconds(self) -> Estimate:
        """Seconds per image."""
        return Estimate(1 / self.high, 1 / self.typical, 1 / self.low)


class Rate(Section):
    """The speed of one network, on one size of image, in one number format."""

    backbone: Backbone = setting(..., "As in detector.model.")
    width: int | None = setting(..., "As in detector.model.")
    stem: Literal["low", "high"] | None = setting(..., "As in detector.model.")
    side: int = setting(..., "Pixels of an image's side.", ge=1)
    precision: Literal["fp32", "bf16"] = setting(..., "Number format; fp32 on a GPU is TF32 in convolutions.")
    gradients_per_second: Spread = setting(..., "Images whose gradient an attack takes.")
    views_per_second: Spread = setting(
        ..., "Views in a training step without adversary: forward, back to the weights, update."
    )
    basis: Literal["measured", "assumed"] = setting(..., "Whether it was measured.")
    source: Line = setting(..., "The measurement, or the derivation.")


class Rates(Section):
    """A device and its rates."""

    card: Line = setting(..., "Its name.")
    memory_gib: Annotated[float, Field(gt=0)] = setting(..., "GiB of its memory.")
    about: Line = setting("", "What all rates rest on.")
    rates: list[Rate] = setting(..., "The rates.", min_length=1)


def read_rates(path: Path) -> Rates:
    """The rates in a file of JSON; raises UserError, one sentence per fault."""
    return validate(Rates, read_yaml(path), str(path))


class Assumed:
    """The speeds of the rates in a file; raises UserError for a size that has none."""

    def __init__(self, rates: Rates, path: Path) -> None:
        self.rates = rates
        self.path = path
        bases = sorted({rate.basis for rate in rates.rates})
        self.source = f"at rates {' and '.join(bases)} for {rates.card}, {path}"

    def of_images(self, size: Size) -> Estimate:
        """Forward and back to the image."""
        return self._rate(size).gradients_per_second.seconds

    def of_weights(self, size: Size) -> Estimate:
        """A view in a training step without its adversary."""
        rate = self._rate(size)
        again = rate.gradients_per_second.seconds.times(FORWARD * size.recompute)
        return rate.views_per_second.seconds + again

    def _rate(self, size: Size) -> Rate:
        model = size.model
        wanted = model.backbone, model.width, model.stem, size.side, size.precision
        for rate in self.rates.rates:
            if (rate.backbone, rate.width, rate.stem, rate.side, rate.precision) == wanted:
                return rate
        raise UserError(
            f"{self.path} has no rate of {model.backbone}, width {model.width}, stem {model.stem}, at "
            f"{size.side}x{size.side} pixels in {size.precision}: add one, or leave out the file to measure."
        )
