"""Settings of scoring."""

from typing import Literal, Self

from pydantic import model_validator

from cobra.settings.base import Section, setting
from cobra.settings.crafting import ROTATIONS

Masker = Literal["none", "quantised", "saturated", "randomised", "stopped", "tied"]


class ScoreSettings(Section):
    """How a trained detector scores an image; changing it retrains nothing."""

    kind: Literal["similarity", "classifier", "combined", "ensemble"] = setting(
        "similarity",
        "similarity: -max cosine to the normal training images; classifier: logit margin; combined: both; "
        "ensemble: both over rotations and augmentations, for detectors trained on rotations.",
        paper="similarity",
        released="ensemble",
    )
    augmentations: int = setting(10, "ensemble: augmentations of each rotation.", released=10, ge=1)
    space: Literal["projection", "backbone"] = setting(
        "projection", "Embedding in which similarity is taken.", released="projection"
    )
    memory: int | None = setting(
        None,
        "Entries of the memory that are compared with, drawn by the detector's seed, smaller ones among the "
        "larger; empty: all normal training images.",
        paper="all",
        ge=1,
    )
    masker: Masker = setting(
        "none", "A planted fault that hides gradients, to see whether the gates find it (cobra/maskers.py)."
    )

    @property
    def passes(self) -> int:
        """How many passes through the network the score of an image takes."""
        return ROTATIONS * self.augmentations if self.kind == "ensemble" else 1

    @model_validator(mode="after")
    def _kind_fits(self) -> Self:
        if self.memory is not None and self.kind == "classifier":
            raise ValueError("a score of kind classifier compares with no memory: remove memory")
        if self.kind == "ensemble" and (self.space != "projection" or self.memory is not None):
            raise ValueError("kind ensemble takes the projection and all of the memory: remove space, memory")
        return self
