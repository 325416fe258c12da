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
from cobra.gates.judgement import Judgement, Verdict
from cobra.gates.soundness import gradient_is_true, keeps_the_budget, scores_repeat

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
}


def all_verdicts(evidence: Evidence) -> list[Verdict]:
    """One verdict per gate, in their order."""
    return [judge(evidence).named(gate, name) for gate, (name, judge) in GATES.items()]
