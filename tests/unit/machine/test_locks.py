import fcntl
import shutil
from contextlib import ExitStack

import pytest
from processes import complained, kill, said, started

from cobra.machine.locks import held, is_held, locked, remove_abandoned

WORKS = """
import sys
from pathlib import Path
from cobra.machine.locks import locked
with locked(Path(sys.argv[1])):
    print("works", flush=True)
    sys.stdin.read()
"""
WRITES = """
import sys
from pathlib import Path
from cobra.machine.locks import held
with held(Path(sys.argv[1])):
    Path(sys.argv[1]).write_text("half")
    print("writes", flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_held_as_long_as_its_process_lives(tmp_path):
    with started(WORKS, tmp_path / "job") as process:
        assert said(process) == "works"
        assert is_held(tmp_path / "job")
        kill(process)
        assert not is_held(tmp_path / "job")


def test_a_folder_is_free_after_an_orderly_end(tmp_path):
    with locked(tmp_path):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


def test_nobody_holds_a_folder_that_is_not_there_and_asking_makes_none(tmp_path):
    assert not is_held(tmp_path / "absent")
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_one_that_asks_is_not_taken_for_a_holder(tmp_path):
    with locked(tmp_path):
        pass
    with (tmp_path / "lock").open() as other:  # asks at the same time
        fcntl.flock(other, fcntl.LOCK_SH)
        assert not is_held(tmp_path)


def test_a_process_that_waits_says_so_and_works_once_the_holder_is_killed(tmp_path):
    folder = tmp_path / "job"
    with started(WORKS, folder) as holder:
        assert said(holder) == "works"
        with started(WORKS, folder) as waiting:
            assert complained(waiting) == f"another process works in {folder}: waiting for it"
            kill(holder)
            assert said(waiting) == "works"
            assert is_held(folder)


def test_one_that_waited_while_the_folder_was_removed_holds_the_new_one(tmp_path):
    folder = tmp_path / "job"
    with ExitStack() as stack:
        with locked(folder):
            waiting = stack.enter_context(started(WORKS, folder))
            assert "waiting for it" in complained(waiting)
            shutil.rmtree(folder)
        assert said(waiting) == "works"
        assert is_held(folder)


def test_a_file_stays_while_its_process_lives_and_goes_once_it_is_killed(tmp_path):
    path = tmp_path / "a.tmp"
    with started(WRITES, path) as process:
        assert said(process) == "writes"
        remove_abandoned([path])
        assert path.read_text() == "half"
        kill(process)
        remove_abandoned([path])
        assert not path.exists()


def test_only_the_abandoned_among_many_are_removed(tmp_path):
    left, own, absent = (tmp_path / name for name in ("left", "own", "absent"))
    left.write_text("half")
    with held(own):
        remove_abandoned([absent, left, own])
        assert list(tmp_path.iterdir()) == [own]


def test_a_file_that_may_not_be_touched_is_left_alone(tmp_path, monkeypatch):
    (tmp_path / "foreign").touch()

    def refused(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "open", refused)
    remove_abandoned([tmp_path / "foreign"])
    assert (tmp_path / "foreign").exists()


def test_a_file_is_held_empty_and_let_go_with_an_error(tmp_path):
    path = tmp_path / "a"
    path.write_text("earlier")

    def fail():
        with held(path):
            assert path.read_bytes() == b""
            raise KeyError("interrupted")

    with pytest.raises(KeyError):
        fail()
    remove_abandoned([path])
    assert not path.exists()
