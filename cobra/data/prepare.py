"""The preparation of a data set: raw files laid out for a reader, read, counted, written as arrays."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cobra.artifacts.archives import is_archive, unpack
from cobra.artifacts.identity import make_identity
from cobra.data.catalog import known_file
from cobra.data.checksums import require_published
from cobra.data.counts import require_complete
from cobra.data.folders import inside
from cobra.data.prepared_writer import write_prepared
from cobra.data.readers import module_name, read_raw
from cobra.data.settings import PreparationPolicy, PreparationSettings
from cobra.errors import UserError
from cobra.machine.locks import locked


@contextmanager
def assembled(dataset: str, sources: Sequence[Path], scratch: Path) -> Iterator[Path]:
    """A folder that holds the content of `sources`: one folder, or files of the catalog's `dataset`.

    Archives are unpacked below `scratch`, which is removed at the end; everything else is linked. Raises
    UserError for a file that is not the published one and for a folder beside an archive that holds it, too.
    What the block raises as UserError is told of the sources, not of the folder that only it knows.
    """
    for source in sources:
        if not source.exists():
            raise UserError(f"{source} does not exist: download it or place it by hand (`cobra datasets`).")
    targets = _targets(dataset, sources)
    if len(sources) == 1 and sources[0].is_dir() and not any(map(is_archive, targets)):
        yield sources[0]
        return
    with _emptied(scratch) as folder:
        try:
            for path in sorted(targets, key=is_archive, reverse=True):  # never unpacked through a link
                _place(path, folder / targets[path])
            yield folder
        except UserError as error:
            shown = sources[0] if len(sources) == 1 else sources[0].parent
            raise UserError(str(error).replace(str(folder), str(shown))) from None


def _targets(dataset: str, sources: Sequence[Path]) -> dict[Path, str]:
    """What to lay out, each with the subfolder that it goes into; known files are checked."""
    if len(sources) == 1 and sources[0].is_dir():
        return dict.fromkeys(inside(sources[0]), "")
    files = {path: known_file(dataset, path.name) for path in sources}
    for path, file in files.items():
        require_published(path, file)
    return {path: file.into for path, file in files.items()}


@contextmanager
def _emptied(scratch: Path) -> Iterator[Path]:
    """A new folder inside `scratch`, which is held by this process alone and removed at the end."""
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(scratch))
            stack.callback(shutil.rmtree, scratch, ignore_errors=True)
            shutil.rmtree(scratch / "files", ignore_errors=True)  # of a process that was killed
            (scratch / "files").mkdir()
        except OSError as error:
            raise UserError(
                f"{scratch} could not be made ({error.strerror or error}): check the disk and start again."
            ) from None
        yield scratch / "files"


def _place(path: Path, target: Path) -> None:
    if is_archive(path):
        unpack(path, target)
        return
    target.mkdir(parents=True, exist_ok=True)
    link = target / path.name
    if link.exists():
        raise UserError(f"{path} is in an archive beside it, too: leave one of them.")
    link.symlink_to(path.resolve())


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
