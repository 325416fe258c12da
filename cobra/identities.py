"""The identity inside an artifact of any kind."""

from pathlib import Path

from cobra.artifacts import read_json, read_table
from cobra.errors import UserError
from cobra.provenance import Identity


def identity_of(path: Path) -> Identity:
    """The identity inside a detector (.pt), score file (.parquet), descriptor or verdicts (.json); raises
    UserError for any other file.
    """
    if not path.is_file():
        raise UserError(f"{path} is no file: give the path of an artifact, such as detector.pt.")
    if path.suffix == ".pt":
        from cobra.detector import read_identity  # torch, only where it is needed

        return read_identity(path)
    readers = {".parquet": read_table, ".json": read_json}
    if path.suffix not in readers:
        raise UserError(f"{path} carries no identity: give a .pt, .parquet or .json of the results.")
    return readers[path.suffix](path)[1]
