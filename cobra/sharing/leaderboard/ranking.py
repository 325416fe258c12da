"""Records to the leaderboard for machines: one row each, ranked among those of its class and suite."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cobra.errors import UserError
from cobra.metrics import INVERTED
from cobra.sharing.leaderboard.record import DETECTOR, Record, read_record

HERE, SUBMITTED = "here", "submitted"
COLUMNS = [
    "dataset", "class", "suite", "norm", "eps", "rank", "label", "method", "score", "seed", "origin",
    "clean_auroc", "clean_low", "clean_high", "robust_auroc", "robust_low", "robust_high",
    "gates", "failed", "not_applicable", "further", "normal_images", "anomalies",
    "detector_sha256", "data_sha256", "device", "code_at", "contact", "citation", "record",
]  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A record, where it was made, and its file."""

    record: Record
    origin: str
    path: Path

    @property
    def board(self) -> tuple[str, str, str]:
        """Data set, class and suite: what is ranked together."""
        return self.record.named("dataset"), self.record.named("normal"), self.record.suite.digest

    @property
    def robust(self) -> float:
        """The figure that ranks it."""
        return self.record.robust.auroc


def read_entries(here: Iterable[Path], submitted: Iterable[Path]) -> list[Entry]:
    """The records in files, those that failed a gate after all others of their board, else by robust AUROC;
    raises UserError if two are of the same detector.
    """
    entries = [Entry(read_record(path), HERE, path) for path in here]
    entries += [Entry(read_record(path), SUBMITTED, path) for path in submitted]
    seen: dict[tuple[str, ...], Path] = {}
    for entry in entries:
        name = (entry.origin, *entry.board, *(entry.record.named(part) for part in DETECTOR))
        if seen.setdefault(name, entry.path) != entry.path:
            raise UserError(f"{entry.path} and {seen[name]} are records of one detector: remove one of them.")
    return sorted(entries, key=_order)


def _order(entry: Entry) -> tuple[object, ...]:
    record = entry.record
    return (
        *entry.board,
        bool(record.failed),
        -entry.robust,
        -record.clean.auroc,
        record.label,
        str(entry.path),
    )


def boards(entries: list[Entry]) -> dict[tuple[str, str, str], list[Entry]]:
    """The entries of each board, in their order."""
    found: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.board, []).append(entry)
    return found


def ranks(board: list[Entry]) -> list[int | None]:
    """1 for the best, equal figures alike; None for those that failed a gate."""
    passed = [entry.robust for entry in board if not entry.record.failed]
    return [
        None if entry.record.failed else 1 + sum(other > entry.robust for other in passed) for entry in board
    ]


def verdict_of(record: Record) -> str:
    """What the gates come to; of a score that ranks the wrong way round they say nothing."""
    if record.failed:
        return "fails"
    return "clean far below 50" if record.clean.auroc < INVERTED else "pass"


def leaderboard_frame(entries: list[Entry]) -> pd.DataFrame:
    """COLUMNS, a row per record."""
    rows = [
        _row(entry, rank)
        for board in boards(entries).values()
        for entry, rank in zip(board, ranks(board), strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"rank": "Int64"})


def _row(entry: Entry, rank: int | None) -> dict[str, object]:
    record = entry.record
    dataset, normal, suite = entry.board
    figures = {
        f"{name}_{part}": getattr(getattr(record, name), part)
        for name in ("clean", "robust")
        for part in ("auroc", "low", "high")
    }
    return {
        "dataset": dataset, "class": normal, "suite": suite, "norm": record.norm, "eps": record.eps,
        "rank": rank, "label": record.label, "origin": entry.origin, **figures,
        **{name: record.identity.subject[name] for name in ("method", "score", "seed")},
        "gates": verdict_of(record),
        "failed": " ".join(map(str, record.failed)),
        "not_applicable": " ".join(map(str, _not_applicable(record))),
        "further": " ".join(record.further),
        "normal_images": record.images.normal, "anomalies": record.images.anomalies,
        "detector_sha256": record.identity.inputs["detector"], "data_sha256": record.identity.inputs["data"],
        "device": record.identity.device, "code_at": record.about.origin, "contact": record.about.contact,
        "citation": record.about.citation, "record": entry.path.as_posix(),
    }  # fmt: skip


def _not_applicable(record: Record) -> list[int]:
    return [verdict.gate for verdict in record.gates if verdict.verdict == "not applicable"]
