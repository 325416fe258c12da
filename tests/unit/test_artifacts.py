import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cobra.artifacts import (
    atomic,
    read_json,
    read_table,
    write_bytes,
    write_json,
    write_run_record,
    write_table,
)
from cobra.errors import UserError
from cobra.provenance import run_record_path


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_bytes(path, b"old")

    def write_half():
        with atomic(path) as temporary:
            temporary.write_bytes(b"ne")
            raise KeyError("interrupted")

    with pytest.raises(KeyError):
        write_half()
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_written_file_replaces_the_old_one_in_a_new_folder(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"
    write_bytes(path, b"old")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert [file.name for file in path.parent.iterdir()] == ["a.txt"]


def test_a_path_that_cannot_be_written_is_named_in_a_sentence(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").touch()
    with pytest.raises(UserError, match="folder could not be written"):
        write_bytes(tmp_path / "folder", b"x")


def test_a_folder_that_cannot_be_made_is_named_in_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="could not be written"):
        write_bytes(tmp_path / "file" / "a.txt", b"x")


def test_a_table_carries_its_identity(tmp_path, identity):
    table = pa.table({"x": [1, 2], "y": ["a", "b"]})
    write_table(tmp_path / "a.parquet", table, identity)
    back, who = read_table(tmp_path / "a.parquet")
    assert back.to_pydict() == table.to_pydict()
    assert who == identity


def test_equal_tables_are_equal_files(tmp_path, identity):
    for name in ("a.parquet", "b.parquet"):
        write_table(tmp_path / name, pa.table({"x": [1.5, 2.5]}), identity)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@pytest.mark.parametrize("kind", ["missing", "no parquet", "no identity", "another identity"])
def test_other_files_are_refused(tmp_path, kind):
    path, table = tmp_path / "a.parquet", pa.table({"x": [1]})
    if kind == "no parquet":
        path.write_bytes(b"text")
    elif kind == "no identity":
        pq.write_table(table, path)
    elif kind == "another identity":
        pq.write_table(table.replace_schema_metadata({b"cobra.identity": b'{"kind": 1}'}), path)
    with pytest.raises(UserError, match=r"a\.parquet (does not exist|is damaged or not one of ours)"):
        read_table(path)


def test_a_flipped_byte_in_packed_columns_is_told(tmp_path, identity):
    path = tmp_path / "a.parquet"
    write_table(path, pa.table({"x": ["a" * 400, "b" * 300]}), identity)
    content = bytearray(path.read_bytes())
    content[content.index(b"\x28\xb5\x2f\xfd")] ^= 1  # the head of a zstd frame
    path.write_bytes(bytes(content))
    with pytest.raises(UserError, match=r"a\.parquet is damaged or not one of ours"):
        read_table(path)


@pytest.mark.parametrize("content", [{}, {"verdicts": [{"gate": 1, "figure": None, "said": "ü – <="}]}])
def test_a_json_file_carries_its_identity(tmp_path, identity, content):
    path = tmp_path / "folder" / "a.json"
    write_json(path, content, identity)
    assert read_json(path) == (content, identity)
    before = path.read_bytes()
    write_json(path, content, identity)
    assert path.read_bytes() == before
    assert json.loads(before)["identity"]["kind"] == "detector"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b"[1]",
        b"3",
        b"null",
        b"{}",
        b'{"identity": 1}',
        b'{"identity": {"kind": 1}}',
        b"\xff\x00",
    ],
)
def test_a_json_file_that_is_damaged_or_foreign_is_refused(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(
        UserError, match=r"a\.json is damaged or not one of ours: remove it and make it again"
    ):
        read_json(path)


def test_a_json_file_cut_off_or_absent_is_refused(tmp_path, identity):
    path = tmp_path / "a.json"
    with pytest.raises(UserError, match=r"a\.json does not exist: run the job that makes it"):
        read_json(path)
    write_json(path, {"verdicts": []}, identity)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="is damaged or not one of ours"):
        read_json(path)


def test_the_run_record_lies_beside_its_artifact(tmp_path, identity):
    artifact = tmp_path / "detector.pt"
    write_run_record(artifact, identity, {"wall_seconds": 1.23, "starts": 2})
    record = json.loads(run_record_path(artifact).read_text())
    assert run_record_path(artifact).name == "detector.run.json"
    assert record["identity"] == identity.model_dump()
    assert (record["wall_seconds"], record["starts"]) == (1.23, 2)
