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


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its options."""
    watch = commands.add_parser(
        "watch", help="what runs now: a line per training or attack, with the time left"
    )
    script.add_scratch(watch)
    watch.add_argument(
        "--every", type=options.seconds, metavar="SECONDS", help="look again and again, until Ctrl-C"
    )
    watch.set_defaults(run=_watch)


def _watch(args: argparse.Namespace) -> None:
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
    state = _time_left(beat, now) if running else f"stopped, last heard of {beat.written:%Y-%m-%d %H:%M} UTC"
    return f"{subject}  {beat.work} {beat.done}{of}  {state}  {beat.host} {beat.device}, pid {beat.pid}"


def _time_left(beat: Heartbeat, now: datetime) -> str:
    """What was left when it was written, less the time since."""
    if beat.seconds_left is None:
        return "time left unknown yet"
    left = timedelta(seconds=beat.seconds_left) - (now - beat.written)
    return f"{timedelta(seconds=max(0, round(left.total_seconds())))} left"
