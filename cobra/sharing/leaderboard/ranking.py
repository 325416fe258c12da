"""The leaderboard's csv: a row per record, ranked among those of its class and suite."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
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
    """A record, where it was made, its file, and its place on its board; None: it failed a gate."""

    record: Record
    origin: str
    path: Path
    rank: int | None = None

    @property
    def board(self) -> tuple[str, str, str]:
        """Data set, class and suite: what is ranked together."""
        return self.record.named("dataset"), self.record.named("normal"), self.record.suite.digest

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts by board; on it the best robust AUROC is first, and what failed a gate comes last."""
        record = self.record
        aurocs = -record.robust.auroc, -record.clean.auroc
        return *self.board, bool(record.failed), *aurocs, record.label, str(self.path)

    @property
    def gates(self) -> str:
        """What the gates come to; of a score that ranks the wrong way round they say nothing."""
        if self.record.failed:
            return "fails"
        return "clean far below 50" if self.record.clean.auroc < INVERTED else "pass"


def read_entries(here: Iterable[Path], submitted: Iterable[Path]) -> list[Entry]:
    """The records in files, in order; raises UserError if two are of the same detector."""
    entries = [Entry(read_record(path), HERE, path) for path in here]
    entries += [Entry(read_record(path), SUBMITTED, path) for path in submitted]
    seen: dict[tuple[str, ...], Path] = {}
    for entry in entries:
        name = (entry.origin, *entry.board, *(entry.record.named(part) for part in DETECTOR))
        if seen.setdefault(name, entry.path) != entry.path:
            raise UserError(f"{entry.path} and {seen[name]} are records of one detector: remove one of them.")
    return sorted(entries, key=lambda entry: entry.order)


def boards(entries: list[Entry]) -> list[list[Entry]]:
    """The entries, sorted, of each board, ranked; equal robust AUROCs share a rank."""
    found = []
    for _, group in groupby(entries, key=lambda entry: entry.board):
        board = list(group)
        passed = [entry.record.robust.auroc for entry in board if not entry.record.failed]
        for number, auroc in enumerate(passed):  # they come first
            board[number] = replace(board[number], rank=1 + sum(other > auroc for other in passed))
        found.append(board)
    return found


def leaderboard_frame(entries: list[Entry]) -> pd.DataFrame:
    """COLUMNS, a row per record."""
    rows = [_row(entry) for board in boards(entries) for entry in board]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"rank": "Int64"})


def _row(entry: Entry) -> dict[str, object]:
    record, (dataset, normal, suite) = entry.record, entry.board
    lacking = [verdict.gate for verdict in record.gates if verdict.verdict == "not applicable"]
    estimates = {"clean": record.clean.model_dump(), "robust": record.robust.model_dump()}
    return {
        "dataset": dataset, "class": normal, "suite": suite, "norm": record.norm, "eps": record.eps,
        "rank": entry.rank, "label": record.label, "origin": entry.origin, "gates": entry.gates,
        **{name: record.identity.subject[name] for name in ("method", "score", "seed")},
        **{f"{name}_{part}": value for name, parts in estimates.items() for part, value in parts.items()},
        "failed": " ".join(map(str, record.failed)), "not_applicable": " ".join(map(str, lacking)),
        "further": " ".join(record.further),
        "normal_images": record.images.normal, "anomalies": record.images.anomalies,
        **{f"{name}_sha256": record.identity.inputs[name] for name in ("detector", "data")},
        "device": record.identity.device, "code_at": record.about.origin, "contact": record.about.contact,
        "citation": record.about.citation, "record": entry.path.as_posix(),
    }  # fmt: skip
