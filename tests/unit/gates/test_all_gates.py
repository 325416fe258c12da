"""The verdicts of all gates together."""

from dataclasses import replace

import numpy as np
import torch
from samples import wavy

from cobra.gates.all_gates import GATES, all_verdicts
from tests.unit.gates.test_score_soundness import evidence, linear


def test_there_is_a_verdict_per_gate_in_their_order():
    verdicts = all_verdicts(evidence(wavy))
    assert [verdict.gate for verdict in verdicts] == list(range(1, 12))
    assert [verdict.name for verdict in verdicts] == [name for name, _ in GATES.values()]
    for verdict in verdicts:
        assert (verdict.figure is None) == (verdict.verdict == "not applicable")
        assert verdict.said
        assert "." not in verdict.said[-1]  # notes end the sentence


def test_a_score_that_is_not_finite_for_an_image_alone_is_judged():
    def score(images):
        return linear(images) if len(images) > 1 else linear(images) * torch.nan

    by_gate = {verdict.gate: verdict.verdict for verdict in all_verdicts(evidence(score))}
    assert by_gate[7] == "fail"


def test_what_an_attack_leaves_of_a_score_that_ranks_the_wrong_way_round_passes_no_gate():
    whole = evidence(lambda images: -linear(images))
    ordered = np.argsort(np.arange(len(whole.clean))).astype(np.float32)
    assert [v.verdict for v in all_verdicts(replace(whole, clean=ordered, claim=ordered))].count("pass") > 3
    inverted = replace(whole, clean=-ordered, claim=-ordered)
    verdicts = {verdict.gate: verdict for verdict in all_verdicts(inverted)}
    assert {gate for gate, verdict in verdicts.items() if verdict.verdict == "pass"} == {4, 6, 7, 11}
    assert "the clean AUROC is 0.0, far below 50 (does a higher score mean" in verdicts[3].said
