"""Cells to a table for people: one text frame, the paper's numbers beside ours, and notes below it."""

from pathlib import Path

import pandas as pd

from cobra.errors import UserError
from cobra.provenance import Identity
from cobra.reporting.cells import MEAN, Cell, Result, mean_result
from cobra.reporting.departures import departures
from cobra.settings.attack import AttackSettings, EvaluationSettings
from cobra.settings.detector import DetectorSettings
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
    results: dict[str, dict[str, Result | None]] = {}
    paper_names: dict[str, str | None] = {}
    for cell in cells:
        if cell.normal == MEAN:
            line = line_name(settings, cell)
            results.setdefault(line, {})[cell.dataset] = cell.result
            paper_names[line] = settings.methods[cell.method].reported
    rows = {line: _row(settings, by_dataset) for line, by_dataset in results.items()}
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
        column = columns.setdefault(f"{cell.dataset}, {line_name(settings, cell)}", {"none": "not run"})
        if cell.result is not None:
            column["none"] = f"{cell.result.clean.value:.1f}"
        column[cell.attack] = "not run" if cell.result is None else _robust_text(settings, cell.result)
    return pd.DataFrame(columns).rename_axis("Attack").reset_index()


def line_name(settings: TableSettings, cell: Cell) -> str:
    """What a table calls a method under a score; the paper's score goes without saying."""
    label = settings.methods[cell.method].label
    return label if cell.score == "similarity" else f"{label}, {cell.score} score"


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


def notes(settings: TableSettings, cells: list[Cell]) -> list[str]:
    """What a reader must know to use the figures; every departure from the paper among it."""
    level = f"{100 * settings.bootstrap.confidence:g} %"
    classes = "; ".join(f"{name} ({', '.join(names)})" for name, names in settings.classes.items())
    shown = "under each attack (none: clean)" if settings.layout.rows == "attacks" else "clean / robust"
    seeds = f"{len(settings.seeds)} seed{'s' if len(settings.seeds) > 1 else ''}"
    return [
        f"AUROC in %, {shown}, mean over the classes that are normal in turn: {classes}; {seeds}.",
        f"In brackets: the {level} bootstrap interval of the robust figure over test images.",
        *attack_notes(cells),
        *departure_notes(settings, cells),
    ]


def attack_notes(cells: list[Cell]) -> list[str]:
    """The attack behind the robust figures, a line for each that differs."""
    found = set()
    for identity in _identities(cells):
        attacks = [evaluation.attack for evaluation in _evaluations(identity) if evaluation.attack]
        worst = "the worst per image of: " if len(attacks) > 1 else ""
        told = "; ".join(map(attack_words, attacks))
        found.add(f"Attack on {identity.subject['dataset']}: {worst}{told}.")
    return sorted(found)


def attack_words(attack: AttackSettings) -> str:
    """An attack and its budget in words."""
    ratios = ", ".join(f"{ratio:g}" for ratio in attack.step_ratios)
    sized = f", step size {ratios} x eps / steps" if attack.kind in ("pgd", "momentum") else ""
    return (
        f"{attack.kind.upper()}, {attack.steps} steps x {attack.restarts} restarts{sized}, "
        f"eps {attack.eps:.4g}, target: {attack.target}"
    )


def departure_notes(settings: TableSettings, cells: list[Cell]) -> list[str]:
    """What departs from the paper in all of the table, then what does in single lines of it."""
    by_line: dict[str, set[str]] = {}
    for cell in (cell for cell in cells if cell.result):
        by_line.setdefault(line_name(settings, cell), set()).update(
            departure
            for identity in _identities([cell])
            for departure in _departures(identity, settings.paper_eps[cell.dataset])
        )
    shared = set.intersection(*by_line.values()) if by_line else set()
    found = [f"Not the paper's setting: {', '.join(sorted(shared))}."] if shared else []
    for line, own in by_line.items():
        if own - shared:
            found.append(f"{line}, besides: {', '.join(sorted(own - shared))}.")
    return found


def _identities(cells: list[Cell]) -> list[Identity]:
    return [identity for cell in cells if cell.result for identity in cell.result.identities]


def _evaluations(identity: Identity) -> list[EvaluationSettings]:
    """The evaluation behind a score file, or those that it combines."""
    settings = identity.settings
    made = settings["parts"].values() if "parts" in settings else [settings["evaluation"]]
    return [EvaluationSettings.model_validate(each) for each in made]


def _departures(identity: Identity, paper_eps: float) -> list[str]:
    evaluations = _evaluations(identity)
    of_evaluations = [text for each in evaluations for text in departures(each, paper_eps)]
    detector = DetectorSettings.model_validate(identity.settings["detector"])
    of_data = [f"{identity.subject['dataset']}: {remark}" for remark in identity.settings["data"]]
    return [*of_evaluations, *departures(detector, paper_eps), *of_data]


def _row(settings: TableSettings, by_dataset: dict[str, Result | None]) -> dict[str, str]:
    row = {dataset: _text(settings, result) for dataset, result in by_dataset.items()}
    if len(by_dataset) > 1:
        known = [result for result in by_dataset.values() if result is not None]
        row[AVERAGE] = _text(settings, mean_result(known) if len(known) == len(by_dataset) else None)
    return row


def _text(settings: TableSettings, result: Result | None) -> str:
    if result is None:
        return "not run"
    return f"{result.clean.value:.1f} / {_robust_text(settings, result)}"


def _robust_text(settings: TableSettings, result: Result) -> str:
    low, high = result.robust.interval(settings.bootstrap.confidence)
    return f"{result.robust.value:.1f} [{low:.1f}, {high:.1f}]"


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
