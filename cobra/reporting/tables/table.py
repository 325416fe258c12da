"""Cells to a table: a csv of numbers, and a frame of texts with the paper's numbers beside ours."""

import numpy as np
import pandas as pd

from cobra.metrics import INVERTED
from cobra.reporting.tables.cells import MEAN, Cell, Result, mean_result
from cobra.reporting.tables.differences import NONE, difference_texts, differences
from cobra.reporting.tables.labels import line_name
from cobra.reporting.tables.paper_numbers import (
    AVERAGE,
    PaperFigure,
    comparison,
    mark,
    paper_names,
    paper_row,
    paper_text,
)
from cobra.reporting.tables.settings import OF_CLASSES, TableSettings
from cobra.reporting.tables.table_csv import CELL

NOT_REPORTED = "–"
HEADINGS = {"methods": "Method", "datasets": "Data set", "classes": "Class", "defects": "Class and defect"}

Grid = dict[str, dict[str, Cell]]  # by place (a data set or a class), by line (a method under a score)


def table_frame(settings: TableSettings, cells: list[Cell], reported: pd.DataFrame) -> pd.DataFrame:
    """The table as text, "clean / robust [interval of robust]" in percent, else why there is none."""
    if settings.layout.rows == "attacks":
        return attack_frame(settings, cells)
    grid = places(settings, cells)
    ours = _ours(settings, grid)
    paper = paper_frame(settings, grid, reported)
    frame = (
        _beside(settings, ours, paper)
        if settings.layout.rows == "methods"
        else ours.T.join(paper.T.add_suffix(" (paper)")).fillna(NOT_REPORTED)
    )
    if settings.layout.differences:
        frame = frame.join(difference_texts(settings, cells)).fillna(NOT_REPORTED)
    marks = {place: mark(settings, place, list(row.values())) for place, row in grid.items()}
    marked = frame.rename(index=marks, columns=marks)
    return marked.rename_axis(HEADINGS[settings.layout.rows]).reset_index()


def attack_frame(settings: TableSettings, cells: list[Cell]) -> pd.DataFrame:
    """A row per attack, clean images first, a column per data set and method: "robust [interval]"."""
    columns: dict[str, dict[str, str]] = {}
    means = [cell for cell in cells if cell.normal == MEAN]
    for cell in means:
        dataset = mark(settings, cell.dataset, [other for other in means if other.dataset == cell.dataset])
        name = f"{dataset}, {line_name(settings.methods, cell.method, cell.score)}"
        column = columns.setdefault(name, {"none": cell.why})
        if cell.result is not None:
            column["none"] = f"{cell.result.clean.value:.1f}"
        column[cell.attack] = cell.lack if cell.result is None else _robust_text(settings, cell.result)
    return pd.DataFrame(columns).rename_axis("Attack").reset_index()


def places(settings: TableSettings, cells: list[Cell]) -> Grid:
    """What a table shows: by data set its means or, where classes are rows, by class the cells of each line;
    a single class has no mean beside it, nor have defects.
    """
    grid: Grid = {}
    rows, several = settings.layout.rows, len(settings.layout.datasets) > 1
    sizes = {(cell.dataset, cell.normal, cell.defect): cell.images for cell in cells if cell.images}
    for cell in cells:
        is_mean = cell.normal == MEAN
        if rows not in OF_CLASSES:
            shown, place = is_mean, cell.dataset
        else:
            shown = not is_mean or (rows == "classes" and len(settings.classes[cell.dataset]) > 1)
            place = f"{cell.dataset} {cell.normal}" if several else cell.normal
            place += f", {cell.defect}" if cell.defect else ""
            images = sizes.get((cell.dataset, cell.normal, cell.defect))  # of any method that has a result
            place += f" ({images[1]})" if images else ""
        if shown:
            grid.setdefault(place, {})[line_name(settings.methods, cell.method, cell.score)] = cell
    return grid


def paper_frame(settings: TableSettings, grid: Grid, reported: pd.DataFrame) -> pd.DataFrame:
    """The paper's "clean / robust", a row per method of the paper, a column per place shown.

    Its average stands there only if all that it is over does: ours is over what is shown.
    """
    rows = {paper_row(settings, cell): place for place, row in grid.items() for cell in row.values()}
    table = reported[reported["table"] == settings.layout.reported]
    if set(table["row"]) - {AVERAGE} <= set(rows):
        rows.setdefault(AVERAGE, AVERAGE)
    else:
        rows.pop(AVERAGE, None)
    texts: dict[str, dict[str, str]] = {}
    for record in table[table["row"].isin(rows)].to_dict("records"):
        place, method = rows[record["row"]], record["method"]
        figure = PaperFigure(record["clean_auroc"], record["robust_auroc"])
        cells = grid.get(place, {}).values()
        ours = next((cell for cell in cells if method in paper_names(settings, cell)), None)
        texts.setdefault(place, {})[method] = paper_text(settings, ours, figure)
    return pd.DataFrame({place: texts[place] for place in rows.values() if place in texts})


