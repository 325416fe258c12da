"""The progress line of long work."""

from typing import NoReturn

from tqdm import tqdm


def progress(what: str, total: int | None, done: int = 0, *, unit: str = "it") -> "tqdm[NoReturn]":
    """A progress line (rate, time left) on standard error, at most every two seconds; call its update().

    Without a `total` it shows how much is done; with the unit "B" it counts bytes.
    """
    return tqdm(
        None,
        what,
        total,
        initial=done,
        unit=unit,
        unit_scale=unit == "B",
        unit_divisor=1024,
        mininterval=2,
        dynamic_ncols=True,
    )
