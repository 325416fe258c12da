"""The data sets that exist, a table to read: `DATASETS`. Import-light: the workflow parses it.

What a job uses of an entry travels in its settings, so an edited entry reruns only the jobs whose
settings it changes: the catalog is no part of a job's code digest.
"""

from cobra.data.catalog.entry import Classes, Counts, DatasetEntry, File, Fit, Layout, Protocol
from cobra.data.catalog.greyscale import GREYSCALE
from cobra.data.catalog.industrial import INDUSTRIAL
from cobra.data.catalog.scenes import SCENES
from cobra.data.catalog.small_colour import SMALL_COLOUR

DATASETS: dict[str, DatasetEntry] = {**GREYSCALE, **SMALL_COLOUR, **INDUSTRIAL, **SCENES}

__all__ = ["DATASETS", "Classes", "Counts", "DatasetEntry", "File", "Fit", "Layout", "Protocol"]
