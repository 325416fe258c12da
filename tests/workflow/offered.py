"""A project to which miniatures, or faulty files, are offered in place of the real data sets."""

import gzip

from packing import checksum_like

from cobra.data.catalog import DATASETS

EDIT = """

# Smaller files elsewhere, for a test.
from dataclasses import replace

_files = {files!r}
_counts = {counts!r}
_entry = DATASETS[{dataset!r}]
_classes = {{name: Counts(*_counts[name]) if name in _counts else None for name in _entry.classes}}
_offered = tuple(replace(file, **_files.get(file.name, {{}})) for file in _entry.files)
DATASETS[{dataset!r}] = replace(
    _entry,
    classes=_classes,
    layouts=(replace(_entry.layouts[0], files=_offered), *_entry.layouts[1:]),
    test_parts=dict.fromkeys(_entry.test_parts, _classes),
)
"""


def offer(project, dataset, files, counts=(), addresses=()):
    """Have the project's catalog offer `files` (by name) of `dataset` at each of the addresses.

    Size and checksums become theirs where the real ones are published. `counts`: images per class.
    """
    known = {file.name: file for file in DATASETS[dataset].files}
    changes = {name: _published(dataset, known[name], files[name], addresses) for name in files}
    catalog = project / "cobra/data/catalog/__init__.py"
    with catalog.open("a") as file:
        file.write(EDIT.format(dataset=dataset, files=changes, counts=dict(counts)))


def _published(dataset, file, content, addresses):
    found = {"urls": tuple(f"{address}/{dataset}/{file.name}" for address in addresses)}
    found |= {"size": len(content)} if file.size else {}
    found |= {"checksum": checksum_like(file.checksum, content)} if file.checksum else {}
    if file.content:
        found["content"] = checksum_like(file.content, gzip.decompress(content))
    return found


def only(datasets):
    """Changes to the tiny configuration: these data sets (settings by name) alone, and one method."""
    tables = ("losses", "datasets")
    return {
        "datasets": datasets,
        **{f"tables.{table}.datasets": list(datasets) for table in tables},
        **{f"tables.{table}.methods": ["cobra"] for table in tables},
        "methods.cobra.scores": ["similarity"],
    }
