"""`cobra show`: what an artifact says it is, in words."""

import argparse
import json
from pathlib import Path

from tabulate import tabulate

from cobra.artifacts import read_json, read_table
from cobra.code_book import FOLDER, read_code
from cobra.errors import UserError
from cobra.provenance import Identity, run_record_path

TOLD = ("wall_seconds", "starts", "peak_memory_mib", "finished")  # of a run record


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its options."""
    made = commands.add_parser("show", help="what a detector, score file or other artifact says it is")
    made.add_argument("artifact", type=Path, help="detector.pt, a .parquet or a .json of the results")
    made.add_argument("--code", type=Path, help=f"book of codes; left out: the results' folder {FOLDER}/")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print the identity."""
    print(in_words(args.artifact, identity_of(args.artifact), args.code or code_book(args.artifact)))


def identity_of(path: Path) -> Identity:
    """The identity inside an artifact; raises UserError for any other file."""
    if not path.is_file():
        raise UserError(f"{path} is no file: give the path of an artifact, such as detector.pt.")
    if path.suffix == ".pt":
        from cobra.detector import read_identity  # torch, only where it is needed

        return read_identity(path)
    readers = {".parquet": read_table, ".json": read_json}
    if path.suffix not in readers:
        raise UserError(f"{path} carries no identity: give a .pt, .parquet or .json of the results.")
    return readers[path.suffix](path)[1]


def code_book(artifact: Path) -> Path | None:
    """The nearest book of codes above an artifact, None if there is none."""
    folders = [folder / FOLDER for folder in artifact.resolve().parents]
    return next((folder for folder in folders if folder.is_dir()), None)


def in_words(path: Path, identity: Identity, book: Path | None) -> str:
    """Subject, settings, inputs, code and circumstances, a line each."""
    facts = {
        "kind": identity.kind,
        **identity.subject,
        **flat(identity.settings),
        **{f"made from {name}": digest for name, digest in identity.inputs.items()},
        "code": identity.code,
        "commit": commit(identity.code, book),
        **{f"version of {name}": number for name, number in identity.versions.items()},
        "device": identity.device,
        **circumstances(path),
    }
    rows = [(name, str(value)) for name, value in facts.items()]
    return f"{path}\n" + tabulate(rows, tablefmt="plain", disable_numparse=True)


def flat(settings: dict[str, object], path: str = "") -> dict[str, object]:
    """Nested settings by their dotted names."""
    found: dict[str, object] = {}
    for name, value in settings.items():
        nested = isinstance(value, dict) and value
        found |= flat(value, f"{path}{name}.") if nested else {f"{path}{name}": value}  # type: ignore[arg-type]
    return found


def commit(code: str, book: Path | None) -> str:
    """The commit that first ran this code here, as far as the book of codes knows."""
    known = read_code(book, code) if book else None
    if known is None:
        return "unknown: no book of codes here holds this code"
    if known.commit is None:
        return "outside of a git checkout"
    return known.commit + ("" if known.clean else ", with changes or files beside it")


def circumstances(artifact: Path) -> dict[str, object]:
    """What the run record beside an artifact tells of its making; nothing if there is none."""
    path = run_record_path(artifact)
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text())
        return {name.replace("_", " "): record[name] for name in TOLD if name in record}
    except (ValueError, TypeError) as error:
        raise UserError(f"{path} is damaged: remove it and make the artifact again.") from error
