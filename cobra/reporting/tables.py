"""Cells to a table for people: one text frame, the paper's numbers beside ours."""

from pathlib import Path

import pandas as pd

from cobra.errors import UserError
from cobra.reporting.cells import MEAN, Cell, Result, mean_result
from cobra.reporting.names import line_name
from cobra.settings.tables import TableSettings

REPORTED_COLUMNS = ["table", "row", "method", "clean_auroc", "robust_auroc"]
AVERAGE = "average"
NOT_REPORTED = "–"


def read_reported(path: Path) -> pd.DataFrame:
    """The paper's numbers: table, row, method, clean_auroc, robust_auroc (percent)."""
    if not path.is_file():
        raise UserError(f"{path} does not exist: give the file of the paper's numbers.")
    frame = pd.read_csv(path)
    if list(frame.columns) != REPORTED_COLUMNS:
        raise UserError(f"{path} must have the columns {', '.join(REPORTED_COLUMNS)}.")
    return frame


def table_frame(settings: TableSettings, cells: list[Cell], reported: pd.DataFrame) -> pd.DataFrame:
    """The table as text, "clean / robust [interval of robust]" in percent, "not run" where files lack."""
    if settings.layout.rows == "attacks":
        return attack_frame(settings, cells)
    lines: dict[str, dict[str, Cell]] = {}
    paper_names: dict[str, str | None] = {}
    for cell in (cell for cell in cells if cell.normal == MEAN):
        line = line_name(settings.methods, cell.method, cell.score)
        lines.setdefault(line, {})[cell.dataset] = cell
        paper_names[line] = settings.methods[cell.method].reported
    rows = {line: _row(settings, by_dataset) for line, by_dataset in lines.items()}
    ours = pd.DataFrame.from_dict(rows, orient="index")
    paper = paper_frame(settings, reported)
    if settings.layout.rows == "methods":
        return _with_paper_columns(ours, paper, paper_names).rename_axis("Method").reset_index()
    beside = paper.T.add_suffix(" (paper)")
    frame = ours.T.join(beside).fillna(NOT_REPORTED)
    return frame.rename_axis("Data set").reset_index()


def attack_frame(settings: TableSettings, cells: list[Cell]) -> pd.DataFrame:
    """A row per attack, clean images first, a column per data set and method: "robust [interval]"."""
    columns: dict[str, dict[str, str]] = {}
    for cell in (cell for cell in cells if cell.normal == MEAN):
        name = f"{cell.dataset}, {line_name(settings.methods, cell.method, cell.score)}"
        column = columns.setdefault(name, {"none": "not run"})
        if cell.result is not None:
            column["none"] = f"{cell.result.clean.value:.1f}"
        column[cell.attack] = cell.lack if cell.result is None else _robust_text(settings, cell.result)
    return pd.DataFrame(columns).rename_axis("Attack").reset_index()


def paper_frame(settings: TableSettings, reported: pd.DataFrame) -> pd.DataFrame:
    """The paper's "clean / robust", a row per method of the paper, a column per data set shown.

    Its average stands there only if all its data sets do: ours is over those shown.
    """
    table = reported[reported["table"] == settings.layout.reported]
    complete = set(table["row"]) - {AVERAGE} <= set(settings.layout.datasets)
    shown = [*settings.layout.datasets, *([AVERAGE] if complete else [])]
    table = table[table["row"].isin(shown)]
    text = table.apply(lambda row: f"{row.clean_auroc:.1f} / {row.robust_auroc:.1f}", axis=1)
    if table.empty:
        return pd.DataFrame()
    named = table.assign(text=text).set_index(["method", "row"])["text"]
    return named.unstack()  # noqa: PD010 -- the cells are unique texts: nothing to aggregate


def _row(settings: TableSettings, by_dataset: dict[str, Cell]) -> dict[str, str]:
    row = {
        dataset: cell.lack if cell.result is None else _text(settings, cell.result)
        for dataset, cell in by_dataset.items()
    }
    if len(by_dataset) > 1:
        known = [cell.result for cell in by_dataset.values() if cell.result is not None]
        lacks = [cell.lack for cell in by_dataset.values() if cell.result is None]
        row[AVERAGE] = min(lacks, key=len) if lacks else _text(settings, mean_result(known))
    return row


def _text(settings: TableSettings, result: Result) -> str:
    return f"{result.clean.value:.1f} / {_robust_text(settings, result)}"


def _robust_text(settings: TableSettings, result: Result) -> str:
    """The robust figure; where gates failed it is only what the true one is at most."""
    low, high = result.robust.interval(settings.bootstrap.confidence)
    text = f"{result.robust.value:.1f} [{low:.1f}, {high:.1f}]"
    if not result.failed:
        return text
    return f"<= {text} (fails gate {', '.join(map(str, sorted(result.failed)))})"


def _with_paper_columns(
    ours: pd.DataFrame, paper: pd.DataFrame, paper_names: dict[str, str | None]
) -> pd.DataFrame:
    """Beside each data set's column the paper's, for the methods that the paper has."""
    columns = {}
    for dataset in ours.columns:
        columns[dataset] = ours[dataset]
        if dataset in paper.columns:
            known = paper[dataset].to_dict()
            texts = [known.get(paper_names[line] or "", NOT_REPORTED) for line in ours.index]
            columns[f"{dataset} (paper)"] = pd.Series(texts, index=ours.index)
    return pd.DataFrame(columns)
