"""What differs between two versions of a job's settings or code, in words."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

MISSING = object()
LONGEST, CONTEXT = 60, 20  # characters of a value that are shown, and of them before a difference


def settings_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A text per setting that differs, such as `schedule.epochs: 24 -> 30`. As in a canonical string, 1, 1.0
    and true differ.
    """
    before, after = dict(leaves(old)), dict(leaves(new))
    pairs = {key: (before.get(key, MISSING), after.get(key, MISSING)) for key in [*before, *after]}
    return [_change(key, *pair) for key, pair in pairs.items() if _canonical(pair[0]) != _canonical(pair[1])]


def leaves(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no section, by its dotted key."""
    for name, value in settings.items():
        key = f"{above}{name}"
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{key}.")
        else:
            yield key, value


def module_differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """A text per file of code that changed, came or went; both are digests by path."""
    changed = [f"{name} changed" for name in new if name in old and old[name] != new[name]]
    came = [f"{name} is now used" for name in new if name not in old]
    went = [f"{name} is no longer used" for name in old if name not in new]
    return [*changed, *came, *went]


def _canonical(value: Any) -> str:
    """One text per value, none for one that is left out."""
    return "" if value is MISSING else json.dumps(value, sort_keys=True)


def _change(key: str, old: Any, new: Any) -> str:
    if old is MISSING:
        return f"{key}: now {_cut(_text(new))}"
    if new is MISSING:
        return f"{key}: was {_cut(_text(old))}, now left out"
    alike = _alike(_text(old), _text(new))
    return f"{key}: {_cut(_text(old), alike)} -> {_cut(_text(new), alike)}"


def _alike(text: str, other: str) -> int:
    """With how many characters both begin."""
    pairs = enumerate(zip(text, other, strict=False))
    return next((at for at, (one, two) in pairs if one != two), min(len(text), len(other)))


def _text(value: Any) -> str:
    return "empty" if value is None else str(value)


def _cut(text: str, alike: int = 0) -> str:
    """A long text cut to what can be read, around the end of the characters that are alike."""
    if len(text) <= LONGEST:
        return text
    if alike > CONTEXT:
        text = f"...{text[alike - CONTEXT :]}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
