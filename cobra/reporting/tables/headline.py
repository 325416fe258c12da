"""The result in one sentence: the AUROC of each method under attack, from a table's csv."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cobra.attacks.settings import AttackSettings
from cobra.errors import UserError
from cobra.reporting.tables.cells import MEAN
from cobra.reporting.tables.settings import HeadlineSettings
from cobra.reporting.tables.table_csv import read_cells

NUMBERS = ["clean_auroc", "robust_auroc", "robust_low", "robust_high"]
PAIRED = ["paired_difference", "paired_p"]  # of a table that compares with the first method
TEXTS = ["gates", "score_files"]
SIGNIFICANT = 0.05
MORE, LESS, OPEN = "more than", "less than", "not told apart from"


@dataclass(frozen=True)
class Kept:
    """What a method keeps: its mean AUROC in %, clean and under attack, with the latter's interval. `failed`
    are the gates that the robust figure failed: then it is an upper bound. `lack` says why there is none.
    `difference` is from the first method, image by image, with its p-value.
    """

    name: str
    clean: float
    robust: float
    low: float
    high: float
    failed: str = ""
    lack: str = ""
    difference: float = math.nan
    p_value: float = math.nan


class Headline(NamedTuple):
    """The result in a sentence, and what its numbers are."""

    answer: str
    detail: str


def headline(settings: HeadlineSettings, table: Path) -> Headline:
    """The headline of a table's csv; raises UserError if the csv lacks a method."""
    kept = read_kept(settings, table)
    return Headline(answer(kept), detail(settings, kept))


def read_kept(settings: HeadlineSettings, table: Path) -> list[Kept]:
    """The figures of each method, the mean over the classes of the data set."""
    is_paired = settings.table.layout.differences == next(iter(settings.methods))
    cells = read_cells(table, [*NUMBERS, *(PAIRED if is_paired else [])], TEXTS)
    means = cells[(cells["class"] == MEAN) & (cells["dataset"] == settings.dataset)]
    found = {(row["method"], row["score"]): row for row in means.to_dict("records")}
    kept = []
    for method, name in settings.methods.items():
        row = found.get((method, settings.table.methods[method].scores[0]))
        if row is None:
            raise UserError(f"{table} has no figures of {method}: make the table again.")
        gates = row["gates"]
        failed = gates.removeprefix("fails ").replace(" ", ", ") if gates.startswith("fails ") else ""
        clean, robust, low, high = (row[column] for column in NUMBERS)
        lack = row["score_files"].partition(": ")[0] if math.isnan(robust) else ""
        difference, p_value = (row[column] for column in PAIRED) if is_paired else (math.nan, math.nan)
        kept.append(Kept(name, clean, robust, low, high, failed, lack, difference, p_value))
    return kept


def answer(kept: list[Kept]) -> str:
    """The sentence: what the first method keeps, and whether that is more than the others keep."""
    first, *others = kept
    if first.lack:
        figures = ", ".join(_named(other) for other in others)
        return f"No result for {first.name} under attack ({first.lack}). Of the others: {figures}."
    clauses = []
    for relation in (MORE, LESS, OPEN):
        names = [_named(other) for other in others if not other.lack and relation == compared(first, other)]
        clauses += [f"{relation} {_listed(names)}"] if names else []
    bound = f"at most {first.robust:.1f} % (it fails gate {first.failed})"
    own = bound if first.failed else f"{first.robust:.1f} %"
    words = [f"Under attack {first.name} keeps an AUROC of {own}", ", but ".join(clauses)]
    lacking = [_named(other) for other in others if other.lack]
    ending = f" No figure for {_listed(lacking)}." if lacking else ""
    return ", ".join(filter(None, words)) + "." + ending


def compared(first: Kept, other: Kept) -> str:
    """Whether `first` keeps more than `other`: by the paired test, or, where the table has none, if their
    intervals do not overlap. An upper bound leaves it open on the side where the truth may be lower.
    """
    if not math.isnan(other.p_value):
        is_less = other.p_value < SIGNIFICANT and other.difference < 0
        is_more = other.p_value < SIGNIFICANT and other.difference > 0
    else:
        is_less, is_more = first.low > other.high, first.high < other.low
    if is_less and not first.failed:
        return MORE
    return LESS if is_more and not other.failed else OPEN


def _named(kept: Kept) -> str:
    if kept.lack:
        return f"{kept.name} ({kept.lack})"
    bound = f"{kept.name} (at most {kept.robust:.1f}, fails gate {kept.failed})"
    return bound if kept.failed else f"{kept.name} ({kept.robust:.1f})"


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def detail(settings: HeadlineSettings, kept: list[Kept]) -> str:
    """What the numbers are: the mean over what, under which attack, and the clean figures."""
    classes, seeds = settings.table.classes[settings.dataset], settings.table.seeds
    over = f"{len(classes)} classes" if len(classes) > 1 else f"class {classes[0]}"
    repeated = f" and {len(seeds)} seeds" if len(seeds) > 1 else ""
    clean = ", ".join(f"{each.name} {each.clean:.1f}" for each in kept if not each.lack)
    first, *others = kept
    relations = [compared(first, other) for other in others if not first.lack and not other.lack]
    sentences = [
        f"Mean AUROC in % over {over} of {settings.dataset}{repeated}: 100 is a perfect ranking, 50 a guess",
        f"Attack: {attack_in_short(settings.attacks)}",
        *([f"On clean images: {clean}"] if clean else []),
    ]
    tests = [
        f"{other.name} {other.difference:+.1f} points, p = {other.p_value:.2g}"
        for other in others
        if not math.isnan(other.p_value)
    ]
    if tests:
        sentences.append(f"Against {first.name}, image by image: {'; '.join(tests)} (adjusted, Holm)")
    if OPEN in relations:
        reason = f"p is at least {SIGNIFICANT}" if tests else "the intervals overlap"
        sentences.append(f"Not told apart: {reason}, or a figure is an upper bound")
    return ". ".join(sentences) + "."


def attack_in_short(attacks: list[AttackSettings]) -> str:
    """The attack, or the attacks whose worst score of each image counts, and how far pixels change."""
    names, budgets = [], []
    for attack in attacks:
        restarts = f"{attack.restarts} restart{'s' if attack.restarts > 1 else ''}"
        names.append(f"{attack.kind.upper()} ({attack.steps} steps, {restarts})")
        if attack.norm == "l2":
            budgets.append(f"each image changes by at most {attack.eps:.3g} (l2)")
        else:
            budgets.append(f"each pixel changes by at most {100 * (attack.eps or 0):.3g} % of its range")
    worst = "the worst score of each image under " if len(names) > 1 else ""
    return f"{worst}{_listed(names)}; {_listed(list(dict.fromkeys(budgets)))}"
