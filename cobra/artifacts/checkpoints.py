"""Files of tensors, and the state from which a long job continues after a kill."""

import io
import resource
import shutil
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, Self

import torch
from torch import Tensor
from tqdm import tqdm

from cobra.artifacts.files import read_run_record, refusal, write_bytes
from cobra.artifacts.identity import Identity, run_record_path
from cobra.errors import UserError, is_of_the_machine
from cobra.machine.arithmetic import processor_name
from cobra.machine.locks import locked
from cobra.machine.progress import beating, progress

TRAINED = "a detector.pt that cobra trained"
SHOWN = 3  # keys of somebody else's file that a sentence names


def write_torch(path: Path, content: dict[str, Any]) -> None:
    """Tensors and plain values; equal contents give equal bytes (torch would store the file's name), on
    whatever device the tensors are.
    """
    buffer = io.BytesIO()
    torch.save(_with_each(content, _plain), buffer)
    write_bytes(path, buffer.getvalue())


def _with_each(value: Any, change: Callable[[Any], Any]) -> Any:
    """`value` with `change` made to all that lies in its dictionaries and lists."""
    if isinstance(value, dict):
        return {change(key): _with_each(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_each(item, change) for item in value]
    return change(value)


def _plain(value: Any) -> Any:
    """Tensors on the CPU, and equal texts as one object: pickle writes a text seen again as a reference, an
    equal one anew.
    """
    if isinstance(value, Tensor):
        return value.cpu()
    return sys.intern(value) if isinstance(value, str) else value


def read_torch(path: Path, device: torch.device | str = "cpu", wanted: str = TRAINED) -> dict[str, Any]:
    """What `write_torch` wrote; only tensors and plain values are accepted, never code. Raises UserError for
    any other file, saying what was `wanted`.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist: run the job that makes it.")
    raw = path.read_bytes()
    try:
        content = torch.load(io.BytesIO(raw), map_location="cpu", weights_only=True)
    except Exception as error:
        if is_of_the_machine(error):
            raise
        raise refusal(path, raw, wanted, _found(raw)) from error
    if not isinstance(content, dict):
        raise UserError(f"{path} is a PyTorch file of something else (no dictionary): give {wanted}.")
    found: dict[str, Any] = _with_each(
        content, lambda its: its.to(device) if isinstance(its, Tensor) else its
    )
    return found


def _found(raw: bytes) -> str:
    """What a file is that torch does not read."""
    if not raw:
        return "is empty"
    if not zipfile.is_zipfile(io.BytesIO(raw)):
        return "is no PyTorch file, or not the whole of one"
    return "is a PyTorch file of something else (it holds more than tensors and plain values)"


def identity_in(path: Path, content: dict[str, Any], wanted: str, *kinds: str) -> Identity:
    """The identity in the content of a file that `read_torch` read; raises UserError if there is none, or
    none of these kinds.
    """
    text = content.get("identity")
    if not isinstance(text, str):
        keys = ", ".join(map(str, list(content)[:SHOWN])) or "nothing"
        raise UserError(f"{path} is a PyTorch file of something else (it holds {keys}): give {wanted}.")
    try:
        identity = Identity.model_validate_json(text)
    except ValueError as error:
        raise UserError(f"{path} is not of this version of cobra: give {wanted} now.") from error
    if kinds and identity.kind not in kinds:
        raise UserError(f"{path} is of kind {identity.kind}: give {wanted}.")
    return identity


def _made_since(asked: float, output: Path, identity: Identity) -> bool:
    """Whether the artifact, the same but for the device, has been there only since that time."""
    record = run_record_path(output)
    if not (output.is_file() and record.is_file() and record.stat().st_mtime >= asked):
        return False
    found: Identity = read_run_record(output)["identity"]
    return found.model_copy(update={"device": identity.device}) == identity


class Scratch:
    """A job's resumable state in a folder named by its identity's digest, held by one process.

    The state is a dictionary of tensors and plain values. The device is not part of the name: a job that
    is moved to another one continues there, and its record names both. Wall time and starts add up; of the
    memory (of the CPU) the peak is kept.
    """

    def __init__(self, folder: Path, device: str, subject: Mapping[str, str | int] | None = None) -> None:
        self.folder = folder
        self._device = device
        self._subject = subject or {}
        self._state = folder / "state.pt"
        self._began = time.monotonic()
        self._earlier: dict[str, Any] = {}  # the details of earlier starts

    @classmethod
    @contextmanager
    def hold(cls, root: Path, identity: Identity, output: Path | None = None) -> Iterator[Self]:
        """The scratch folder of a job, waiting while another process (an orphan, say) works in it. If that
        one has made `output` meanwhile, this process has nothing left to do and ends with status 0.
        """
        asked = time.time()
        name = identity.model_copy(update={"device": ""}).digest[:24]
        scratch = cls(root / name, identity.device, identity.subject)
        with locked(scratch.folder):
            if output is not None and _made_since(asked, output, identity):
                scratch.remove()
                print(f"{output} was made by that process: nothing is left to do", file=sys.stderr)
                raise SystemExit(0)
            yield scratch

    def part(self, name: str) -> "Scratch":
        """The state of a part of the work, in the same folder and under the same lock."""
        part = Scratch(self.folder, self._device, self._subject)
        part._state = self.folder / f"{name}.pt"
        return part

    def progress(self, work: str, total: int, done: int) -> "tqdm[NoReturn]":
        """A progress line that keeps the job's heartbeat in the folder."""
        beat = beating(self.folder, self._subject, work, self._device)
        return progress(work, total, done, on_display=beat)

    def run_details(self) -> dict[str, Any]:
        """What the run record tells of this work, earlier starts included."""
        earlier = self._earlier
        seconds = earlier.get("wall_seconds", 0) + time.monotonic() - self._began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return {
            "wall_seconds": round(seconds, 2),
            "starts": earlier.get("starts", 0) + 1,
            "devices": list(dict.fromkeys([*earlier.get("devices", []), self._device])),
            "processors": list(dict.fromkeys([*earlier.get("processors", []), processor_name()])),
            "peak_memory_mib": max(earlier.get("peak_memory_mib", 0), peak),
        }

    def load(self) -> dict[str, Any] | None:
        """The last saved state, or None at a first start."""
        if not self._state.is_file():
            return None
        content = self._read(self._state)
        self._earlier = content["run_details"]
        print(f"resuming from {self._state}", file=sys.stderr)
        return content["state"]

    def save(self, state: dict[str, Any]) -> None:
        """Replace the saved state."""
        write_torch(self._state, {"state": state, "run_details": self.run_details()})

    def keep(self, name: str, content: dict[str, Any]) -> None:
        """Write down what will not change any more, so that saving the state need not write it again."""
        write_torch(self.folder / f"{name}.pt", content)

    def kept(self, name: str) -> dict[str, Any]:
        """What `keep` wrote, on the CPU; by this or an earlier start."""
        return self._read(self.folder / f"{name}.pt")

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            return read_torch(path)
        except UserError as error:
            raise UserError(
                f"The state of unfinished work in {self.folder} cannot be read ({path.name} is damaged): "
                "remove that folder and start again."
            ) from error

    def remove(self) -> None:
        """Drop the state once the job's outputs are written."""
        shutil.rmtree(self.folder, ignore_errors=True)


def read_identity(path: Path) -> Identity:
    """What a file of ours says it is, of a detector or its snapshots; raises UserError for any other file."""
    return identity_in(path, read_torch(path), TRAINED)
