"""What stands below a table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import deep_merge

from cobra.attacks.settings import AttackSettings
from cobra.metrics import Estimate
from cobra.reporting.tables.cells import MEAN, Cell, Result
from cobra.reporting.tables.notes import attack_words, notes
from cobra.reporting.tables.paper_numbers import read_reported
from cobra.reporting.tables.settings import TableSettings

ROOT = Path(__file__).resolve().parents[3]
EMPTY = pd.DataFrame(columns=["table", "row", "method", "clean_auroc", "robust_auroc"])


def settings(gated=None, **layout):
    shown = {
        "title": "T",
        "rows": "methods",
        "datasets": ["digits", "fmnist"],
        "methods": ["cobra", "own"],
        "attack": "pgd",
    }
    return TableSettings.model_validate(
        {
            "layout": shown | layout,
            "classes": {"digits": ["0"], "fmnist": ["bag"]},
            "paper_eps": {"digits": 4 / 255, "fmnist": 4 / 255},
            "methods": {
                "cobra": {"label": "COBRA (ours)", "reported": "COBRA", "scores": ["similarity"]},
                "own": {"label": "Own", "reported": [], "scores": ["similarity"]},
            },
            "seeds": [0],
            "bootstrap": {},
            "gated": gated,
        }
    )


def below(made=None, reported=EMPTY, **changes):
    return notes(settings(**changes), made or [], reported)


PAPER = {
    "evaluation": {"attack": {"eps": "4/255"}},
    "detector": {"adversary": {"eps": "4/255"}},
    "data": [],
}
REDUCED = {
    "evaluation": {"attack": {"eps": "4/255", "steps": 20, "restarts": 2, "step_ratios": [2.5, 5]}},
    "detector": {"adversary": {"eps": "4/255"}, "schedule": {"epochs": 30}},
    "data": ["one image is missing"],
}
SHARED = (
    "Not the paper's setting: attack.restarts 2 (paper: 10), attack.steps 20 (paper: 1000), "
    "digits: one image is missing, schedule.epochs 30 (paper: 100)."
)


def made_with(identity, settings_of_line, failed=None):
    """Mean cells of two methods whose score files were made with the given settings, None: not run."""
    found = []
    for method, made in settings_of_line.items():
        figures = [Estimate(1.0, np.ones(2))] * 2
        own = Result(*figures, [identity.model_copy(update={"settings": made})], [], failed) if made else None
        found.append(Cell("digits", MEAN, method, "similarity", own, None if made else Path("gone")))
    return found


def departures_in(notes_below):
    return [note for note in notes_below if "Not the paper" in note or "besides" in note]


def test_the_papers_own_settings_need_no_note(identity):
    assert departures_in(below(made_with(identity, {"cobra": PAPER, "own": PAPER}))) == []


def test_departures_of_all_lines_are_told_once_and_others_with_their_line(identity):
    own = deep_merge(REDUCED, {"detector": {"model": {"width": 8}, "adversary": {"enabled": False}}})
    found = departures_in(below(made_with(identity, {"cobra": REDUCED, "own": own})))
    assert found == [
        SHARED,
        "Own, besides: adversary.enabled False (paper: True), model.width 8 (paper: 64).",
    ]


def test_a_line_that_was_not_run_hides_no_departure_of_the_others(identity):
    assert departures_in(below(made_with(identity, {"cobra": REDUCED, "own": None}))) == [SHARED]


def test_a_detector_that_is_not_ours_departs_by_its_attack_alone(identity):
    own = REDUCED | {"detector": {"own": {"fit": "a:b"}}}
    assert departures_in(below(made_with(identity, {"own": own}))) == [
        "Not the paper's setting: attack.restarts 2 (paper: 10), attack.steps 20 (paper: 1000), "
        "digits: one image is missing."
    ]


def test_notes_name_classes_seeds_attack_and_interval(identity):
    text = " ".join(below(made_with(identity, {"cobra": REDUCED})))
    for part in (
        "AUROC in %, clean / robust, mean over the classes that are normal in turn: "
        "digits (0); fmnist (bag); 1 seed.",
        "95 % interval",
        "Attack on digits: PGD, 20 steps x 2 restarts, step size 2.5, 5 x eps / steps, eps 0.01569, ",
    ):
        assert part in text
    accuracy = below(made_with(identity, {"cobra": REDUCED}), measure="accuracy")
    assert accuracy[0].startswith("Balanced accuracy at the threshold named in %, clean / robust, ")


NOT_JUDGED = "No gates were applied: each figure bounds the robust one from above, as any attack's does."


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        (None, NOT_JUDGED),
        (frozenset(), "The figures under worst passed the gates (tables/gates)."),
        (frozenset({4}), "A figure after <= is not called robust: it failed the gates named, a better attack "
                         "may find less."),
    ],
)  # fmt: skip
def test_a_table_says_what_the_gates_say(identity, failed, expected):
    found = below(made_with(identity, {"cobra": PAPER}, failed), gated="worst")
    assert [note for note in found if "gate" in note] == [expected]


def test_one_figure_that_failed_is_enough_for_the_warning(identity):
    cells = made_with(identity, {"cobra": PAPER, "own": PAPER}, frozenset())
    cells[0] = replace(cells[0], result=replace(cells[0].result, failed=frozenset({2})))
    assert any("is not called robust" in note for note in below(cells, gated="worst"))
    assert NOT_JUDGED in below([])  # nothing was run: nothing was judged


def attacked(**changes):
    return {"evaluation": deep_merge({"attack": {"eps": 0.1, "steps": 5, "restarts": 1}}, changes)}


def test_a_combination_tells_all_its_parts_and_whose_gradient_they_follow(identity):
    transfer = {"kind": "apgd", "source": {"methods": ["cl"]}}
    parts = {
        "noise": attacked(attack={"kind": "noise"})["evaluation"],
        "transfer": attacked(attack=transfer, source={"method": "cl", "seed": 3})["evaluation"],
    }
    found = below(made_with(identity, {"cobra": {**PAPER, "parts": parts}}))
    assert [note for note in found if note.startswith("Attack on")] == [
        "Attack on digits: the worst per image of: NOISE, 5 steps x 1 restarts, eps 0.1, target: both; "
        "APGD on cl, seed 3, 5 steps x 1 restarts, eps 0.1, target: both."
    ]


def test_each_attack_behind_a_table_is_told_once(identity):
    lines = {"cobra": PAPER | attacked(), "own": PAPER | attacked(attack={"kind": "a3"})}
    cells = made_with(identity, lines) + made_with(identity, lines)
    told = [note for note in below(cells) if note.startswith("Attack on")]
    assert [note.split(",")[0] for note in told] == ["Attack on digits: A3", "Attack on digits: PGD"]


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        ({}, "PGD, 5 steps x 2 restarts, step size 2.5 x eps / steps, eps 0.1, target: both"),
        ({"kind": "momentum", "step_ratios": [2, 50]},
         "MOMENTUM, 5 steps x 2 restarts, step size 2, 50 x eps / steps, eps 0.1, target: both"),
        ({"kind": "apgd", "objective": "logsumexp", "temperature": 0.25},
         "APGD, 5 steps x 2 restarts, maximum smoothed at temperature 0.25, eps 0.1, target: both"),
        ({"kind": "apgd", "objective": "topk", "neighbours": 3},
         "APGD, 5 steps x 2 restarts, mean of the 3 nearest, eps 0.1, target: both"),
        ({"kind": "apgd", "norm": "l2", "eps": 1.5, "target": "normal"},
         "APGD, 5 steps x 2 restarts, l2 eps 1.5, target: normal"),
        ({"kind": "fab", "false_alarms": 0.01},
         "FAB, 5 steps x 2 restarts, threshold at 1 % false alarms, eps 0.1, target: both"),
        ({"kind": "apgd", "restarts": 5, "stop": {"after": 3, "within": 0.01}},
         "APGD, 5 steps x 5 restarts at most, until 3 of an image agree to 1 % of its gain, eps 0.1, "
         "target: both"),
        ({"keep": "last"},
         "PGD, 5 steps x 2 restarts, step size 2.5 x eps / steps, last iterate, eps 0.1, target: both"),
        ({"kind": "square"}, "SQUARE, 5 steps x 2 restarts, eps 0.1, target: both"),
    ],
)  # fmt: skip
def test_an_attack_in_words(attack, words):
    assert attack_words(AttackSettings(**({"eps": 0.1, "steps": 5, "restarts": 2} | attack))) == words


def impossible(table, datasets):
    found = notes(
        settings(reported=table, datasets=datasets), [], read_reported(ROOT / "config/paper_tables.csv")
    )
    return [note for note in found if "no effective attack gives" in note]


@pytest.mark.parametrize(
    ("table", "row", "figures"),
    [
        ("mvtec_per_category", "carpet", "robust 84.9 above clean 60.7"),
        ("datasets", "mnist", "robust 96.4 above clean 92.8"),
    ],
)
def test_the_papers_cells_that_no_attack_gives_are_named_where_they_are_shown(table, row, figures):
    assert impossible(table, [row]) == [
        f"The paper's COBRA on {row} has {figures}, which no effective attack gives."
    ]
    assert impossible("loss_ablation", [row]) == impossible(None, [row]) == []


def test_cells_of_the_paper_that_a_table_does_not_show_are_not_its_matter():
    assert impossible("datasets", ["cifar10", "fmnist"]) == []


def test_a_score_that_ranks_the_wrong_way_round_is_asked_about_and_has_passed_nothing(identity):
    figures = [Estimate(value, np.full(2, value)) for value in (3.0, 0.0)]
    made = identity.model_copy(update={"settings": PAPER})
    cell = Cell("digits", "0", "own", "similarity", Result(*figures, [made], [], frozenset()))
    found = below([cell], gated="worst")
    asked = "Own on digits, class 0: the clean AUROC is 3.0, far below 50: does a higher score mean more"
    assert any(asked in note for note in found)
    assert not any("passed" in note for note in found)
    sound = replace(cell, result=replace(cell.result, clean=Estimate(45.0, np.full(2, 45.0))))
    found = below([sound], gated="worst")
    assert not any("far below" in note for note in found)
    assert any("passed" in note for note in found)
