"""The training processes of a running workflow: found in the system, stopped where they can resume."""

import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

LIMIT = 120  # seconds, against hanging


def running(project) -> dict[str, psutil.Process]:
    """The training processes of `project` by their method."""
    found = {}
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
            if command[1:2] == ["scripts/train_detector.py"] and process.cwd() == str(project.folder):
                found[command[command.index("--method") + 1]] = process
        except psutil.Error:  # it ended meanwhile
            continue
    return found


def saved(process: psutil.Process) -> bool:
    """Whether the process has state to continue from: beside the lock that it holds."""
    try:
        folders = [Path(file.path).parent for file in process.open_files() if file.path.endswith("/lock")]
    except psutil.Error:
        return False
    return any((folder / "state.pt").exists() for folder in folders)


def stop_all(project, methods) -> dict[str, psutil.Process]:
    """Wait until each method's training has saved state, and stop it there: then all of them run at once."""
    stopped = {}
    end = time.monotonic() + LIMIT
    while missing := set(methods) - stopped.keys():
        assert time.monotonic() < end, f"no training of {missing} was seen"
        for method, process in running(project).items():
            if method in missing and saved(process):
                process.suspend()
                stopped[method] = process
        time.sleep(0.02)
    return stopped


def wake_at_sigterm(process: psutil.Process) -> None:
    """Have a stopped process go on as soon as SIGTERM waits for it, meanwhile in the background.

    SLURM sends SIGCONT later, when the shell around the process has ended and the rest is killed.
    """
    threading.Thread(target=_wake, args=(process,), daemon=True).start()


def _wake(process: psutil.Process) -> None:
    status = Path(f"/proc/{process.pid}/status")
    with suppress(OSError, psutil.Error):  # it ended meanwhile
        while not pending(status.read_text(), signal.SIGTERM):
            time.sleep(0.01)
        process.resume()


def pending(status: str, number: int) -> bool:
    """Whether a signal waits for a process, by what /proc tells of it."""
    (mask,) = [line.split()[1] for line in status.splitlines() if line.startswith("ShdPnd:")]
    return bool(int(mask, 16) & 1 << (number - 1))
