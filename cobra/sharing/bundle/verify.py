"""The checks of `cobra verify` on an unpacked bundle."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cobra.errors import UserError
from cobra.machine.progress import progress
from cobra.sharing.bundle.lineage import lineage_faults, read_artifacts, record_faults
from cobra.sharing.bundle.recompute import differences, make_again
from cobra.sharing.manifest import Made, Manifest, file_faults, is_recorded


@dataclass
class Findings:
    """What was looked at, and a sentence for each fault."""

    files: int = 0
    artifacts: int = 0
    cells: int = 0
    verdicts: int = 0
    figures: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What was looked at."""
        return (
            f"{self.files} files have the digests recorded; {self.artifacts} artifacts were made from each "
            f"other as recorded; {self.cells} cells of tables, {self.verdicts} verdicts and the numbers of "
            f"{self.figures} figures follow from the files behind them."
        )


def verify(root: Path, manifest: Manifest, *, lasting: bool = False) -> Findings:
    """Check digests, lineage, and that tables and figures follow from the files behind them.

    `lasting`: digests of such files alone, where work may have gone on since the bundle was unpacked.
    """
    root = root.resolve()
    files = [file for file in manifest.files if file.lasting or not lasting]
    findings = Findings(files=len(files))
    findings.faults += file_faults(root, files)
    findings.faults += foreign_faults(root, manifest)
    _lineage(root, manifest, findings)
    with progress("tables and figures", len(manifest.made)) as bar:
        for made in manifest.made:
            _compare(root, made, findings)
            bar.update()
    findings.faults = list(dict.fromkeys(fault.replace(f"{root}/", "") for fault in findings.faults))
    return findings


def _lineage(root: Path, manifest: Manifest, findings: Findings) -> None:
    artifacts, unreadable = read_artifacts(root, manifest)
    findings.artifacts = len(artifacts)
    findings.faults += unreadable
    findings.faults += record_faults(root, manifest, artifacts)
    if not unreadable:  # what was made from a file that cannot be read would be told of, too
        findings.faults += lineage_faults(artifacts)


def _compare(root: Path, made: Made, findings: Findings) -> None:
    try:
        again = make_again(root, made)
        findings.faults += differences(root, made, again)
    except UserError as error:
        findings.faults.append(str(error))
        return
    findings.cells += len(again.numbers) if made.kind == "table" else 0
    findings.verdicts += len(again.numbers) if made.kind == "gate table" else 0
    findings.figures += made.kind == "figure"


def foreign_faults(root: Path, manifest: Manifest) -> Iterator[str]:
    """A sentence for each file that was left out of the bundle and is here, but is another."""
    for file in manifest.left_out:
        if (root / file.path).is_file() and not is_recorded(root, file):
            yield (
                f"{file.path} is not the file that the results were made from (its SHA-256 differs): what "
                "was made from it has to be made again."
            )


def restore_times(root: Path, manifest: Manifest) -> int:
    """Give files that were made again, and are as recorded, their recorded times: how many.

    Snakemake takes a file of a million bytes or more that is newer than what was made from it for changed.
    """
    restored = 0
    for file in manifest.everything:
        path = root / file.path
        if path.is_file() and int(path.stat().st_mtime) != file.mtime and is_recorded(root, file):
            os.utime(path, (file.mtime, file.mtime))
            restored += 1
    return restored
