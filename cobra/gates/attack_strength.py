"""Gates on the strength of the attack, from score files: would a better one have found more?

After Carlini et al. 2019 (on evaluating adversarial robustness) and Tramer et al. 2020, whose advice is
for classifiers; the figures at which an AUROC fails are ours.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

from cobra.gates.evidence import Evidence, Scores
from cobra.gates.verdict import Judgement, decide, not_applicable

ROUNDING = 1e-9
POINTS = 0.5  # of AUROC that count as no change
NEARLY_ZERO = 1.0  # AUROC of a detector that an attack controls
HALF = 0.5  # eps at which every image can be made grey
ALL = 1.0  # eps at which every image can be made any other
BROKEN = 10.0  # AUROC at most of an undefended detector
MOVED = 0.025  # of the other group, overtaken: an image still on the move
TENTH = 10
STILL_MOVING = 5.0  # % of the images that may be


def more_steps_change_nothing(evidence: Evidence) -> Judgement:
    """1: within each attack more steps never help the defender, and twice the steps cost it < 0.5 points."""
    for name, part in evidence.of_role("white-box").items():
        worst = [evidence.auroc(part.worst_within(n, evidence.is_anomaly)) for n in part.recorded()]
        rise = max((later - earlier for earlier, later in itertools.pairwise(worst)), default=0.0)
        if rise > ROUNDING:
            return decide(False, rise, f"within {name} the AUROC rises by {rise:.2f} with more steps")
    if evidence.doubled is None:
        return not_applicable("no attack with twice the steps was run (gates.doubled)")
    also = evidence.worst([evidence.claim, evidence.doubled.attacked])
    loss = evidence.auroc(evidence.claim) - evidence.auroc(also)
    said = f"with {evidence.doubled.settings.steps} steps, too, the AUROC is {loss:.2f} points lower"
    return decide(loss < POINTS, loss, said)


def falls_with_eps(evidence: Evidence) -> Judgement:
    """2: the AUROC falls as eps grows, and is about 0 at 0.5."""
    if HALF not in evidence.sweep:
        return not_applicable(f"no sweep over eps with {HALF:g} in it was made (gates.sweep)")
    curve = {eps: evidence.auroc(scores) for eps, scores in sorted(evidence.sweep.items())}
    rise = max((b - a for a, b in itertools.pairwise(curve.values())), default=0.0)
    if rise >= POINTS:
        return decide(False, rise, f"somewhere a larger eps gives an AUROC {rise:.2f} points higher")
    at_half = curve[HALF]
    return decide(at_half <= NEARLY_ZERO + ROUNDING, at_half, f"at eps {HALF:g} the AUROC is {at_half:.2f}")


def converges(evidence: Evidence) -> Judgement:
    """3: in the last tenth of the steps hardly an image still changes its place among the other group.

    Places, not scores: like the AUROC, which is their mean, they do not depend on the score's scale.
    """
    parts = evidence.of_role("white-box")
    if not parts:
        return not_applicable("the figure rests on no white-box attack")
    if min(part.settings.steps for part in parts.values()) < TENTH:
        return not_applicable(f"an attack of fewer than {TENTH} steps has no last tenth")
    before = [
        part.worst_within(part.settings.steps - part.settings.steps // TENTH, evidence.is_anomaly)
        for part in parts.values()
    ]
    last = evidence.white_box()
    earlier = evidence.worst([evidence.clean, *before])
    moved = np.abs(_places(evidence, last, last) - _places(evidence, earlier, last))
    share = 100 * float(np.mean(moved > MOVED))
    said = f"{share:.1f} % of the images still changed places in the last tenth of the steps"
    return decide(share <= STILL_MOVING, share, said)


def _places(evidence: Evidence, scores: Scores, among: Scores) -> NDArray[np.float64]:
    """Per image the share of the other group's scores `among` that lies below its own; ties count half."""
    places = np.empty(len(scores))
    for group in (evidence.is_anomaly, ~evidence.is_anomaly):
        others = np.sort(among[~group])
        sides = [np.searchsorted(others, scores[group], side) for side in ("left", "right")]
        places[group] = np.mean(sides, axis=0) / len(others)
    return places


def beats_black_box(evidence: Evidence) -> Judgement:
    """5: no attack without gradients finds more than those with."""
    return _beats(evidence, "black-box", "it takes a white-box and a black-box attack")


def beats_transfer(evidence: Evidence) -> Judgement:
    """8: another detector's gradient finds no more than its own."""
    return _beats(evidence, "transfer", "no other detector was at hand to transfer an attack from")


def _beats(evidence: Evidence, role: str, lacking: str) -> Judgement:
    """Whether the white-box attacks together find more than each of another role."""
    others = {name: evidence.auroc(part.attacked) for name, part in evidence.of_role(role).items()}
    if not others or not evidence.of_role("white-box"):
        return not_applicable(lacking)
    white = evidence.auroc(evidence.white_box())
    strongest = min(others, key=others.__getitem__)
    lead = white - others[strongest]
    said = f"white-box {white:.1f}, {strongest} {others[strongest]:.1f}"
    return decide(lead < POINTS, lead, said)


def breaks_the_undefended(evidence: Evidence) -> Judgement:
    """9: the same attack takes a detector without a defence apart."""
    if evidence.undefended is None:
        return not_applicable("no detector without a defence was attacked in the same way (gates.undefended)")
    said = f"the undefended detector is left an AUROC of {evidence.undefended:.1f}"
    return decide(evidence.undefended <= BROKEN + ROUNDING, evidence.undefended, said)


def crosses_unbounded(evidence: Evidence) -> Judgement:
    """10: an attack that may make any image of any other turns the ranking over."""
    if ALL not in evidence.sweep:
        return not_applicable(f"no sweep over eps with {ALL:g} in it was made (gates.sweep)")
    left = evidence.auroc(evidence.sweep[ALL])
    return decide(left <= NEARLY_ZERO + ROUNDING, left, f"without a bound the AUROC is {left:.2f}")
