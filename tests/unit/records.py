"""A leaderboard's terms, and a record that meets them: a real, quick attack; and ways to spoil it."""

import io
import json
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import write_bytes
from cobra.artifacts.identity import Identity
from cobra.cli import main
from cobra.cli.attack_images import images_of
from cobra.sharing.archive import extract, write_archive
from cobra.sharing.leaderboard.settings import SuiteTerms, TermsSettings
from cobra.sharing.leaderboard.terms import Terms, publish
from cobra.sharing.manifest import Manifest, Packed

SCORES = """
def brightness(images):
    return images.mean(dim=(1, 2, 3))


def stripes(images):
    return images[:, :, ::2].mean(dim=(1, 2, 3))
"""
BUDGET = {"eps": 0.1, "steps": 10, "restarts": 1}
APGD = {"kind": "apgd", **BUDGET}
SUITE = {
    "subset": {"normal_limit": 12, "anomaly_limit": 11},
    "attacks": {"apgd": APGD, "pgd": {**BUDGET, "restarts": 2}, "square": {"kind": "square", **BUDGET}},
    "doubled": APGD | {"steps": 20},
    "sweep": {"attack": APGD, "eps": [0.05, 0.1, 0.5, 1]},
}
ATTACKS = ("apgd", "pgd", "square")
ME = ("--normal", "dark", "--name", "mine", "--label", "Brightness", "--origin", "example.org/mine at 1a2b")


def make_terms(folder: Path, identity: Identity) -> Path:
    """The terms of `shades`, dark and bright images, below `folder`: terms.json, images.npy and a module."""
    random = np.random.default_rng(0)
    for name, low in (("dark", 0), ("bright", 40)):
        for split, count in (("train", 4), ("test", 14)):
            for number in range(count):
                path = folder / f"data/{split}/{name}/{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                base = random.integers(low, low + 60)
                pixels = random.integers(base, base + 60, (8, 8, 3), dtype=np.uint8)
                stream = io.BytesIO()
                Image.fromarray(pixels).save(stream, "png")
                path.write_bytes(stream.getvalue())
    (folder / "shade_scores.py").write_text(SCORES)
    asked = Namespace(data=folder / "data", output=folder, resolution=8, threads=1, eps=None)
    asked.scratch = folder / ".scratch"
    prepared, _ = images_of(asked)
    settings = TermsSettings(
        classes={"shades": ["dark"]},
        suites={"shades": SuiteTerms.model_validate(SUITE)},
        bootstrap={"resamples": 200},
    )
    path = folder / "terms.json"
    write_bytes(path, publish(settings, {"shades": prepared}, identity).text())
    return path


def attack(folder: Path, *arguments: str) -> int | str:
    """Run `cobra attack` there by the terms; its status or error."""
    given = ["--data", str(folder / "images.npy"), "--terms", str(folder / "terms.json")]
    given += ["--scratch", str(folder / ".scratch"), "--output", str(folder / "attacked"), "--device", "cpu"]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setattr(sys, "argv", ["cobra", "attack", *given, *arguments])
        with pytest.raises(SystemExit) as left:
            main()
    return left.value.code


class Submission:
    """A record's archive unpacked, to be changed and packed again."""

    def __init__(self, archive: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        extract(archive, folder)
        (folder / "bundle.json").unlink()

    @property
    def record(self) -> dict:
        return json.loads((self.folder / "record.json").read_text())

    def edit(self, place: str, value: object) -> None:
        """Another value in the record, at a dotted place."""
        record = self.record
        *above, last = place.split(".")
        section = record
        for name in above:
            section = section[int(name)] if isinstance(section, list) else section[name]
        section[int(last) if isinstance(section, list) else last] = value
        (self.folder / "record.json").write_text(json.dumps(record))

    def scores(self, path: str) -> pa.Table:
        return pq.read_table(self.folder / path)

    def rewrite(self, path: str, **columns: np.ndarray) -> None:
        """Other columns in a score file; its identity stays."""
        table = self.scores(path)
        for name, values in columns.items():
            table = table.set_column(table.column_names.index(name), name, pa.array(values))
        pq.write_table(table, self.folder / path)

    def identify(self, path: str, change) -> None:
        """Another identity in a score file: `change` edits the dictionary."""
        table = self.scores(path)
        told = json.loads(table.schema.metadata[b"cobra.identity"])
        change(told)
        metadata = {b"cobra.identity": json.dumps(told).encode()}
        pq.write_table(table.replace_schema_metadata(metadata), self.folder / path)

    def pack(self, archive: Path, *, honest: bool = True) -> Path:
        """The archive again; `honest`: the record names the score files as they are now."""
        if honest:
            for number, file in enumerate(self.record["files"]):
                path = self.folder / file["role"] / f"{file['name']}.parquet"
                if path.is_file():
                    self.edit(f"files.{number}.sha256", file_digest(path))
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file())
        names = [path.relative_to(self.folder).as_posix() for path in paths]
        files = [Packed.of(self.folder, name, "some kind") for name in names]
        write_archive(archive, self.folder, Manifest(files=files))
        return archive


def loaded(path: Path) -> Terms:
    return Terms.model_validate_json(path.read_bytes())
