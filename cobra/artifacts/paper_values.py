"""Settings whose value is not the one that the paper states, in words."""

from typing import Any

from cobra.settings.section import PAPER_EPS, Section


def departures(section: Section, paper_eps: float | None = None, path: str = "") -> list[str]:
    """The settings, in words, whose value is not the one that the paper states; an empty one is.

    `paper_eps` is the paper's l-inf budget for the data at hand. The paper of a baseline's settings is its
    own.
    """
    found = []
    for name, field in type(section).model_fields.items():
        value, extra = getattr(section, name), field.json_schema_extra
        if isinstance(value, Section):
            found += departures(value, paper_eps, f"{path}{name}.")
        elif value is not None and isinstance(extra, dict) and "paper" in extra:
            stated = extra["paper"]
            same = value == (paper_eps if stated == PAPER_EPS else stated)
            found += [] if same else [f"{path}{name} {_brief(value)} (paper: {stated})"]
    return found


def _brief(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
