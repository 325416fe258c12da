"""What of a data set is on this machine, and how a person gets the rest; in words."""

from pathlib import Path

from cobra.data.catalog import DatasetEntry
from cobra.data.sources import downloaded_file, drop_folder, locate


def availability(dataset: str, entry: DatasetEntry, resources: Path) -> str:
    """Where the raw data are found, or how much of them is missing."""
    if entry.access == "embedded":
        return "embedded"
    located = locate(dataset, entry, resources)
    if located.folder is not None:
        return f"placed in {located.folder}"
    present = [path for path in located.files if path.is_file()]
    if len(present) < len(located.files):
        return f"{len(located.files) - len(present)} of {len(located.files)} files missing"
    by_hand = all(path.parent == drop_folder(dataset, resources) for path in present)
    return "placed" if by_hand else "downloaded"


def how_to_get(dataset: str, entry: DatasetEntry, resources: Path) -> str:
    """What to do for the data to be there."""
    drop = drop_folder(dataset, resources)
    forms = " or ".join(
        ", ".join(file.name for file in layout.files) for layout in entry.layouts if layout.files
    )
    placed = f"place {forms} in {drop}"
    if entry.access == "embedded":
        return "nothing: it comes with scikit-learn"
    if entry.access == "by hand":
        return f"fetch it from {entry.homepage} and {placed}"
    folder = downloaded_file(dataset, entry.files[0], resources).parent
    fetched = f"the workflow downloads it to {folder}"
    if entry.access == "licence":
        fetched += f" once its licence is accepted (data.accept_licences: [{dataset}])"
    return f"{fetched}; offline, {placed}"
