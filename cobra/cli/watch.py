"""`cobra watch`: what runs now, a line per job."""

import argparse
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from cobra.machine import options, script
from cobra.machine.progress import Heartbeat, heartbeats

CLEAR = "\033[H\033[2J"


def watch_options(made: argparse.ArgumentParser) -> None:
    """Its options."""
    script.add_scratch(made)
    made.add_argument(
        "--every", type=options.seconds, metavar="SECONDS", help="look again and again, until Ctrl-C"
    )
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print what runs, once or again and again."""
    signal.signal(signal.SIGINT, _leave)
    while True:
        shown = overview(args.scratch, datetime.now(UTC))
        print(f"{CLEAR if args.every and sys.stdout.isatty() else ''}{shown}", flush=True)
        if not args.every:
            return
        time.sleep(args.every)


def _leave(_number: int, _frame: object) -> NoReturn:
    """Ctrl-C is how one leaves: without a word."""
    raise SystemExit(128 + signal.SIGINT)


def overview(scratch: Path, now: datetime) -> str:
    """A line per job that holds a folder of resumable state, or was stopped and left one."""
    found = heartbeats(scratch)
    lines = [line(beat, running, now) for beat, running in found]
    running = sum(alive for _, alive in found)
    return "\n".join([f"{running} running, {len(found) - running} stopped", *lines])


def line(beat: Heartbeat, running: bool, now: datetime) -> str:
    """One job: what, how far, how long still, where."""
    subject = "/".join(map(str, beat.subject.values()))
    of = "" if beat.total is None else f"/{beat.total}"
    if not running:
        state = f"stopped, last heard of {beat.written:%Y-%m-%d %H:%M} UTC"
    elif beat.seconds_left is None:
        state = "time left unknown yet"
    else:
        left = timedelta(seconds=beat.seconds_left) - (now - beat.written)
        state = f"{timedelta(seconds=max(0, round(left.total_seconds())))} left"
    return f"{subject}  {beat.work} {beat.done}{of}  {state}  {beat.host} {beat.device}, pid {beat.pid}"
