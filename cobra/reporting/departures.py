"""What in a job's settings departs from the paper, in words."""

from cobra.departures import departures
from cobra.provenance import Identity
from cobra.settings.attack import EvaluationSettings
from cobra.settings.detector import DetectorSettings


def evaluations(identity: Identity) -> list[EvaluationSettings]:
    """The evaluation behind a score file, or those that it combines."""
    settings = identity.settings
    made = settings["parts"].values() if "parts" in settings else [settings["evaluation"]]
    return [EvaluationSettings.model_validate(each) for each in made]


def identity_departures(identity: Identity, paper_eps: float) -> list[str]:
    """What departs from the paper in all that made a score file."""
    found = [text for each in evaluations(identity) for text in departures(each, paper_eps)]
    detector = identity.settings["detector"]
    if "baseline" in detector:  # whose module, which knows its paper, need not be imported here
        found += detector["departures"]
    elif "own" not in detector:  # the paper sets nothing of others' detectors
        found += departures(DetectorSettings.model_validate(detector), paper_eps)
    return [*found, *(f"{identity.subject['dataset']}: {remark}" for remark in identity.settings["data"])]
