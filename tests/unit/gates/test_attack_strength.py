"""Gates 1, 2, 3, 5, 8, 9, 10: what score files say of the attack's strength, on figures made by hand."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import Images
from cobra.gates.attack_strength import (
    beats_black_box,
    beats_transfer,
    breaks_the_undefended,
    converges,
    crosses_unbounded,
    falls_with_eps,
    more_steps_change_nothing,
)
from cobra.gates.evidence import AttackScores, Evidence

TRUTH = np.arange(40) >= 20
NORMAL = np.arange(20) + 0.5


def scores(auroc):
    """Scores of that AUROC, a multiple of 0.25: an anomaly that beats w of the 20 normal images scores w.

    A lower AUROC leaves no anomaly a higher score, as an attack that finds more does.
    """
    each, more = divmod(round(auroc * 4), 20)
    return np.concatenate([NORMAL, np.where(np.arange(20) < more, each + 1, each)]).astype(np.float32)


SOURCE = {"methods": ["cl"]}
WHITE, BLACK, TRANSFER = {"kind": "apgd"}, {"kind": "square"}, {"kind": "apgd", "source": SOURCE}


def attacked(auroc, trace=None, **settings):
    """An attack that left this AUROC, with a trace of AUROCs."""
    chosen = AttackSettings(**({"kind": "apgd", "eps": 0.1, "steps": 10, "restarts": 1} | settings))
    columns = {name: scores(found) for name, found in (trace or {"r1_s9": auroc, "r1_s10": auroc}).items()}
    return AttackScores(chosen, scores(auroc), columns)


def evidence(parts=None, claim=50, **more):
    given = {"is_anomaly": TRUTH, "clean": scores(95), "claim": scores(claim), "parts": parts or {}}
    nothing = {"score": None, "images": Images(torch.empty(0), torch.empty(0))}
    return Evidence(**(nothing | given | more))


def outcome(judgement):
    return judgement.verdict, pytest.approx(judgement.figure) if judgement.figure is not None else None


def test_the_scores_of_these_tests_have_the_aurocs_they_say():
    for auroc in (0, 0.25, 50, 50.25, 99.75, 100):
        assert 100 * roc_auc_score(TRUTH, scores(auroc)) == pytest.approx(auroc)


@pytest.mark.parametrize(
    ("settings", "role"),
    [({"kind": kind}, "white-box") for kind in ("pgd", "momentum", "apgd", "a3")]
    + [({"kind": kind}, "black-box") for kind in ("square", "search", "noise")]
    + [(TRANSFER, "transfer"), ({"kind": "apgd", "objective": "topk"}, "white-box")],
)
def test_an_attack_s_role_is_whose_gradient_it_takes(settings, role):
    assert attacked(50, **settings).role == role


def test_the_worst_of_several_is_taken_per_image_and_within_steps_over_restarts():
    random = np.random.default_rng(0)
    first, second, clean = (random.standard_normal(40).astype(np.float32) for _ in range(3))
    trace = {"r1_s1": first, "r2_s1": second, "r1_s10": -first, "r1_s100": clean}
    part = AttackScores(AttackSettings(), first, trace)
    found = evidence({"apgd": part}, clean=clean)
    worst = np.where(TRUTH, np.minimum(first, second), np.maximum(first, second))
    np.testing.assert_array_equal(part.worst_within(1, TRUTH), worst)
    np.testing.assert_array_equal(part.worst_within(10, TRUTH), -first)
    assert part.recorded() == [1, 10, 100]
    np.testing.assert_array_equal(found.worst([first, second]), worst)
    assert found.auroc(first) == pytest.approx(100 * roc_auc_score(TRUTH, first))


@pytest.mark.parametrize(
    ("traced", "doubled", "expected"),
    [
        ({"r1_s1": 80, "r1_s5": 60, "r1_s10": 60}, 59.75, ("pass", 0.25)),
        ({"r1_s1": 80, "r1_s10": 60}, 59.25, ("fail", 0.75)),
        ({"r1_s1": 80, "r1_s10": 60}, 90, ("pass", 0)),  # the worst case counts
        ({"r1_s1": 60, "r1_s5": 61, "r1_s10": 60}, 60, ("fail", 1)),  # more steps helped the defender
        ({"r1_s1": 60, "r2_s1": 70, "r1_s10": 80, "r2_s10": 50}, 60, ("pass", 0)),  # over restarts: 60, 50
        ({"r1_s1": 80, "r1_s10": 60}, None, ("not applicable", None)),
        ({"r1_s1": 60, "r1_s10": 80}, None, ("fail", 20)),  # that needs no other attack
    ],
)
def test_gate_1_more_steps_change_nothing(traced, doubled, expected):
    more = None if doubled is None else attacked(doubled, steps=20)
    found = evidence({"apgd": attacked(60, traced)}, claim=60, doubled=more)
    assert outcome(more_steps_change_nothing(found)) == expected


def test_gate_1_looks_at_white_box_attacks():
    rising = {"r1_s1": 50, "r1_s10": 60}
    parts = {"square": attacked(60, rising, **BLACK), "transfer": attacked(60, rising, **TRANSFER)}
    assert more_steps_change_nothing(evidence(parts)).verdict == "not applicable"


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ({0.1: 80, 0.2: 40, 0.5: 0.75, 1: 0}, ("pass", 0.75)),
        ({1: 0, 0.5: 0.5, 0.1: 80}, ("pass", 0.5)),  # in any order
        ({0.1: 80, 0.5: 1.25}, ("fail", 1.25)),
        ({0.1: 40, 0.2: 40.75, 0.5: 0}, ("fail", 0.75)),
        ({0.1: 40, 0.2: 40.25, 0.5: 0}, ("pass", 0)),
        ({0.1: 40, 0.5: 0, 1: 3}, ("fail", 3)),
        ({0.1: 80, 1: 0}, ("not applicable", None)),
        ({}, ("not applicable", None)),
    ],
)
def test_gate_2_the_auroc_falls_with_eps(curve, expected):
    sweep = {eps: scores(auroc) for eps, auroc in curve.items()}
    assert outcome(falls_with_eps(evidence(sweep=sweep))) == expected


@pytest.mark.parametrize(
    ("moved", "by", "expected"),
    # each anomaly that overtakes one of 20 normal images is 2.5 % of the images
    [(0, 1, ("pass", 0)), (2, 1, ("pass", 5)), (3, 1, ("fail", 7.5)), (20, 0.4, ("pass", 0))],
)
@pytest.mark.parametrize("scale", [lambda x: x, lambda x: 1e-3 * x - 7, np.exp])
def test_gate_3_hardly_an_image_changes_its_place(moved, by, expected, scale):
    last = scores(50)
    before = last + np.where(np.arange(40) - 20 < moved, by, 0) * TRUTH
    made = [scale(each.astype(np.float64)) for each in (scores(95), before, last)]
    part = AttackScores(AttackSettings(steps=10, eps=0.1), made[2], {"r1_s9": made[1], "r1_s10": made[2]})
    assert outcome(converges(evidence({"apgd": part}, clean=made[0]))) == expected


def test_gate_3_asks_for_the_worst_of_all_white_box_attacks():
    moving = attacked(50, {"r1_s9": 60, "r1_s10": 50})
    assert converges(evidence({"apgd": moving})).verdict == "fail"
    assert converges(evidence({"apgd": moving, "pgd": attacked(45)})).verdict == "pass"
    blind = evidence({"square": attacked(50, **BLACK), "transfer": attacked(50, **TRANSFER)})
    assert converges(blind).verdict == "not applicable"


@pytest.mark.parametrize(
    ("gate", "other"), [(beats_black_box, BLACK), (beats_transfer, TRANSFER)], ids=["gate 5", "gate 8"]
)
@pytest.mark.parametrize(
    ("white", "others", "expected"),
    [
        ([40], [60], ("pass", -20)),
        ([40.25], [60, 40], ("pass", 0.25)),
        ([40.75], [60, 40], ("fail", 0.75)),
        ([70, 30], [40], ("pass", -10)),
        ([99], [94.75], ("pass", 0.25)),  # the clean images, 95, are among what the white box knows
        ([], [40], ("not applicable", None)),
        ([40], [], ("not applicable", None)),
    ],
)
def test_gates_5_and_8_no_other_attack_finds_more(gate, other, white, others, expected):
    parts = {f"white{i}": attacked(auroc, **WHITE) for i, auroc in enumerate(white)}
    parts |= {f"other{i}": attacked(auroc, **other) for i, auroc in enumerate(others)}
    assert outcome(gate(evidence(parts))) == expected


@pytest.mark.parametrize(
    ("undefended", "expected"),
    [(10.0, ("pass", 10)), (10.1, ("fail", 10.1)), (None, ("not applicable", None))],
)
def test_gate_9_the_attack_breaks_what_has_no_defence(undefended, expected):
    assert outcome(breaks_the_undefended(evidence(undefended=undefended))) == expected


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ({0.5: 30, 1: 0.75}, ("pass", 0.75)),
        ({1: 1.25}, ("fail", 1.25)),
        ({0.5: 0}, ("not applicable", None)),
    ],
)
def test_gate_10_without_a_bound_the_ranking_turns_over(curve, expected):
    sweep = {float(eps): scores(auroc) for eps, auroc in curve.items()}
    assert outcome(crosses_unbounded(evidence(sweep=sweep))) == expected
