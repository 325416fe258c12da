import re

import pyarrow as pa
import pytest

from cobra.artifacts.differences import leaves
from cobra.artifacts.digests import ROOT, digest_of_modules
from cobra.artifacts.files import write_json, write_run_record, write_table
from cobra.artifacts.provenance import commit_in_words, git_state, identity_of, write_code
from cobra.cli.show import code_book, in_words
from cobra.errors import UserError


def words(path, identity, book=None):
    lines = in_words(path, identity, book).splitlines()[1:]
    return dict(line.split(maxsplit=1) for line in lines if not line.startswith(("version", "made")))


@pytest.mark.parametrize("suffix", [".parquet", ".json"])
def test_an_artifact_tells_its_identity(tmp_path, identity, suffix):
    path = tmp_path / f"artifact{suffix}"
    if suffix == ".json":
        write_json(path, {}, identity)
    else:
        write_table(path, pa.table({"clean": [0.5]}), identity)
    assert identity_of(path) == identity


def test_settings_have_dotted_names():
    assert dict(leaves({"attack": {"steps": 3, "ratios": [1, 2]}, "empty": {}})) == {
        "attack.steps": 3, "attack.ratios": [1, 2], "empty": {},
    }  # fmt: skip


def test_subject_and_device_are_told(tmp_path, identity):
    told = words(tmp_path / "a.parquet", identity)
    assert told["kind"] == identity.kind
    assert told["device"] == identity.device
    assert {name: told[name] for name in identity.subject} == {
        name: str(value) for name, value in identity.subject.items()
    }
    assert "code first run  unknown" in re.sub(
        " {2,}", "  ", in_words(tmp_path / "a.parquet", identity, None)
    )


def test_the_commit_comes_from_the_nearest_book_of_codes(tmp_path, identity):
    modules = {"scripts/a.py": "0" * 64}
    code = digest_of_modules(modules)
    write_code(tmp_path / "code", {code: modules})
    path = tmp_path / "digits" / "a.parquet"
    book = code_book(path)
    assert book == tmp_path / "code"
    shown = in_words(path, identity.model_copy(update={"code": code}), book)
    assert commit_in_words(*git_state(ROOT)) in shown


def test_the_run_record_adds_wall_time(tmp_path, identity):
    write_run_record(tmp_path / "a.parquet", identity, {"wall_seconds": 12.5, "starts": 2})
    shown = in_words(tmp_path / "a.parquet", identity, None)
    assert "wall seconds" in shown
    assert "12.5" in shown


@pytest.mark.parametrize(
    ("name", "said"), [("absent.json", "is no file"), ("table.csv", "carries no identity")]
)
def test_other_files_are_an_error_in_a_sentence(tmp_path, name, said):
    (tmp_path / "table.csv").write_text("a\n")
    with pytest.raises(UserError, match=said):
        identity_of(tmp_path / name)


def test_a_damaged_run_record_is_an_error(tmp_path, identity):
    (tmp_path / "a.run.json").write_text("{")
    with pytest.raises(UserError, match="is damaged"):
        in_words(tmp_path / "a.parquet", identity, None)
