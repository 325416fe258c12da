"""A record made elsewhere: checked against the terms and its own score files, then put beside others."""

from collections.abc import Callable, Iterator
from pathlib import Path

from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import write_bytes
from cobra.errors import UserError
from cobra.sharing.leaderboard.check import PROBED, figure_faults, gate_faults, lineage_faults, score_faults
from cobra.sharing.leaderboard.package import open_package
from cobra.sharing.leaderboard.record import Record
from cobra.sharing.leaderboard.settings import archive_named
from cobra.sharing.leaderboard.terms import Terms, terms_faults


def submit(archive: Path, terms: Terms, folder: Path) -> Path:
    """Check a record and put it into `folder`; raises UserError, and changes nothing, unless it fits and no
    other record lies in its place.
    """
    record = require_fit(archive, terms)
    name = "{dataset}/{normal}/{method}/seed{seed}".format(**record.identity.subject)
    path = Path(archive_named(folder, name))
    if path.exists() and file_digest(path) != file_digest(archive):
        raise UserError(
            f"{path} holds another record of that detector: remove it to replace it, or give the detector "
            "another name."
        )
    write_bytes(path, archive.read_bytes())
    return path


def require_fit(archive: Path, terms: Terms) -> Record:
    """The record in `archive`; raises UserError, one sentence per fault, unless it may join.

    Later checks rest on what earlier ones found, so the first kind of fault ends it.
    """
    record, files = open_package(archive)
    checks: list[Callable[[], Iterator[str]]] = [
        lambda: terms_faults(record, files, terms),
        lambda: lineage_faults(record, files),
        lambda: score_faults(files),
        lambda: figure_faults(record, files),
        lambda: gate_faults(record, files),
        lambda: failure_faults(record),
    ]
    for check in checks:
        faults = list(check())
        if faults:
            raise UserError("\n".join(f"{archive}: {fault}" for fault in faults))
    return record


def failure_faults(record: Record) -> Iterator[str]:
    """A sentence for each gate that the robust AUROC fails, which makes it an upper bound, and for each of
    those that probe the detector, which apply to any score with a gradient, unless it is stated to pass.
    """
    for verdict in record.gates:
        if verdict.verdict == "fail":
            yield f"The figure fails gate {verdict.gate} ({verdict.name}): {verdict.said}."
        elif verdict.gate in PROBED and verdict.verdict != "pass":
            yield f"Gate {verdict.gate} ({verdict.name}) is not stated to pass: judge the detector by it."
