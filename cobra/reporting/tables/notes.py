"""The notes below a table: what its numbers are, under which attack, and what departs from the paper."""

import pandas as pd

from cobra.artifacts.identity import Identity
from cobra.attacks.settings import AttackSettings
from cobra.metrics import ASKS, INVERTED
from cobra.reporting.tables.cells import MEAN, Cell
from cobra.reporting.tables.differences import difference_notes
from cobra.reporting.tables.labels import line_name
from cobra.reporting.tables.paper_numbers import (
    evaluations,
    identity_departures,
    impossible_cells,
    is_reduced,
)
from cobra.reporting.tables.settings import TableSettings


def notes(settings: TableSettings, cells: list[Cell], reported: pd.DataFrame) -> list[str]:
    """What a reader must know to use the figures; every departure from the paper among it."""
    classes = "; ".join(f"{name} ({', '.join(names)})" for name, names in settings.classes.items())
    shown = "under each attack (none: clean)" if settings.layout.rows == "attacks" else "clean / robust"
    seeds = f"{len(settings.seeds)} seed{'s' if len(settings.seeds) > 1 else ''}"
    measure = "AUROC" if settings.layout.measure == "auroc" else "Balanced accuracy at the threshold named"
    attacks = {
        f"Attack on {identity.subject['dataset']}: {identity_words(identity)}."
        for cell in cells
        for identity in cell.identities
    }
    return [
        f"{measure} in %, {shown}, mean over the classes that are normal in turn: {classes}; {seeds}.",
        *defect_notes(settings),
        interval_note(settings),
        *difference_notes(settings, cells),
        *gate_notes(settings, cells),
        *inverted_notes(settings, cells),
        *sorted(attacks),
        *departure_notes(settings, cells),
        *reduced_notes(settings, cells),
        *impossible_notes(settings, reported),
    ]


def defect_notes(settings: TableSettings) -> list[str]:
    """What the rows of a table of defects are."""
    if settings.layout.rows != "defects":
        return []
    return [
        "A row is the anomalies of a class, all or of one kind, against all its normal test images; in "
        "brackets behind it the number of these anomalies."
    ]


def interval_note(settings: TableSettings) -> str:
    """What the intervals are over; a single seed or class, drawn anew, tells nothing."""
    classes = max(map(len, settings.classes.values()))
    sizes = {"images": 2, "seeds": len(settings.seeds), "classes": classes}
    over = [source for source in settings.bootstrap.over if sizes[source] > 1]
    words = {"images": "test images", "seeds": "seeds", "classes": "classes"}
    told = f"over {' and '.join(words[source] for source in over)}" if over else "over nothing: a single seed"
    level = f"{100 * settings.bootstrap.confidence:g} %"
    return f"In brackets: the {level} interval of the robust figure {told}."


def reduced_notes(settings: TableSettings, cells: list[Cell]) -> list[str]:
    """That reduced figures reproduce nothing, and which data sets lack classes."""
    found = []
    if any(is_reduced(settings, cell) for cell in cells):
        found.append(
            "Reduced: made at other settings than the paper's (listed here) or over fewer classes: no "
            "reproduction, and not compared with the paper's figure."
        )
    if settings.partial:
        found.append(f"Not all classes are shown of: {', '.join(settings.partial)}.")
    return found


def gate_notes(settings: TableSettings, cells: list[Cell]) -> list[str]:
    """What the gates say of the figures, or that nobody asked them."""
    judged = [cell.result for cell in cells if cell.result and cell.result.failed is not None]
    if not judged:
        return ["No gates were applied: each figure bounds the robust one from above, as any attack's does."]
    if any(result.failed for result in judged):
        return [
            "A figure after <= is not called robust: it failed the gates named, a better attack may find "
            "less."
        ]
    if inverted_notes(settings, cells):
        return []
    return [f"The figures under {settings.gated} passed the gates (tables/gates)."]


def inverted_notes(settings: TableSettings, cells: list[Cell]) -> list[str]:
    """The classes that a score seems to rank the wrong way round before any attack."""
    if settings.layout.measure != "auroc":
        return []
    found = {
        f"{line_name(settings.methods, cell.method, cell.score)} on {cell.dataset}, class {cell.normal}: the "
        f"clean AUROC is {cell.result.clean.value:.1f}, far below 50: {ASKS}?"
        for cell in cells
        if cell.result and cell.normal != MEAN and not cell.defect and cell.result.clean.value < INVERTED
    }
    return sorted(found)


def identity_words(identity: Identity) -> str:
    """The attack behind a score file, or those that it combines, in words."""
    words = []
    for evaluation in evaluations(identity):
        source = evaluation.source
        of_other = f" on {source.method}, seed {source.seed}" if source else ""
        words += [attack_words(evaluation.attack, of_other)] if evaluation.attack else []
    return ("the worst per image of: " if len(words) > 1 else "") + "; ".join(words)


def attack_words(attack: AttackSettings, of_other: str = "") -> str:
    """An attack and its budget in words."""
    ratios = ", ".join(f"{ratio:g}" for ratio in attack.step_ratios)
    sized = f", step size {ratios} x eps / steps" if "step_size" in attack.traits else ""
    smoothed = {
        "score": "",
        "logsumexp": f", maximum smoothed at temperature {attack.temperature:g}",
        "topk": f", mean of the {attack.neighbours} nearest",
    }
    aimed = f", threshold at {100 * attack.false_alarms:g} % false alarms" if attack.kind == "fab" else ""
    halved = ", gradients in bf16" if attack.precision == "bf16" else ""
    last = ", last iterate" if attack.keep == "last" else ""
    spared = ""
    if attack.stop is not None:
        within = f"{100 * attack.stop.within:g} % of its gain"
        spared = f" at most, until {attack.stop.after} of an image agree to {within}"
    norm = "" if attack.norm == "linf" else "l2 "
    return (
        f"{attack.kind.upper()}{of_other}, {attack.steps} steps x {attack.restarts} restarts"
        f"{spared}{sized}{smoothed[attack.objective]}{aimed}{halved}{last}, "
        f"{norm}eps {attack.eps:.4g}, target: {attack.target}"
    )


def departure_notes(settings: TableSettings, cells: list[Cell]) -> list[str]:
    """What departs from the paper in all of the table, then what does in single lines of it."""
    by_line: dict[str, set[str]] = {}
    for cell in (cell for cell in cells if cell.result):
        by_line.setdefault(line_name(settings.methods, cell.method, cell.score), set()).update(
            departure
            for identity in cell.identities
            for departure in identity_departures(identity, settings.paper_eps[cell.dataset])
        )
    shared = set.intersection(*by_line.values()) if by_line else set()
    found = [f"Not the paper's setting: {', '.join(sorted(shared))}."] if shared else []
    for line, own in by_line.items():
        if own - shared:
            found.append(f"{line}, besides: {', '.join(sorted(own - shared))}.")
    return found


def impossible_notes(settings: TableSettings, reported: pd.DataFrame) -> list[str]:
    """The paper's cells in this table that no attack can give."""
    layout = settings.layout
    shown = {*layout.datasets, *(name for names in settings.classes.values() for name in names)}
    table = reported[(reported["table"] == layout.reported) & reported["row"].isin(shown)]
    if layout.rows == "methods":
        names = [name for method in settings.methods.values() for name in method.reported]
        table = table[table["method"].isin(names)]
    return [
        f"The paper's {row.method} on {row.row} has robust {row.robust_auroc:.1f} above clean "
        f"{row.clean_auroc:.1f}, which no effective attack gives."
        for row in impossible_cells(table).itertuples()
    ]
