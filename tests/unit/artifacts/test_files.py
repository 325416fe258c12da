import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from processes import kill, said, started

from cobra.artifacts.files import (
    atomic,
    read_json,
    read_table,
    write_bytes,
    write_json,
    write_run_record,
    write_table,
)
from cobra.artifacts.identity import run_record_path
from cobra.errors import UserError

WRITES = """
import sys
from pathlib import Path
from cobra.artifacts.files import atomic
with atomic(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print("half written", flush=True)
    sys.stdin.read()
    temporary.write_text("whole")
print("written", flush=True)
"""


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


def test_what_a_killed_process_left_goes_with_the_next_write(tmp_path):
    path = tmp_path / "a.txt"
    with started(WRITES, path) as process:
        assert said(process) == "half written"
        kill(process)
        assert [file.name for file in tmp_path.iterdir()] == [f".a.txt.{process.pid}.tmp"]
    write_bytes(path, b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_write_leaves_alone_what_a_live_process_is_writing(tmp_path):
    path = tmp_path / "a.txt"
    with started(WRITES, path) as process:
        assert said(process) == "half written"
        write_bytes(path, b"new")
        assert path.read_bytes() == b"new"
        assert (tmp_path / f".a.txt.{process.pid}.tmp").read_text() == "half"
        process.stdin.close()
        assert said(process) == "written"
    assert path.read_text() == "whole"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_write_removes_leavings_of_its_own_file_alone(tmp_path):
    for name in (".a[1].txt.99.tmp", ".a1.txt.99.tmp", ".b.txt.99.tmp", "a[1].txt.tmp"):
        (tmp_path / name).touch()
    write_bytes(tmp_path / "a[1].txt", b"x")
    left = sorted(file.name for file in tmp_path.iterdir())
    assert left == [".a1.txt.99.tmp", ".b.txt.99.tmp", "a[1].txt", "a[1].txt.tmp"]


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


def test_a_table_carries_what_more_it_is_told(tmp_path, identity):
    table = pa.table({"x": [1]})
    write_table(tmp_path / "a.parquet", table, identity, {b"more": b"text"})
    back, who = read_table(tmp_path / "a.parquet")
    assert (back.schema.metadata[b"more"], who) == (b"text", identity)
    write_table(tmp_path / "b.parquet", back, identity)  # which is not handed on unasked
    assert set(read_table(tmp_path / "b.parquet")[0].schema.metadata) == {b"cobra.identity"}


def test_equal_tables_are_equal_files(tmp_path, identity):
    for name in ("a.parquet", "b.parquet"):
        write_table(tmp_path / name, pa.table({"x": [1.5, 2.5]}), identity)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@pytest.mark.parametrize("kind", ["missing", "no parquet", "no identity", "another identity"])
def test_other_files_are_refused(tmp_path, kind):
    path, table = tmp_path / "a.parquet", pa.table({"x": [1]})
    said = {
        "missing": "does not exist",
        "no parquet": "is no whole file of parquet: give a .parquet that cobra wrote",
        "no identity": r"is parquet, but not of cobra \(no identity is in it\): give",
        "another identity": r"is parquet, but not of cobra \(no identity is in it\): give",
    }
    if kind == "no parquet":
        path.write_bytes(b"text")
    elif kind == "no identity":
        pq.write_table(table, path)
    elif kind == "another identity":
        pq.write_table(table.replace_schema_metadata({b"cobra.identity": b'{"kind": 1}'}), path)
    with pytest.raises(UserError, match=rf"a\.parquet {said[kind]}"):
        read_table(path)


def test_a_flipped_byte_in_packed_columns_is_told(tmp_path, identity):
    path = tmp_path / "a.parquet"
    write_table(path, pa.table({"x": ["a" * 400, "b" * 300]}), identity)
    content = bytearray(path.read_bytes())
    content[content.index(b"\x28\xb5\x2f\xfd")] ^= 1  # the head of a zstd frame
    path.write_bytes(bytes(content))
    with pytest.raises(UserError, match=r"a\.parquet is damaged: remove it and make it again"):
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
def test_a_json_file_of_somebody_else_is_never_called_damaged(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(
        UserError, match=r"a\.json is (no whole file of JSON|JSON, but not of cobra)"
    ) as caught:
        read_json(path)
    assert "remove" not in str(caught.value)


def test_a_json_file_cut_off_or_absent_is_refused(tmp_path, identity):
    path = tmp_path / "a.json"
    with pytest.raises(UserError, match=r"a\.json does not exist: run the job that makes it"):
        read_json(path)
    write_json(path, {"verdicts": []}, identity)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="is damaged: remove it and make it again"):
        read_json(path)


def test_the_run_record_lies_beside_its_artifact(tmp_path, identity):
    artifact = tmp_path / "detector.pt"
    write_run_record(artifact, identity, {"wall_seconds": 1.23, "starts": 2})
    record = json.loads(run_record_path(artifact).read_text())
    assert run_record_path(artifact).name == "detector.run.json"
    assert record["identity"] == identity.model_dump()
    assert (record["wall_seconds"], record["starts"]) == (1.23, 2)
