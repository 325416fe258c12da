"""A folder of records made elsewhere. Import-light: the workflow asks while it is parsed."""

from pathlib import Path

SUFFIX = ".tar.gz"


def names_in(folder: Path) -> list[str]:
    """The names of all records in a folder: paths in it, without their ending; none if there is no folder."""
    found = folder.glob(f"*/*/*/*{SUFFIX}") if folder.is_dir() else []
    return sorted(path.relative_to(folder).as_posix().removesuffix(SUFFIX) for path in found)


def archive_named(folder: Path, name: str) -> str:
    """The path of a record."""
    return f"{folder / name}{SUFFIX}"


def name_of(dataset: str, normal: str, method: str, seed: str) -> str:
    """The name of a record."""
    return f"{dataset}/{normal}/{method}/seed{seed}"
