"""Reads and checks the files of results behind a figure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from cobra.artifacts.files import read_table
from cobra.artifacts.identity import Identity
from cobra.errors import UserError
from cobra.reporting.figures.settings import FigureSettings
from cobra.reporting.tables.labels import line_name, subjects
from cobra.reporting.tables.settings import MethodShown

Subject = dict[str, str | int]
IMAGES = ("clean", "attacked")  # the columns of a score file that hold the scores of either


def files_of(
    settings: FigureSettings, pattern: str, kind: str
) -> Iterator[tuple[Subject, pa.Table, Identity]]:
    """Every detector and score that the figure shows, the table of its file of that `kind`, and what the file
    says of itself, such as the settings that it was made with.

    `pattern` is the path with {dataset}, {normal} ... in it. Raises UserError if there is nothing to show.
    """
    name, found = settings.layout.shown, False
    for subject in subjects(settings, settings.layout.methods):
        if name in settings.methods[str(subject["method"])].inapplicable[str(subject["score"])]:
            continue
        path = Path(pattern.format(**subject, attack=name, sweep=name))
        table, identity = read_table(path)
        identity.require(path, kind, {**subject, "attack": name})
        found = True
        yield subject, table, identity
    if not found:
        raise UserError(f"{name} applies to no score of the figure's methods: choose other methods.")


def rows_of(
    settings: FigureSettings,
    pattern: str,
    kind: str,
    rows: Callable[[pa.Table, Identity], Iterable[Mapping[str, Any]]],
) -> pd.DataFrame:
    """What `rows` makes of each file, after the columns that say what the file is about."""
    files = files_of(settings, pattern, kind)
    return pd.DataFrame(
        [{**subject, **row} for subject, table, identity in files for row in rows(table, identity)]
    )


def lines(curves: pd.DataFrame, methods: dict[str, MethodShown], keys: list[str]) -> dict[str, pd.Series]:
    """Per data set, method and score the mean AUROC over classes and seeds, by `keys`."""
    found = {}
    for (dataset, method, score), group in curves.groupby(["dataset", "method", "score"], sort=False):
        line = line_name(methods, str(method), str(score))
        found[f"{dataset}, {line}"] = group.groupby(keys)["auroc"].mean()
    return found


def series_names(numbers: pd.DataFrame, methods: dict[str, MethodShown]) -> dict[tuple[str, str], str]:
    """What each method and score of a figure's numbers is called, in their order."""
    pairs = dict.fromkeys(zip(numbers["method"], numbers["score"], strict=True))
    return {(method, score): line_name(methods, method, score) for method, score in pairs}
