"""Settings of scoring and of attacks on a score."""

from typing import Annotated, Literal

from pydantic import Field

from cobra.settings.base import PAPER_EPS, Name, Ratio, Section, setting
from cobra.settings.data import TestSubset


class ScoreSettings(Section):
    """How a trained detector scores an image; changing it retrains nothing."""

    kind: Literal["similarity", "classifier", "combined"] = setting(
        "similarity",
        "similarity: -max cosine to the normal training images; classifier: logit margin; combined: both.",
        paper="similarity",
        released="combined",
    )
    space: Literal["projection", "backbone"] = setting(
        "projection", "Embedding in which similarity is taken.", released="projection"
    )


class AttackSettings(Section):
    """An attack on a score, the worst score per image kept (docs/attacks.md)."""

    kind: Literal["pgd", "momentum", "apgd", "square", "noise"] = setting(
        "pgd",
        "pgd: projected gradient ascent; momentum: the same with momentum; apgd: with step sizes that adapt; "
        "square: random search without gradients; noise: uniform noise, the floor.",
        paper="pgd",
        released="pgd",
    )
    eps: Ratio | None = setting(
        None, "l-inf budget in [0, 1] pixels; empty: the data set's.", paper=PAPER_EPS, ge=0, le=1
    )
    steps: int = setting(
        1000, "Gradient steps (square, noise: queries) per restart.", paper=1000, released=10, ge=1
    )
    restarts: int = setting(10, "Random restarts.", paper=10, released=1, ge=1)
    step_ratios: list[Annotated[float, Field(gt=0)]] = setting(
        [2.5],
        "pgd and momentum: step size = ratio x eps / steps; restarts take the ratios in turn. Small "
        "steps stall on a saturated score, where a large one (steps / 2: half of eps at once) does not.",
        released=[2.5],
        min_length=1,
    )
    target: Literal["both", "normal", "anomalies"] = setting(
        "both", "Which test images are attacked.", paper="both"
    )


class EvaluationSettings(Section):
    """One attack on one score of a detector, over a stated part of the test images.

    `attack` is empty for clean evaluation.
    """

    subset: TestSubset = TestSubset()
    score: ScoreSettings = ScoreSettings()
    attack: AttackSettings | None = None


class CombinationSettings(Section):
    """The worst case per image over several attacks."""

    parts: list[Name] = setting(..., "Attacks combined.", min_length=2)
