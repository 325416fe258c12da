"""Settings of a detector that is not ours."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from cobra.settings.base import FUNCTION, Names, Section, setting

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
