"""Checks of a configuration with a leaderboard, and which attacks all its detectors are put to."""

from cobra.attacks.settings import AttackSettings
from cobra.experiment.config import Config


def asks_a_gradient_alone(attack: AttackSettings) -> bool:
    """Whether any score with a gradient can be put to it: no other detector, no neighbours."""
    return attack.source is None and attack.objective == "score"


def suite_names(config: Config) -> list[str]:
    """The parts of the judged attack that any score with a gradient can be put to."""
    parts = config.parts(config.gates.claim) if config.gates else []
    return [name for name in parts if asks_a_gradient_alone(config.attacks[name])]


def leaderboard_is_possible(config: Config) -> None:
    """There are gates, and the suite behind the figures has one budget; raises ValueError."""
    if config.leaderboard is None:
        return
    if config.gates is None:
        raise ValueError("leaderboard ranks figures that gates judge: set gates, or remove leaderboard")
    suite = suite_names(config)
    if not suite:
        raise ValueError(
            f"leaderboard: no part of gates.claim ({config.gates.claim!r}) can be put to any score: add an "
            "attack without source and with objective score"
        )
    taken = {"doubled", "sweep"} & set(suite)  # what `cobra attack` calls its other files
    if taken:
        raise ValueError(f"leaderboard: the name {taken.pop()} of an attack is taken: choose another")
    parts = config.parts(config.gates.claim)
    budgets = {(config.attacks[name].norm, config.attacks[name].eps) for name in parts}
    if len(budgets) > 1:
        raise ValueError(
            f"leaderboard: the parts of gates.claim ({config.gates.claim!r}) have different budgets: give "
            "them one norm and one eps"
        )
