"""Two texts that should hold the same numbers."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import zip_longest

NUMBER = re.compile(r"\d+\.\d+")
PADDING = re.compile(r"\s+|-{3,}")  # columns are filled up to the widest entry


def same(printed: str, again: str, unit: float | None = None) -> bool:
    """Whether two texts differ at most by one in the last digit of their numbers, and in padding: other
    versions of the libraries may round an interval otherwise.

    `unit`: the value of that digit; left out: of the last digit of the longer number.
    """
    texts = [PADDING.sub(" ", NUMBER.sub("#", text)) for text in (printed, again)]
    numbers = zip(NUMBER.findall(printed), NUMBER.findall(again), strict=False)
    return texts[0] == texts[1] and all(_close(one, other, unit) for one, other in numbers)


def _close(one: str, other: str, unit: float | None) -> bool:
    digits = max(len(number.partition(".")[2]) for number in (one, other))
    return abs(float(one) - float(other)) <= 1.001 * (10.0**-digits if unit is None else unit)


def differing_fields(printed: str, again: str, unit: float) -> Iterator[str]:
    """Of two csv files with a head: each field that differs, in words."""
    rows = [list(csv.reader(io.StringIO(text))) for text in (printed, again)]
    head = rows[1][0]
    if len(rows[0]) != len(rows[1]) or rows[0][0] != head:
        yield f"it has {len(rows[0])} lines of {rows[0][:1]} where {len(rows[1])} of {head} belong"
        return
    for line, pair in enumerate(zip(*rows, strict=True), 1):
        for name, one, other in zip_longest(head, *pair, fillvalue=""):
            if not same(one, other, unit):
                yield f"line {line}: {name} is {one or 'empty'} where {other or 'nothing'} follows"
