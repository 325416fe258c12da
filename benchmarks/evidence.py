r"""All evidence from a device in pieces: is it correct, how fast is it, whole classes at the full schedule.

    python benchmarks/evidence.py --device cuda --data resources --output results/evidence --minutes 9

Each call goes on where the last one stopped and ends before its minutes are over. Status: 0 all is done, 3
work is left (call again), 1 nothing is left but pieces that failed.
"""

import argparse
import json
import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from evidence_pieces import Piece, all_pieces
from harness import ROOT, markdown

from cobra import command
from cobra.artifacts import write_bytes

GROUPS = ("correctness", "benchmarks", "classes")
WORK_LEFT, FAILED = 3, 1  # status
RESERVE = 20.0  # seconds kept for stopping a piece; of few minutes a tenth
LEAST = 240.0  # seconds that a class is worth starting for, or half of all


@dataclass
class Call:
    """One call of this program: until when it may run, and what became of the pieces."""

    began: float
    seconds: float
    done: list[Piece] = field(default_factory=list)
    failed: list[Piece] = field(default_factory=list)

    @property
    def left(self) -> float:
        """Seconds in which a piece has to end."""
        return self.began + self.seconds - min(RESERVE, self.seconds / 10) - time.monotonic()

    @property
    def is_fresh(self) -> bool:
        """Whether the next piece is the first of this call, with all the time to itself."""
        return not self.done and not self.failed

    def run(self, pieces: Iterable[Piece]) -> None:
        """One after another, until the time is out."""
        for piece in pieces:
            least = min(LEAST, self.seconds / 2) if piece.is_class else min(RESERVE, self.seconds / 10)
            if self.left < least and not self.is_fresh:
                return
            if not self.ended(piece):
                return

    def ended(self, piece: Piece) -> bool:
        """Run a piece; False if time was out first. One that failed has ended, too."""
        print(f"{piece.group}: {piece.name}", flush=True)
        fresh = self.is_fresh
        piece.failure.unlink(missing_ok=True)
        status = run(piece, self.left)
        if status == WORK_LEFT and piece.is_class:
            return False
        if status is None and not fresh:
            return False
        if status == 0:
            if piece.is_class:
                write_bytes(piece.output, json.dumps({"said": last_words(piece.log)}, indent=1).encode())
            self.done.append(piece)
            return True
        why = last_words(piece.log) if status is not None else "it does not fit into --minutes: give more"
        write_bytes(piece.failure, f"{why}\n".encode())
        print(f"  failed: {why} ({piece.log})", flush=True)
        self.failed.append(piece)
        return True


def run(piece: Piece, seconds: float) -> int | None:
    """The status of a piece's command, None if it was stopped after so many seconds."""
    piece.log.parent.mkdir(parents=True, exist_ok=True)
    minutes = ["--minutes", f"{seconds / 60:.3f}"] if piece.is_class else []
    with piece.log.open("wb") as log, started([*piece.words(), *minutes], log) as process:
        try:
            return process.wait(seconds + (RESERVE / 2 if piece.is_class else 0))  # which stops by itself
        except subprocess.TimeoutExpired:
            return None


@contextmanager
def started(words: list[str], log: IO[bytes]) -> Iterator["subprocess.Popen[bytes]"]:
    """A command at work in the checkout. However the block ends, it is asked to stop, then made to."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        words, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(RESERVE / 4)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> None:
    began = time.monotonic()
    args = parsed()
    pieces = all_pieces(args)
    todo = [piece for piece in pieces if not piece.output.is_file()]
    todo.sort(key=lambda piece: piece.failure.is_file())  # those that failed before come last
    call = Call(began, 60 * args.minutes)
    call.run(todo)
    left = [piece for piece in todo if piece not in call.done and not piece.failure.is_file()]
    failed = [piece for piece in pieces if piece.failure.is_file()]
    write_bytes(args.output / "evidence.md", summary(pieces, left, failed).encode())
    print(told(pieces, left, failed))
    if left:
        raise SystemExit(WORK_LEFT)
    if failed:
        raise SystemExit(FAILED)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        epilog="Status: 0 all is done, 3 work is left, 1 nothing is left but what failed.",
    )
    parser.add_argument("--output", type=Path, required=True, help="folder of all that is made")
    parser.add_argument(
        "--data", type=Path, help="folder of raw data, as resources/; left out: the configuration's"
    )
    parser.add_argument(
        "--device", default="auto", help="cpu, cuda, cuda:1 ...; auto: CUDA where there is one"
    )
    parser.add_argument("--threads", type=int, help="CPU threads; left out: each program's own default")
    parser.add_argument("--minutes", type=float, default=9, help="after which this call has ended")
    parser.add_argument("--only", type=listed, default=list(GROUPS), help=f"some of {','.join(GROUPS)}")
    parser.add_argument(
        "--configfile", type=Path, help="of classes; left out: the paper's, if small the demo's"
    )
    parser.add_argument("--classes", type=named, nargs="+", help="as fmnist/tshirt; left out: in turn all")
    parser.add_argument("--methods", nargs="+", default=["cobra"], help="trained on each class")
    parser.add_argument("--attack", help="on each class; left out: pgd1000, if small pgd")
    parser.add_argument("--block-size", type=int, help="images of a class attacked at once")
    parser.add_argument("--small", action="store_true", help="a trial: small networks, the demo's digits")
    args = parser.parse_args()
    args.attack = args.attack or ("pgd" if args.small else "pgd1000")
    return args


def listed(words: str) -> list[str]:
    """Groups of pieces, between commas."""
    found = words.split(",")
    if not set(found) <= set(GROUPS):
        raise argparse.ArgumentTypeError(f"{words!r}: choose among {','.join(GROUPS)}")
    return found


def named(word: str) -> tuple[str, str]:
    """DATA SET/CLASS."""
    dataset, _, normal = word.partition("/")
    if not dataset or not normal:
        raise argparse.ArgumentTypeError(f"{word!r}: write data set/class")
    return dataset, normal


def last_words(log: Path) -> str:
    """The last line of a log: an error's sentence, or what a program says at its end."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else f"{log} is empty"


def told(pieces: list[Piece], left: list[Piece], failed: list[Piece]) -> str:
    """One line: how many are done, which are left, which failed."""
    said = f"{len(pieces) - len(left) - len(failed)} of {len(pieces)} pieces done"
    said += f"; failed: {', '.join(piece.name for piece in failed)}" if failed else ""
    return said + (f"; left: {', '.join(piece.name for piece in left)}" if left else "")


def summary(pieces: list[Piece], left: list[Piece], failed: list[Piece]) -> str:
    """All tables that are there, one below the other, and the state of each piece."""
    states: dict[str, Any] = {piece.name: "left" for piece in left}
    states |= {piece.name: f"failed: {piece.failure.read_text().strip()}" for piece in failed}
    rows = [{"piece": f"{its.group}/{its.name}", "state": states.get(its.name, "done")} for its in pieces]
    tables = [its.output.with_suffix(".md") for its in pieces]
    return "\n".join(
        [markdown("Evidence", {}, rows, []), *(path.read_text() for path in tables if path.is_file())]
    )


if __name__ == "__main__":
    command.run(main)
