"""What differs between two versions of a job's settings or code, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

MISSING = object()


def settings_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A text per setting that differs, such as `schedule.epochs: 24 -> 30`."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    keys = dict.fromkeys([*before, *after])
    return [_change(key, before.get(key, MISSING), after.get(key, MISSING)) for key in keys
            if before.get(key, MISSING) != after.get(key, MISSING)]  # fmt: skip


def module_differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """A text per file of code that changed, came or went; both are digests by path."""
    changed = [f"{name} changed" for name in new if name in old and old[name] != new[name]]
    came = [f"{name} is now used" for name in new if name not in old]
    went = [f"{name} is no longer used" for name in old if name not in new]
    return [*changed, *came, *went]


def _leaves(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no section, by its dotted key."""
    for name, value in settings.items():
        key = f"{above}{name}"
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value


def _change(key: str, old: Any, new: Any) -> str:
    if old is MISSING:
        return f"{key}: now {_shown(new)}"
    if new is MISSING:
        return f"{key}: was {_shown(old)}, now left out"
    return f"{key}: {_shown(old)} -> {_shown(new)}"


def _shown(value: Any) -> str:
    text = "empty" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
