"""Run a script in a fork of a process that has imported torch: `python workflow/lib/warm.py scripts/x.py`.

Importing torch takes two seconds, half of a short job. While Snakemake runs on this machine, a server beside
it imports torch once and forks for each script. The command above is the script's proxy: it hands signals on
to the fork and ends with its exit status, and a proxy that is killed takes its script with it. Where no
server answers, or it has other environment variables, the proxy becomes the script itself.
"""

import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

PLACE = "COBRA_WARM"  # the variable that names the socket
LIBRARIES = ("torch", "pyarrow.parquet", "pydantic", "PIL.Image", "tqdm")
# Of a job's variables those that no library reads when it is imported; the others must be equal.
OF_THE_JOB = {PLACE, "PWD", "OLDPWD", "SHLVL", "_", "TMPDIR", "TMP", "TEMPDIR", "TEMP"}
# As Snakemake sets them for a job of one thread.
ONE_THREAD = {
    f"{library}_THREADS": "1"
    for library in ("OMP_NUM", "GOTO_NUM", "OPENBLAS_NUM", "MKL_NUM", "VECLIB_MAXIMUM", "NUMEXPR_NUM")
}
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
TAKEN = b"y"


# --- in Snakemake ---


def start() -> None:
    """Start the server, with its socket in a temporary folder of this user alone; it ends when this process
    has ended, in whatever way, and what it has started goes on. Where one is named already, or the system
    cannot tell a fork's end (macOS, Linux before 5.3), nothing is started.
    """
    if PLACE in os.environ or not _ends_are_told():
        return
    place = Path(tempfile.mkdtemp(prefix="cobra-warm-")) / "socket"
    ends_with_us, _ = os.pipe()  # the other end stays open as long as this process lives
    subprocess.Popen(  # noqa: S603
        [sys.executable, __file__, "--serve", str(place)],
        env=os.environ | ONE_THREAD,
        stdin=ends_with_us,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # without it jobs start all the same
    )
    os.close(ends_with_us)
    os.environ[PLACE] = str(place)


def _ends_are_told() -> bool:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


# --- the proxy ---


def run_by_proxy(command: list[str]) -> NoReturn:
    """Have `command`, a script and its arguments, run, and end as it ends."""
    server = _ask(command)
    if server is None:
        os.execv(sys.executable, [sys.executable, *command])  # noqa: S606
    for number in FORWARDED:
        signal.signal(number, lambda number, _: server.send(bytes([number])))
    status = server.recv(4)
    if not status:
        sys.exit(f"error: the server that ran {command[0]} was killed: start again, and it continues.")
    _end_alike(int.from_bytes(status, "little", signed=True))


def _ask(command: list[str]) -> socket.socket | None:
    """The connection to the process that runs `command`; None if none does."""
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(os.environ[PLACE])
        text = json.dumps([command, str(Path.cwd()), dict(os.environ)]).encode()
        socket.send_fds(server, [len(text).to_bytes(4, "little")], [0, 1, 2])
        server.sendall(text)
        return server if server.recv(1) == TAKEN else None
    except (KeyError, OSError):
        return None


def _end_alike(status: int) -> NoReturn:
    if status < 0:
        with suppress(OSError):  # of SIGKILL nothing else can be chosen
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


# --- the server ---


def serve(place: str) -> None:
    """Fork for each command that is asked for at the socket `place`, until standard input ends. Returns in
    the processes of commands alone.
    """
    for number in FORWARDED:
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C is for the commands; this process ends with Snakemake
    variables = dict(os.environ)  # before imports change them
    _import_libraries()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen(64)
        while not _ready(0, listener.fileno())[0]:
            client, _ = listener.accept()
            if os.fork() == 0:
                listener.close()  # else who asks after this process's end would wait for an answer
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _watch(client, variables)
                return
            client.close()
    shutil.rmtree(Path(place).parent, ignore_errors=True)
    os._exit(0)


def _import_libraries() -> None:
    import cobra  # noqa: F401  sets what torch reads when it is imported

    for name in LIBRARIES:
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.split(".")[0] == "cobra"]:
        del sys.modules[name]  # a command runs the code as it is when it starts
    gc.collect()
    gc.freeze()  # no fork looks through what was imported, or copies the memory that it lies in


def _watch(client: socket.socket, variables: Mapping[str, str]) -> None:
    """Run what `client` asks for in a fork, in which alone this returns: hand on signals, kill it when its
    proxy is gone, and tell how it ended.
    """
    length, descriptors, *_ = socket.recv_fds(client, 4, 3)
    with client.makefile("rb") as stream:
        command, folder, asked = json.loads(stream.read(int.from_bytes(length, "little")))
    if _read_by_imports(asked) != _read_by_imports(variables):
        os._exit(0)
    process = os.fork()
    if process == 0:
        client.close()
        _become(command, folder, asked, descriptors)
        return
    with suppress(OSError):  # the proxy is gone already
        client.send(TAKEN)
    ended = os.pidfd_open(process)
    while not _ready(ended, client.fileno())[0]:
        numbers = client.recv(64)
        for number in numbers or [signal.SIGKILL]:
            os.kill(process, number)
        if not numbers:
            break
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with suppress(OSError):
        client.send(status.to_bytes(4, "little", signed=True))
    os._exit(0)


def _ready(*descriptors: int) -> list[bool]:
    """Which of the descriptors can be read, once one can."""
    readable, _, _ = select.select(descriptors, [], [])
    return [descriptor in readable for descriptor in descriptors]


def _read_by_imports(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name not in OF_THE_JOB}


def _become(command: list[str], folder: str, asked: Mapping[str, str], descriptors: list[int]) -> None:
    """Give this process what the proxy was given: streams, folder, variables, arguments, signals."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(folder)
    for name in OF_THE_JOB:
        os.environ.pop(name, None)
    os.environ.update({name: value for name, value in asked.items() if name in OF_THE_JOB})
    for number in FORWARDED:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = command
    sys.path[0] = str(Path(command[0]).resolve().parent)


if __name__ == "__main__":
    if sys.argv[1] != "--serve":
        run_by_proxy(sys.argv[1:])
    serve(sys.argv[2])
    runpy.run_path(sys.argv[0], run_name="__main__")
