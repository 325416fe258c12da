"""Values of command-line options, each checked where it is declared; argparse names the option."""

import re
import stat
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path

from cobra.settings.section import read_ratio

DEVICE = re.compile(r"auto|cpu|cuda(:\d{1,3})?")
MOST = 1_000_000_000  # of what is counted; more is a slip
FILE, FOLDER, NOTHING = "a file", "a folder", "nothing"
SHOWN = 40  # characters of a value that a sentence repeats


def whole(least: int, most: int = MOST) -> Callable[[str], int]:
    """The type of an option that is a whole number within these bounds."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise _refused(text, f"no whole number: give one from {least} to {most}") from None
        if not least <= number <= most:
            raise _refused(text, f"out of bounds: give a whole number from {least} to {most}")
        return number

    return read


positive = whole(1)
seed = whole(0, 2**63 - 1)
threads = whole(1, 4096)  # torch starts as many as it is told
side = whole(8, 1024)  # of an image in pixels, as in the configuration
steps = whole(1, 1_000_000)
restarts = whole(1, 10_000)


def share(text: str) -> float:
    """A share that is neither nothing nor all."""
    number = _number(text)
    if not 0 < number < 1:
        raise _refused(text, "no share: give a number above 0 and below 1, such as 0.05")
    return number


def eps(text: str) -> float:
    """An l-inf budget as a number or a ratio."""
    try:
        number = float(read_ratio(text))
    except ValueError:
        raise _refused(text, "neither a number nor a ratio: give one such as 4/255") from None
    if not 0 <= number <= 1:
        raise _refused(text, "outside [0, 1]: give a ratio such as 4/255")
    return number


def seconds(text: str) -> float:
    """A time between two looks, a day at most."""
    number, day = _number(text), 24 * 60 * 60
    if not 0 < number <= day:
        raise _refused(text, f"not above 0 and at most {day} seconds (a day)")
    return number


def device(text: str) -> str:
    """The name of a device that this project computes on; whether it is there is seen when it is used."""
    if not DEVICE.fullmatch(text):
        raise _refused(text, "no device of ours: give auto, cpu, cuda, or cuda:1 for the second GPU")
    return text


def path(text: str) -> Path:
    """The path of a file or folder to read; whether it is there is seen when it is opened."""
    if _kind(text) not in (FILE, FOLDER, NOTHING):
        raise _refused(text, "no path of a file: give one")
    return Path(text)


def output(text: str) -> Path:
    """The path of a file to write, in a folder that is there or can be made."""
    if _kind(text) not in (FILE, NOTHING):
        raise _refused(text, "no path of a file to write: give one")
    return Path(text)


def folder(text: str) -> Path:
    """The path of a folder that is there or can be made."""
    if _kind(text) not in (FOLDER, NOTHING):
        raise _refused(text, "no folder: give the path of one, which is made if need be")
    return Path(text)


def _kind(text: str) -> str:
    """What lies at a path: FILE, FOLDER, NOTHING, or else a pipe or device, which is nothing of ours."""
    if not text:
        return "no path"
    try:
        mode = Path(text).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING
    except OSError as error:
        raise _refused(text, f"no path that can be used ({error.strerror}): give another") from None
    return FILE if stat.S_ISREG(mode) else FOLDER if stat.S_ISDIR(mode) else "a pipe or a device"


def name(text: str) -> str:
    """A text that is not empty."""
    if not text.strip():
        raise _refused(text, "empty: give a name, or leave the option out")
    return text


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _refused(text, "no number: give one") from None


def _refused(text: str, why: str) -> ArgumentTypeError:
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return ArgumentTypeError(f"{shown!r} is {why}")
