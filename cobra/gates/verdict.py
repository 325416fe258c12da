"""What a gate says: pass, fail or not applicable, with its figure and a sentence."""

import math
from dataclasses import dataclass
from typing import Literal

from cobra.settings.section import Section

Outcome = Literal["pass", "fail", "not applicable"]


class Verdict(Section):
    """A gate's judgement, with its number and name."""

    gate: int
    name: str
    verdict: Outcome
    figure: float | None
    said: str


@dataclass(frozen=True)
class Judgement:
    """A gate's judgement; `figure` is what decided it."""

    verdict: Outcome
    figure: float | None
    said: str

    def named(self, gate: int, name: str) -> Verdict:
        """As a verdict that says of which gate it is."""
        finite = self.figure is not None and math.isfinite(self.figure)
        figure = round(self.figure, 6) if self.figure is not None and finite else None
        return Verdict(gate=gate, name=name, verdict=self.verdict, figure=figure, said=self.said)


def decide(passed: bool, figure: float, said: str) -> Judgement:
    """Pass or fail."""
    return Judgement("pass" if passed else "fail", float(figure), said)


def not_applicable(why: str) -> Judgement:
    """No verdict, and why."""
    return Judgement("not applicable", None, why)
