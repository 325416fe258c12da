"""The data sets that exist, a table to read: `DATASETS`. Import-light: the workflow parses it.

What a job uses of an entry travels in its settings, so an edited entry reruns only the jobs whose
settings it changes: the catalog is no part of a job's code digest.
"""

from cobra.data.catalog.entry import Counts, DatasetEntry, File
from cobra.data.catalog.high_resolution import HIGH_RESOLUTION
from cobra.data.catalog.low_resolution import LOW_RESOLUTION
from cobra.errors import UserError

__all__ = ["DATASETS", "Counts", "DatasetEntry", "File", "catalog_entry", "known_file"]

DATASETS: dict[str, DatasetEntry] = {**LOW_RESOLUTION, **HIGH_RESOLUTION}


def catalog_entry(dataset: str) -> DatasetEntry:
    """The entry of a data set; raises UserError if there is none of that name."""
    if dataset not in DATASETS:
        raise UserError(f"{dataset!r:.60} is no data set of the catalog: choose among {', '.join(DATASETS)}.")
    return DATASETS[dataset]


def known_file(dataset: str, name: str) -> File:
    """The file of that name, with or without its .gz; raises UserError if the data set has none."""
    for layout in catalog_entry(dataset).layouts:
        for file in layout.files:
            if name in file.names:
                return file
    raise UserError(f"{name} is no file of {dataset}: `cobra datasets {dataset}` lists them.")
