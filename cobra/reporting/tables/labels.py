"""What tables and figures are about, and what they call a method under a score."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Protocol

from cobra.reporting.tables.settings import MethodShown

PLAIN = ("similarity", "own")  # scores that go without saying


def line_name(methods: Mapping[str, MethodShown], method: str, score: str) -> str:
    """The method's label, and its score if that does not go without saying."""
    label = methods[method].label
    return label if score in PLAIN else f"{label}, {score} score"


class Settings(Protocol):
    """Settings of something made from the files of many detectors."""

    @property
    def classes(self) -> dict[str, list[str]]:
        """The normal classes by data set."""

    @property
    def methods(self) -> dict[str, MethodShown]:
        """The methods by name."""

    @property
    def seeds(self) -> list[int]:
        """The seeds."""


def subjects(settings: Settings, methods: list[str]) -> Iterator[dict[str, str | int]]:
    """Every data set, normal class, method (in the order of `methods`), score and seed."""
    for dataset, normals in settings.classes.items():
        for normal, method in itertools.product(normals, methods):
            for score, seed in itertools.product(settings.methods[method].scores, settings.seeds):
                yield {
                    "dataset": dataset, "normal": normal, "method": method, "score": score, "seed": seed,
                }  # fmt: skip
