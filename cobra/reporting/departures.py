"""What in a job's settings departs from the paper, in words."""

from typing import Any

from cobra.provenance import Identity
from cobra.settings.attack import EvaluationSettings
from cobra.settings.base import PAPER_EPS, Section
from cobra.settings.detector import DetectorSettings


def evaluations(identity: Identity) -> list[EvaluationSettings]:
    """The evaluation behind a score file, or those that it combines."""
    settings = identity.settings
    made = settings["parts"].values() if "parts" in settings else [settings["evaluation"]]
    return [EvaluationSettings.model_validate(each) for each in made]


def identity_departures(identity: Identity, paper_eps: float) -> list[str]:
    """What departs from the paper in all that made a score file."""
    found = [text for each in evaluations(identity) for text in departures(each, paper_eps)]
    if "own" not in identity.settings["detector"]:  # the paper sets nothing of others' detectors
        detector = DetectorSettings.model_validate(identity.settings["detector"])
        found += departures(detector, paper_eps)
    return [*found, *(f"{identity.subject['dataset']}: {remark}" for remark in identity.settings["data"])]


def departures(section: Section, paper_eps: float, path: str = "") -> list[str]:
    """The settings, in words, whose value is not the one that the paper states; an empty one is.

    `paper_eps` is the paper's l-inf budget for the data at hand.
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
