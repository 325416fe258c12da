"""Settings of the gates that a robust figure must pass."""

from cobra.attacks.settings import EvaluationSettings
from cobra.settings.section import Name, Section, setting


class GateConfig(Section):
    """What the gates judge, and by which further evidence (docs/reading-results.md)."""

    claim: Name = setting(
        ..., "The attack or combination whose figure is to be called robust; its parts are compared."
    )
    doubled: Name | None = setting(
        None, "An attack with twice the steps of one of the parts (gate 1); empty: not applicable."
    )
    sweep: Name | None = setting(
        None, "A sweep with eps 0.5 and 1 in it (gates 2 and 10); empty: not applicable."
    )
    undefended: Name | None = setting(
        None,
        "A method without a defence, which the claim's attack must break (gate 9); empty: not applicable.",
    )


class Undefended(Section):
    """A detector without a defence, found for one job."""

    method: Name
    score: Name


class GateSettings(Section):
    """The settings of a gates job: names of the score files it is given, and the score that it probes."""

    claim: Name
    parts: list[Name]
    doubled: Name | None = None
    sweep: Name | None = None
    undefended: Undefended | None = None
    evaluation: EvaluationSettings = EvaluationSettings()
