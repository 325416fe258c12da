"""Files that never end, and disks that no longer answer: each is named, and holds nothing up for ever."""

import hashlib
import os
import signal
import socket
import time
from pathlib import Path

import pytest
from pictures import save
from processes import complained, started

from cobra.artifacts.digests import file_digest
from cobra.errors import UserError
from cobra.machine import reading

HASTE = "from cobra.machine import reading\nreading.LOOK, reading.TOLD, reading.ENDED = 0.05, 2, 6\n"
# A disk that does not answer: a pipe that nobody writes to, taken for a file.
STALLS = HASTE + (
    "import sys\n"
    "from pathlib import Path\n"
    "from cobra.data import image_decoding\n"
    "reading.require_file = image_decoding.require_file = lambda path: None\n"
)
DIGEST = STALLS + "from cobra.artifacts.digests import file_digest\nfile_digest(Path(sys.argv[1]))"
IMAGES = STALLS + (
    "from cobra.data.prepared_writer import load_files\n"
    "load_files([Path(name) for name in sys.argv[1:]], 8, 'resize', 'white', threads=2)"
)
FORKED = STALLS + (
    "import os\n"
    "with reading.watched('of the parent'):\n"
    "    if not (child := os.fork()):\n"
    "        with reading.watched('of the child'):\n"
    "            open(sys.argv[1])\n"
    "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
)


@pytest.fixture
def stalled(tmp_path):
    path = tmp_path / "on a drive.png"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("code", [DIGEST, IMAGES], ids=["in the main thread", "in another thread"])
def test_a_read_that_stalls_is_told_and_then_ends_the_process_with_its_name(stalled, tmp_path, code):
    paths = [stalled] if code is DIGEST else [save(tmp_path / "sound.png"), stalled]
    with started(code, *paths) as process:
        _, complaint = process.communicate(timeout=30)
    lines = [line for line in complaint.splitlines() if "image" not in line]
    assert process.returncode == 1
    assert lines[0] == f"still waiting for {stalled} to be read"
    assert lines[-1].startswith(
        f"error: {stalled} could not be read within 0 s: check the disk or the network"
    )
    assert "sound.png" not in complaint


def test_a_process_that_was_forked_watches_its_own_reads_alone(stalled):
    with started(FORKED, stalled) as process:
        _, complaint = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "error: of the child could not be read" in complaint
    assert "error: of the parent" not in complaint


def test_what_takes_long_in_many_pieces_is_not_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "LOOK", 0.01)
    monkeypatch.setattr(reading, "TOLD", 1000)
    monkeypatch.setattr(reading, "ENDED", 60)
    monkeypatch.setattr(reading, "PIECE", 8)
    content = os.urandom(80)
    path = tmp_path / "large"
    path.write_bytes(content)
    with reading.opened(path) as file:
        found = hashlib.sha256()
        for _ in range(10):
            time.sleep(0.1)  # between the pieces, which is no reading
            found.update(file.read(8))
    assert found.hexdigest() == hashlib.sha256(content).hexdigest() == file_digest(path)


@pytest.mark.parametrize("size", [0, 1, reading.PIECE - 1, reading.PIECE, 3 * reading.PIECE + 5])
def test_a_file_is_read_whole(tmp_path, size):
    content = os.urandom(size)
    (tmp_path / "a").write_bytes(content)
    with reading.opened(tmp_path / "a") as file:
        assert file.read() == content
        assert file.seek(size // 2) == size // 2
        assert file.read(7) == content[size // 2 :][:7]
    assert file.closed


def make_pipe(path):
    os.mkfifo(path)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def make_device(path):
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [make_pipe, make_socket, make_device])
def test_what_would_never_end_to_be_read_is_refused(tmp_path, make, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's path may have 107 bytes
    make(Path("a.png"))
    with pytest.raises(UserError, match=r"^a\.png cannot be read \(is no file but a pipe, a device or a so"):
        file_digest(Path("a.png"))


BUSY = """
import sys, threading
from cobra.machine import script
script.GRACE = 0.2

def main():
    if sys.argv[1] == "a thread":
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(open, sys.argv[2])
            print("works", flush=True, file=sys.stderr)
            waiting.result()
    else:
        import ctypes
        lock, mutex = ctypes.CDLL(None).pthread_mutex_lock, ctypes.create_string_buffer(64)
        lock(mutex)
        print("works", flush=True, file=sys.stderr)
        lock(mutex)  # never comes back, and tells Python of no signal

script.run(main)
"""


@pytest.mark.parametrize("where", ["a thread", "C"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_what_never_comes_back_to_python(stalled, where, number):
    with started(BUSY, where, stalled) as process:
        assert complained(process) == "works"
        process.send_signal(number)
        _, complaint = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert complaint.count(f"stopped by {number.name}: start again") == 1


CHILD = """
import os, signal, sys, time
from cobra.machine import script
script.GRACE = 0.2

def main():
    if child := os.fork():
        time.sleep(0.1)
        os.kill(child, signal.SIGTERM)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGTERM
        time.sleep(0.6)
        print("goes on")
    else:
        time.sleep(60)

script.run(main)
"""


def test_a_signal_to_a_process_of_a_users_code_does_not_end_ours():
    with started(CHILD) as process:
        out, complaint = process.communicate(timeout=30)
    assert (process.returncode, out, complaint) == (0, "goes on\n", "")
