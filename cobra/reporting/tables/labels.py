"""The detectors that a table or figure shows, and the labels of methods and scores."""

import itertools
from collections.abc import Iterator, Mapping

from cobra.reporting.tables.settings import MethodShown, Shown

PLAIN = ("similarity", "own")  # scores that go without saying


def line_name(methods: Mapping[str, MethodShown], method: str, score: str) -> str:
    """What a table or figure calls a method under a score."""
    return with_score(methods[method].label, score)


def with_score(label: str, score: str) -> str:
    """The label, and the score if that does not go without saying."""
    return label if score in PLAIN else f"{label}, {score} score"


def subjects(settings: Shown, methods: list[str]) -> Iterator[dict[str, str | int]]:
    """Every data set, normal class, method (in the order of `methods`), score and seed."""
    for dataset, normals in settings.classes.items():
        for normal, method in itertools.product(normals, methods):
            for score, seed in itertools.product(settings.methods[method].scores, settings.seeds):
                yield {
                    "dataset": dataset, "normal": normal, "method": method, "score": score, "seed": seed,
                }  # fmt: skip
