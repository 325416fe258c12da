"""From raw files to a prepared data set, all steps in a row."""

from collections.abc import Sequence
from pathlib import Path

from cobra.data.assembly import assembled
from cobra.data.counts import require_complete
from cobra.data.preparation import write_prepared
from cobra.data.readers import module_name, read_raw
from cobra.provenance import make_identity
from cobra.settings.data import PreparationPolicy, PreparationSettings


def prepare(
    dataset: str,
    sources: Sequence[Path],
    settings: PreparationSettings,
    policy: PreparationPolicy,
    *,
    script: str,
    threads: int,
    scratch: Path,
    output: Path,
) -> None:
    """Write the array `output` of `sources` (files as distributed, or one folder) and its manifest beside it.

    `script` is the file of the command that asks, whose code the identity names.
    """
    identity = make_identity("prepared", {"dataset": dataset}, settings, script, module_name(settings.reader))
    with assembled(dataset, sources, scratch / f"prepare-{dataset}") as root:
        raw = read_raw(root, settings)
        require_complete(raw.labels, settings, policy.needed)
        write_prepared(output, raw, settings, identity, strict=policy.counts == "error", threads=threads)
