"""The progress line of long work."""

from typing import NoReturn

from tqdm import tqdm


def progress(what: str, total: int, done: int = 0) -> "tqdm[NoReturn]":
    """A progress line (rate, time left) on standard error, at most every two seconds; call its update()."""
    return tqdm(desc=what, total=total, initial=done, mininterval=2, dynamic_ncols=True)
