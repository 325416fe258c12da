"""Tables whose rows are attacks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cobra.errors import UserError
from cobra.metrics import Estimate
from cobra.reporting.tables.cells import MEAN, Cell, Result
from cobra.reporting.tables.notes import notes
from cobra.reporting.tables.settings import TableLayout, TableSettings
from cobra.reporting.tables.table import table_frame
from cobra.settings.validation import validate

LAYOUT = {"title": "T", "rows": "attacks", "datasets": ["digits"], "methods": ["cobra", "cl"]}
SETTINGS = {
    "layout": LAYOUT | {"attacks": ["noise", "apgd"]},
    "classes": {"digits": ["0"]},
    "paper_eps": {"digits": 4 / 255},
    "methods": {
        "cobra": {"label": "COBRA", "reported": [], "scores": ["similarity", "classifier"]},
        "cl": {"label": "CL", "reported": [], "scores": ["similarity"]},
    },
    "seeds": [0],
    "bootstrap": {"resamples": 100},
}
EMPTY = pd.DataFrame(columns=["table", "row", "method", "clean_auroc", "robust_auroc"])


def result(clean, robust):
    return Result(*(Estimate(v, np.array([v - 2.0, v + 2.0])) for v in (clean, robust)), [], [])


def cell(method, attack, found, score="similarity", normal=MEAN):
    return Cell("digits", normal, method, score, found, attack=attack)


CELLS = [
    cell("cobra", "noise", result(90, 1), normal="0"),  # a class's own cell must not show
    cell("cobra", "noise", result(90, 80)),
    cell("cobra", "apgd", result(90, 40)),
    cell("cobra", "noise", result(70, 60), score="classifier"),
    cell("cobra", "apgd", None, score="classifier"),
    cell("cl", "noise", None),
    cell("cl", "apgd", None),
]


def test_attacks_are_rows_and_clean_images_come_first():
    frame = table_frame(TableSettings.model_validate(SETTINGS), CELLS, EMPTY)
    assert frame.to_dict("list") == {
        "Attack": ["none", "noise", "apgd"],
        "digits, COBRA": ["90.0", "80.0 [78.1, 81.9]", "40.0 [38.1, 41.9]"],
        "digits, COBRA, classifier score": ["70.0", "60.0 [58.1, 61.9]", "not run"],
        "digits, CL": ["not run"] * 3,
    }
    below = notes(TableSettings.model_validate(SETTINGS), CELLS, EMPTY)
    assert "under each attack (none: clean)" in below[0]


def test_cells_say_what_failed_gates_and_what_does_not_apply():
    failed = replace(result(90, 40), failed=frozenset({10, 4}))
    found = [
        cell("cobra", "noise", result(90, 80)),
        cell("cobra", "apgd", failed),
        replace(cell("cl", "noise", None), applies=False),
        cell("cl", "apgd", result(70, 60)),
    ]
    frame = table_frame(TableSettings.model_validate(SETTINGS), found, EMPTY)
    assert frame["digits, COBRA"].tolist() == [
        "90.0",
        "80.0 [78.1, 81.9]",
        "<= 40.0 [38.1, 41.9] (fails gate 4, 10)",
    ]
    assert frame["digits, CL"].tolist() == ["70.0", "not applicable", "60.0 [58.1, 61.9]"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "a table with rows: attacks needs attacks, a list, and no attack"),
        ({"attack": "apgd", "attacks": ["apgd"]}, "a table with rows: attacks needs attacks"),
        ({"rows": "methods", "attack": "apgd", "attacks": ["apgd"]}, "attacks is for rows: attacks"),
        ({"rows": "methods"}, "attack is missing"),
    ],
)
def test_a_table_has_one_attack_or_rows_of_them(changes, sentence):
    with pytest.raises(UserError, match=sentence):
        validate(TableLayout, LAYOUT | changes, "tables.t")


def test_attacks_behind_a_table():
    assert TableSettings.model_validate(SETTINGS).layout.all_attacks == ["noise", "apgd"]
    one = validate(TableLayout, LAYOUT | {"rows": "methods", "attack": "apgd"}, "tables.t")
    assert one.all_attacks == ["apgd"]
