"""A bundle's manifest: its files, those left out, and how its tables and figures were made."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from cobra.artifacts.digests import file_digest
from cobra.artifacts.identity import Identity
from cobra.errors import UserError
from cobra.machine.progress import progress
from cobra.settings.section import Digest, Section, setting
from cobra.settings.validation import validate

MANIFEST = "bundle.json"
MAX_MANIFEST_BYTES = 2**28
RECORDS = ".snakemake/metadata/"  # where the workflow keeps records of its own; they are not read here
SUFFIXES = (
    ".parquet", ".json", ".csv", ".md", ".tex", ".html", ".png", ".svg", ".yaml", ".yml", ".txt",
)  # fmt: skip


def inside(text: str) -> str:
    """`text`, if it is a path inside its folder in its only spelling; raises ValueError."""
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or str(path) != text or {"\0", "\\"} & set(text):
        raise ValueError(f"{text!r} is no plain path inside the folder")
    return text


def harmless(text: str) -> str:
    """`text`, if a file of that name is data: no code, nothing hidden but Snakemake's records."""
    path = PurePosixPath(text)
    hidden = any(part.startswith(".") for part in path.parts)
    if not (text.startswith(RECORDS) or (path.suffix in SUFFIXES and not hidden)):
        raise ValueError(f"{text!r} is no kind of file that belongs into a bundle")
    return text


InnerPath = Annotated[str, AfterValidator(inside), Field(min_length=1)]


class Document(Section):
    """A JSON file that people send to each other. A faulty one is no `called`; `remedy` says what to do."""

    called: ClassVar[str]
    remedy: ClassVar[str]

    def text(self) -> bytes:
        """The file's content."""
        return self.model_dump_json(indent=1).encode() + b"\n"

    @classmethod
    def parse(cls, content: bytes, where: str) -> Self:
        """The document that lies at `where`; raises UserError with the first fault and its place."""
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(map(str, fault["loc"])) or "it"
            said = fault["msg"].removeprefix("Value error, ")
            raise UserError(f"{where} is no {cls.called} ({place}: {said}): {cls.remedy}.") from None


class File(Section):
    """A file as it was when the bundle was made."""

    path: InnerPath
    kind: str = setting(..., "What it is, for people.")
    sha256: Digest
    size: int = setting(..., "Bytes.", ge=0)
    mtime: int = setting(..., "When it was written, in whole seconds: Snakemake plans by it.", ge=0)

    @classmethod
    def of(cls, root: Path, path: str, kind: str, **more: Any) -> Self:
        """The file `path` below `root` as it is now, with `more` facts; raises UserError if it is not there,
        or of no kind that is packed.
        """
        try:
            status = (root / path).stat()
            content = file_digest(root / path)
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}): run the job that makes it.") from None
        facts = {"sha256": content, "size": status.st_size, "mtime": int(status.st_mtime)}
        return validate(cls, {"path": path, "kind": kind, **facts, **more}, "the bundle")

    def is_in(self, root: Path) -> bool:
        """Whether the file that lies there is this one."""
        path = root / self.path
        return path.stat().st_size == self.size and file_digest(path) == self.sha256


class Packed(File):
    """A file that lies in the bundle."""

    path: Annotated[InnerPath, AfterValidator(harmless)]
    lasting: bool = setting(True, "False: it holds times, which differ whenever it is made again.")


class LeftOut(File):
    """A file too large to share, or not ours to share; `identity` says what it is, where it is known."""

    identity: Identity | None = None


class Made(Section):
    """A table, figure or audit with what it takes to make it again: settings, and where its sources lie."""

    path: InnerPath = setting(..., "The .csv.")
    kind: Literal["table", "gate table", "figure", "audit", "leaderboard"]
    settings: dict[str, Any] = setting({}, "Of the job.")
    scores: InnerPath | None = setting(None, "Score files, with {dataset}, {normal} ... in it.")
    files: InnerPath | None = setting(None, "The files behind a figure, likewise.")
    gates: InnerPath | None = setting(None, "Verdicts, likewise; of an audit, the table of gates.")
    tables: list[InnerPath] = setting([], "The tables behind an audit.")
    records: list[InnerPath] = setting([], "The records behind a leaderboard that were made here.")
    submitted: list[InnerPath] = setting([], "Those made elsewhere.")
    reported: InnerPath | None = setting(None, "The paper's numbers.")


class Manifest(Document):
    """All that a bundle says of itself."""

    called: ClassVar[str] = "whole manifest of a bundle"
    remedy: ClassVar[str] = "get the bundle anew"

    version: Literal[1] = 1
    commit: str | None = setting(None, "Git commit of the code; empty: made outside of a git checkout.")
    clean: bool | None = setting(None, "Whether the code was as committed, nothing changed or added.")
    versions: dict[str, str] = setting({}, "Of the libraries that the bundle was made with.")
    files: list[Packed]
    left_out: list[LeftOut] = setting([], "Known by digest alone.")
    made: list[Made] = setting([], "Tables, figures and the audit.")

    @model_validator(mode="after")
    def _paths_are_distinct(self) -> Self:
        paths = [file.path for file in self.everything] + [MANIFEST]
        if len(set(paths)) != len(paths):
            raise ValueError("a path stands in it twice")
        return self

    @property
    def everything(self) -> list[File]:
        """The files packed and those left out."""
        return [*self.files, *self.left_out]

    @property
    def size(self) -> int:
        """Bytes of the files packed."""
        return sum(file.size for file in self.files)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an unpacked bundle."""
    path = folder / MANIFEST
    if not path.is_file():
        raise UserError(f"{folder} has no {MANIFEST}: name a bundle, or the folder where one was unpacked.")
    return Manifest.parse(path.read_bytes(), str(path))


def file_faults(root: Path, files: Sequence[File]) -> Iterator[str]:
    """A sentence for each packed file that is missing or another."""
    with progress("reading", sum(file.size for file in files), unit="B") as bar:
        for file in files:
            if not (root / file.path).is_file():
                yield f"{file.path} is missing: get the bundle anew."
            elif not file.is_in(root):
                yield f"{file.path} is not the file recorded (its SHA-256 differs): get the bundle anew."
            bar.update(file.size)
