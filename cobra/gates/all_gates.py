"""The verdicts of all gates on one detector."""

from collections.abc import Callable

from cobra.gates.attack_strength import (
    beats_black_box,
    beats_transfer,
    breaks_the_undefended,
    converges,
    crosses_unbounded,
    falls_with_eps,
    more_steps_change_nothing,
)
from cobra.gates.evidence import Evidence
from cobra.gates.ruggedness import gradient_is_representative
from cobra.gates.score_soundness import gradient_is_true, keeps_the_budget, scores_repeat
from cobra.gates.verdict import Judgement, Verdict, not_applicable
from cobra.metrics import ASKS

# By number: its name, and the function that judges.
GATES: dict[int, tuple[str, Callable[[Evidence], Judgement]]] = {
    1: ("more steps", more_steps_change_nothing),
    2: ("eps", falls_with_eps),
    3: ("convergence", converges),
    4: ("gradient", gradient_is_true),
    5: ("black-box", beats_black_box),
    6: ("repeatable", scores_repeat),
    7: ("budget", keeps_the_budget),
    8: ("transfer", beats_transfer),
    9: ("undefended", breaks_the_undefended),
    10: ("unbounded", crosses_unbounded),
    11: ("neighbourhood", gradient_is_representative),
}

OF_AN_ATTACK = (1, 2, 3, 5, 8, 10)  # what a figure that is as low before it does not show


def all_verdicts(evidence: Evidence) -> list[Verdict]:
    """One verdict per gate, in their order."""
    return [verdict_of(gate, evidence) for gate in GATES]


def verdict_of(gate: int, evidence: Evidence) -> Verdict:
    """The verdict of one gate; that an attack leaves little is none where there was as little before it."""
    name, judge = GATES[gate]
    judgement = judge(evidence)
    if judgement.verdict == "pass" and gate in OF_AN_ATTACK and evidence.inverted:
        clean = evidence.auroc(evidence.clean)
        judgement = not_applicable(f"the clean AUROC is {clean:.1f}, far below 50 ({ASKS}?)")
    return judgement.named(gate, name)
