import os
import pickle
import threading
import time
from contextlib import suppress

import pytest
import torch

from cobra.artifacts.checkpoints import Scratch, read_torch, write_torch
from cobra.artifacts.files import write_run_record
from cobra.errors import UserError
from cobra.machine.locks import locked


class Code:
    def __reduce__(self):
        return (print, ("executed",))


def test_tensors_and_plain_values_come_back(tmp_path):
    content = {"a": torch.arange(3), "b": {"c": [1, 2.5, "x", None]}}
    write_torch(tmp_path / "a.pt", content)
    back = read_torch(tmp_path / "a.pt")
    assert torch.equal(back["a"], content["a"])
    assert back["b"] == content["b"]


def test_equal_contents_are_equal_files_whatever_their_names(tmp_path):
    for name in ("a.pt", "longer-name.pt"):
        write_torch(tmp_path / name, {"x": torch.arange(5), "y": 1})
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "longer-name.pt").read_bytes()


def test_a_file_written_again_from_its_own_content_is_the_same(tmp_path):
    write_torch(tmp_path / "a.pt", {"x": torch.arange(5), "y": {"x": 1.5}})
    write_torch(tmp_path / "b.pt", read_torch(tmp_path / "a.pt"))
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"text", "is no PyTorch file, or not the whole of one"),
        (pickle.dumps({"x": Code()}), "is no PyTorch file, or not the whole of one"),
    ],
    ids=["empty", "text", "code"],
)
def test_files_of_somebody_else_are_refused(tmp_path, content, said, capsys):
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(UserError, match=rf"a\.pt {said}: give a detector\.pt that cobra trained\.$"):
        read_torch(tmp_path / "a.pt")
    assert "executed" not in capsys.readouterr().out


def test_code_in_a_torch_file_is_not_executed(tmp_path, capsys):
    torch.save({"x": Code()}, tmp_path / "a.pt")
    with pytest.raises(UserError, match=r"something else \(it holds more than tensors and plain values\)"):
        read_torch(tmp_path / "a.pt")
    assert "executed" not in capsys.readouterr().out


def test_a_truncated_file_of_ours_is_called_damaged_and_one_of_somebody_else_never(tmp_path, identity):
    path = tmp_path / "a.pt"
    for ours, said in (
        ({"identity": identity.model_dump_json()}, r"a\.pt is damaged: remove it and make it again\.$"),
        ({}, r"a\.pt is no PyTorch file, or not the whole of one: give"),
    ):
        write_torch(path, ours | {"x": torch.zeros(1000)})
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        with pytest.raises(UserError, match=said):
            read_torch(path)


def test_a_broken_state_of_unfinished_work_is_told_with_its_folder(tmp_path, identity):
    with Scratch.hold(tmp_path, identity) as scratch:
        scratch.save({"done": 1})
        (scratch.folder / "state.pt").write_bytes(b"half")
        with pytest.raises(UserError, match=r"state\.pt is damaged\): remove that folder and start again"):
            scratch.load()


def test_a_file_without_a_dictionary_is_refused(tmp_path):
    torch.save(torch.zeros(3), tmp_path / "a.pt")
    with pytest.raises(UserError, match=r"something else \(no dictionary\)"):
        read_torch(tmp_path / "a.pt")


def test_state_survives_and_starts_and_time_add_up(tmp_path, identity, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("cobra.artifacts.checkpoints.time.monotonic", lambda: clock[0])
    for start in (1, 2, 3):
        with Scratch.hold(tmp_path, identity) as scratch:
            state = scratch.load()
            assert state == (None if start == 1 else {"done": start - 1})
            assert scratch.run_details()["starts"] == start
            clock[0] += 10
            scratch.save({"done": start})
            assert scratch.run_details()["wall_seconds"] == 10 * start
            clock[0] += 1000  # lost with the kill: not spent on what the state holds
    with Scratch.hold(tmp_path, identity) as scratch:
        scratch.remove()
    with Scratch.hold(tmp_path, identity) as scratch:
        assert scratch.load() is None


def test_another_identity_has_another_state(tmp_path, identity):
    other = identity.model_copy(update={"code": "other"})
    with Scratch.hold(tmp_path, identity) as scratch:
        scratch.save({"done": 1})
    with Scratch.hold(tmp_path, other) as scratch:
        assert scratch.load() is None


def test_a_job_moved_to_another_device_continues_and_says_so(tmp_path, identity):
    with Scratch.hold(tmp_path, identity) as scratch:
        scratch.save({"done": 1})
    for _ in range(2):
        with Scratch.hold(tmp_path, identity.model_copy(update={"device": "cuda (A)"})) as scratch:
            assert scratch.load() == {"done": 1}
            assert scratch.run_details()["devices"] == ["cpu", "cuda (A)"]
            scratch.save({"done": 1})


@pytest.mark.parametrize(
    ("device", "seconds", "code", "left"),
    [("cpu", 1, "c0de", 0), ("cuda (A)", 1, "c0de", 0), ("cpu", -10, "c0de", 1), ("cpu", 1, "other", 1)],
)
def test_what_another_process_made_meanwhile_is_not_made_again(
    tmp_path, identity, monkeypatch, device, seconds, code, left
):
    output, worked = tmp_path / "detector.pt", []

    def locked_once_made(folder):
        """As after a wait for a process that makes the output."""
        write_torch(output, {})
        write_run_record(output, identity.model_copy(update={"device": device, "code": code}), {})
        os.utime(tmp_path / "detector.run.json", (time.time() + seconds,) * 2)
        return locked(folder)

    monkeypatch.setattr("cobra.artifacts.checkpoints.locked", locked_once_made)
    with suppress(SystemExit), Scratch.hold(tmp_path / "scratch", identity, output):
        worked.append(1)
    assert len(worked) == left
    assert len(list((tmp_path / "scratch").glob("*"))) == left


def test_a_second_process_waits_for_the_first(tmp_path, identity):
    order, first_holds, second_waits = [], threading.Event(), threading.Event()

    def second():
        first_holds.wait(10)
        second_waits.set()
        with Scratch.hold(tmp_path, identity) as scratch:
            order.append(scratch.load())

    thread = threading.Thread(target=second)
    thread.start()
    with Scratch.hold(tmp_path, identity) as scratch:
        first_holds.set()
        second_waits.wait(10)
        thread.join(0.2)
        assert thread.is_alive()
        assert order == []
        scratch.save({"done": 1})
    thread.join(10)
    assert order == [{"done": 1}]  # and sees what the first left
