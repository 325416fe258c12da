"""What in a job's settings departs from the paper, in words."""

from typing import Any

from cobra.settings.base import Section, read_ratio


def departures(section: Section, path: str = "") -> list[str]:
    """The settings, in words, whose value is not the one that the paper states; an empty one is."""
    found = []
    for name, field in type(section).model_fields.items():
        value, extra = getattr(section, name), field.json_schema_extra
        if isinstance(value, Section):
            found += departures(value, f"{path}{name}.")
        elif value is not None and isinstance(extra, dict) and "paper" in extra:
            paper = extra["paper"]
            same = value == (read_ratio(paper) if isinstance(value, float) else paper)
            found += [] if same else [f"{path}{name} {_brief(value)} (paper: {paper})"]
    return found


def _brief(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