def _ours(settings: TableSettings, grid: Grid) -> pd.DataFrame:
    """A row per line, a column per place, and their average where places are data sets."""
    frame = pd.DataFrame(
        {place: {line: _text(settings, [cell]) for line, cell in row.items()} for place, row in grid.items()}
    )
    if len(grid) > 1 and settings.layout.rows not in OF_CLASSES:
        frame[AVERAGE] = [
            _text(settings, [row[line] for row in grid.values() if line in row]) for line in frame.index
        ]
    return frame


def _text(settings: TableSettings, cells: list[Cell]) -> str:
    """The figures of a cell, or of the mean of several; why there are none if one of them has none."""
    lacks = [cell.lack for cell in cells if cell.result is None]
    if lacks:
        return min(lacks, key=len)
    result = mean_result([cell.result for cell in cells if cell.result], redrawn=False)
    return f"{result.clean.value:.1f} / {_robust_text(settings, result)}"


def _robust_text(settings: TableSettings, result: Result) -> str:
    """The robust figure; where gates failed it is only what the true one is at most."""
    low, high = result.robust.interval(settings.bootstrap.confidence)
    text = f"{result.robust.value:.1f} [{low:.1f}, {high:.1f}]"
    if not result.failed:
        return text
    return f"<= {text} (fails gate {', '.join(map(str, sorted(result.failed)))})"


def _beside(settings: TableSettings, ours: pd.DataFrame, paper: pd.DataFrame) -> pd.DataFrame:
    """Beside each place's column the paper's, for the lines that the paper has."""
    names = {
        line_name(settings.methods, name, method.scores[0]): method.reported
        for name, method in settings.methods.items()
    }
    columns = {}
    for place in ours.columns:
        columns[place] = ours[place]
        if place in paper.columns:
            known = paper[place].dropna().to_dict()
            texts = [
                next((known[name] for name in names.get(line, []) if name in known), NOT_REPORTED)
                for line in ours.index
            ]
            columns[f"{place} (paper)"] = pd.Series(texts, index=ours.index)
    return pd.DataFrame(columns)


def cells_frame(cells: list[Cell], settings: TableSettings, reported: pd.DataFrame) -> pd.DataFrame:
    """The cells, one row each: figures with intervals, the paper's beside them where there is one and the
    measure is the paper's, differences, failed gates and the score files behind.
    """
    records = []
    found = differences(settings, cells)
    for cell in cells:
        names = (cell.dataset, cell.normal, cell.method, cell.score, cell.attack)
        record: dict[str, object] = dict(zip(CELL, names, strict=True))
        if settings.layout.rows == "defects":
            normal, anomalies = cell.images or ("", "")
            record |= {"defect": cell.defect, "normal_images": normal, "anomalies": anomalies}
        for name in ("clean", "robust"):
            estimate = getattr(cell.result, name, None)
            low, high = estimate.interval(settings.bootstrap.confidence) if estimate else (np.nan, np.nan)
            values = (estimate.value if estimate else np.nan, low, high)
            columns = (f"{name}_{settings.layout.measure}", f"{name}_low", f"{name}_high")
            record |= {column: round(value, 3) for column, value in zip(columns, values, strict=True)}
        if settings.layout.measure == "auroc":
            record |= comparison(settings, reported, cell)
        if settings.layout.differences:
            its = found.get((cell.dataset, cell.method, cell.score)) if cell.normal == MEAN else None
            record |= its.record if its else NONE
        files = cell.result.files if cell.result else [f"{cell.lack}: {cell.missing or cell.attack}"]
        record |= {"gates": _gates(cell.result, settings), "score_files": " ".join(map(str, files))}
        records.append(record)
    return pd.DataFrame(records)


def _gates(result: Result | None, settings: TableSettings) -> str:
    """What the gates say of a figure; of a score that ranks the wrong way round they say nothing."""
    if result is None or result.failed is None:
        return "not judged"
    if result.failed:
        return "fails " + " ".join(map(str, sorted(result.failed)))
    inverted = settings.layout.measure == "auroc" and result.clean.value < INVERTED
    return "clean far below 50" if inverted else "pass"
