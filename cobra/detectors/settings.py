"""Settings of detectors: how a trained one scores, a user's own, and a baseline."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from cobra.data.settings import TrainingSubset
from cobra.detectors.baselines import BASELINES
from cobra.errors import UserError
from cobra.settings.section import FUNCTION, Names, Section, setting
from cobra.settings.validation import validate

Masker = Literal["none", "quantised", "saturated", "randomised", "stopped", "tied", "rugged"]


class ScoreSettings(Section):
    """How a trained detector scores an image; changing it retrains nothing."""

    kind: Literal["similarity", "classifier", "combined", "ensemble"] = setting(
        "similarity",
        "similarity: -max cosine to the normal training images; classifier: logit margin; combined: both; "
        "ensemble: both over augmentations of each group (detector.ensemble).",
        paper="similarity",
        released="ensemble",
    )
    augmentations: int = setting(10, "ensemble: augmentations of each group.", released=10, ge=1)
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
        "none",
        "A planted fault that hides gradients, to see whether the gates find it "
        "(cobra/detectors/planted_faults.py).",
    )

    def passes(self, groups: int) -> int:
        """How many passes through the network of a detector of so many groups the score of an image takes."""
        return groups * self.augmentations if self.kind == "ensemble" else 1

    @model_validator(mode="after")
    def _kind_fits(self) -> Self:
        if self.memory is not None and self.kind == "classifier":
            raise ValueError("a score of kind classifier compares with no memory: remove memory")
        if self.kind == "ensemble" and (self.space != "projection" or self.memory is not None):
            raise ValueError("kind ensemble takes the projection and all of the memory: remove space, memory")
        return self


Function = Annotated[str, Field(pattern=FUNCTION)]


class OwnDetectorSettings(Section):
    """A score by the name of its function, and what it rests on."""

    score: Function | None = setting(
        None,
        "package.module:function from images [N, 3, H, W] in [0, 1] to scores [N], higher: more anomalous.",
    )
    fit: Function | None = setting(
        None,
        "package.module:function from the normal training images [N, 3, H, W] in [0, 1] to such a score.",
    )
    files: list[str] = setting(
        [],
        "Files that it reads (weights, further modules): when one changes, it is scored and attacked again.",
    )

    @property
    def name(self) -> str:
        """The function, of either kind."""
        return self.score or self.fit or ""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.score is None) == (self.fit is None):
            raise ValueError("give either score (ready to use) or fit (made from the normal training images)")
        return self


class OwnDetectorConfig(OwnDetectorSettings):
    """A detector of one's own as the configuration has it."""

    label: str = setting(..., "Name in tables.", min_length=1)
    reported: Names = setting([], "Name of this method in the paper's tables, or its names in several.")

    @property
    def own(self) -> OwnDetectorSettings:
        """What decides its scores."""
        return OwnDetectorSettings(score=self.score, fit=self.fit, files=self.files)


class _AnyKind:
    """Tells the schema of the settings of all kinds, which are imported then alone: they bring torch."""

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        kinds = map(BASELINES.load, BASELINES.names())
        return {"oneOf": [handler(kind.Settings.__pydantic_core_schema__) for kind in kinds]}


# A kind and its settings; checked by `kind_settings`.
Choice = Annotated[dict[str, Any], _AnyKind()]


class BaselineSettings(Section):
    """Everything that decides a trained baseline, beside data, class and seed."""

    subset: TrainingSubset = TrainingSubset()
    baseline: Choice = setting(..., "The kind, and its settings.")


def kind_settings(given: Mapping[str, Any], where: str) -> Section:
    """The settings of the kind that is `given` at `where`; raises UserError for faults in them."""
    kind, known = given.get("kind"), BASELINES.names()
    if kind not in known:
        raise UserError(f"{where}.kind is {kind!r}, which is none of: {', '.join(known)}.")
    return validate(BASELINES.load(kind).Settings, given, where)


OWN = "own"  # the one score of a baseline or of a detector of one's own
