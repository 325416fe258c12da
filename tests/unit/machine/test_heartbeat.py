import os
import platform
from datetime import UTC, datetime, timedelta

import pytest

from cobra.artifacts.checkpoints import Scratch
from cobra.machine.progress import NAME, heartbeats


@pytest.fixture
def clock(monkeypatch):
    """The progress line's clock, which the test sets."""
    now = [1000.0]
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    return now


def beat_of(root):
    """The only heartbeat below `root`."""
    ((beat, _),) = heartbeats(root)
    return beat


def test_work_in_progress_tells_what_it_does_and_how_far_it_is(tmp_path, identity):
    began = datetime.now(UTC)
    with Scratch.hold(tmp_path, identity) as scratch, scratch.progress("training, epochs", 20, 0):
        ((beat, alive),) = heartbeats(tmp_path)
    assert alive
    assert beat.subject == identity.subject
    assert (beat.work, beat.done, beat.total, beat.device) == ("training, epochs", 0, 20, "cpu")
    assert (beat.pid, beat.host) == (os.getpid(), platform.node())
    assert began <= beat.written <= began + timedelta(seconds=60)


def test_time_left_follows_from_the_rate(tmp_path, identity, clock):
    with Scratch.hold(tmp_path, identity) as scratch, scratch.progress("attack", 10, 0) as bar:
        assert beat_of(tmp_path).seconds_left is None
        clock[0] += 20
        bar.update(2)
        assert (beat_of(tmp_path).done, beat_of(tmp_path).seconds_left) == (2, 80)
        clock[0] += 10
        bar.update(8)
        assert (beat_of(tmp_path).done, beat_of(tmp_path).seconds_left) == (10, 0)


def test_after_a_resumed_start_the_rate_is_that_of_this_start(tmp_path, identity, clock):
    with Scratch.hold(tmp_path, identity) as scratch, scratch.progress("attack", 100, 60) as bar:
        assert (beat_of(tmp_path).done, beat_of(tmp_path).seconds_left) == (60, None)
        clock[0] += 20
        bar.update(10)
        assert beat_of(tmp_path).seconds_left == 60  # not the 8.6 of 70 done in 20 seconds


def test_a_part_of_the_work_beats_in_the_same_place(tmp_path, identity):
    with Scratch.hold(tmp_path, identity) as scratch:
        with scratch.progress("attack at 0", 2, 0):
            pass
        with scratch.part("eps-1").progress("attack at 1", 3, 0):
            beat = beat_of(tmp_path)
    assert (beat.work, beat.subject) == ("attack at 1", identity.subject)


def test_a_job_that_let_go_of_its_folder_has_stopped(tmp_path, identity):
    with Scratch.hold(tmp_path, identity) as scratch, scratch.progress("attack", 5, 0) as bar:
        bar.update(3)
    ((beat, alive),) = heartbeats(tmp_path)
    assert not alive
    assert beat.done == 3


def test_each_job_has_its_own_heartbeat_until_it_is_done(tmp_path, identity):
    other = identity.model_copy(update={"subject": {"dataset": "digits", "normal": "1"}})
    with Scratch.hold(tmp_path, identity) as scratch, scratch.progress("training", 5, 0):
        with Scratch.hold(tmp_path, other) as done:
            with done.progress("training", 5, 0):
                alive = [running for _, running in heartbeats(tmp_path)]
            done.remove()
        assert alive == [True, True]
        assert beat_of(tmp_path).subject == identity.subject


def test_nothing_half_written_is_left_or_seen(tmp_path, identity):
    with Scratch.hold(tmp_path, identity) as scratch, scratch.progress("attack", 5, 0):
        assert sorted(path.name for path in scratch.folder.iterdir()) == [NAME, "lock"]
        (scratch.folder / f".{NAME}.tmp").write_text("{")
        assert beat_of(tmp_path).work == "attack"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"[]", b'{"work": "x"}', b"\xff\x00", b'{"work": "\xc3'], ids=repr
)
def test_a_file_that_is_damaged_or_foreign_is_passed_over(tmp_path, identity, content):
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / NAME).write_bytes(content)
    with Scratch.hold(tmp_path, identity) as scratch, scratch.progress("attack", 5, 0):
        assert beat_of(tmp_path).work == "attack"


def test_a_heartbeat_cut_off_anywhere_is_passed_over(tmp_path, identity):
    with Scratch.hold(tmp_path, identity) as scratch, scratch.progress("attack", 5, 0):
        whole = (scratch.folder / NAME).read_bytes().rstrip()
    for length in range(len(whole)):
        (scratch.folder / NAME).write_bytes(whole[:length])
        assert heartbeats(tmp_path) == []


def test_a_heartbeat_that_cannot_be_written_stops_no_work(tmp_path, identity, clock):
    with Scratch.hold(tmp_path, identity) as scratch, scratch.progress("attack", 5, 0) as bar:
        scratch.remove()
        clock[0] += 20
        bar.update(1)
        assert heartbeats(tmp_path) == []
        scratch.save({"done": 1})  # makes the folder again
        clock[0] += 20
        bar.update(1)
        assert beat_of(tmp_path).done == 2


def test_without_a_folder_of_state_nothing_runs(tmp_path):
    assert heartbeats(tmp_path / "absent") == []
