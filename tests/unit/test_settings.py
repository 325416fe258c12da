import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cobra.errors import UserError
from cobra.settings.attack import AttackSettings, EvaluationSettings, ScoreSettings
from cobra.settings.base import Section, canonical_json, lay_over
from cobra.settings.crafting import CraftingSettings, FilterSettings, HardSettings, MildSettings
from cobra.settings.data import DataSettings, PreparationPolicy, TestSubset, TrainingSubset
from cobra.settings.dataset import DatasetConfig
from cobra.settings.detector import (
    AdversarySettings,
    DetectorSettings,
    ModelSettings,
    ObjectiveSettings,
    ScheduleSettings,
)
from cobra.settings.errors import validate, validate_json
from cobra.settings.tables import TableLayout

SECTIONS = [
    ScoreSettings, AttackSettings, EvaluationSettings, HardSettings, MildSettings, FilterSettings,
    CraftingSettings, DataSettings, DatasetConfig, PreparationPolicy, TestSubset, TrainingSubset,
    AdversarySettings, ModelSettings,
    ObjectiveSettings, ScheduleSettings, DetectorSettings,
]  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_defaults_are_valid_and_come_back_from_a_command_line(section):
    back = validate_json(section, canonical_json(section()), "--settings")
    assert back == section()
    assert canonical_json(back) == canonical_json(section())  # digests are taken of this text


@pytest.mark.parametrize("section", SECTIONS)
def test_every_field_is_documented(section):
    for name, field in section.model_fields.items():
        nested = isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        assert field.description or nested or name == "attack", name


@given(eps=st.floats(0, 1), rate=st.floats(1e-12, 1e6), decay=st.floats(0, 1e-3))
def test_numbers_survive_the_command_line_exactly(eps, rate, decay):
    # JSON writes 1e-07, which YAML takes for a text
    settings = DetectorSettings.model_validate(
        {"adversary": {"eps": eps}, "schedule": {"learning_rate": rate, "weight_decay": decay}}
    )
    assert validate_json(DetectorSettings, canonical_json(settings), "--settings") == settings


@pytest.mark.parametrize("title", ["plain", "ü – “quoted” 'x'", 'a "b" \\ c', "𝓛_COBRA 😀", "{x}: y # z"])
def test_texts_survive_the_command_line_exactly(title):
    layout = TableLayout(title=title, rows="methods", datasets=["digits"], methods=["cobra"], attack="pgd")
    assert validate_json(TableLayout, canonical_json(layout), "--settings") == layout


@pytest.mark.parametrize(
    ("text", "value"),
    [("4/255", 4 / 255), (" 4 / 255 ", 4 / 255), ("0.1", 0.1), ("1e-3", 1e-3), (0.1, 0.1), (0, 0)],
)
def test_a_budget_may_be_a_ratio(text, value):
    assert AttackSettings(eps=text).eps == value


@pytest.mark.parametrize(
    "text", ["4/0", "four", "", "nan", "1e400", "256/255", "-1/255", float("nan"), 1.01, -0.1]
)
def test_a_budget_that_is_none_is_refused(text):
    with pytest.raises(UserError, match=r"^here: eps"):
        validate(AttackSettings, {"eps": text}, "here")


@pytest.mark.parametrize(
    ("section", "data", "sentence"),
    [
        (AttackSettings, {"stps": 3}, "here: stps is not a setting (did you mean 'steps')."),
        (ScoreSettings, {"xyz": 3}, "here: xyz is not a setting (known here: kind, space)."),
        (EvaluationSettings, {"attack": {"stps": 3}},
         "here: attack.stps is not a setting (did you mean 'steps')."),
        (DetectorSettings, {"crafting": {"mild": {"flp": 1}}},
         "here: crafting.mild.flp is not a setting (did you mean 'flip')."),
        (AttackSettings, {"steps": 0},
         "here: steps: Input should be greater than or equal to 1 (given: 0)."),
        (AttackSettings, {"step_ratios": [2.5, -1]},
         "here: step_ratios.1: Input should be greater than 0 (given: -1)."),
        (ScoreSettings, {"kind": "x"},
         "here: kind: Input should be 'similarity', 'classifier' or 'combined' (given: 'x')."),
        (AttackSettings, {"eps": "4/0"},
         "here: eps: '4/0' is neither a number nor a ratio such as 4/255 (given: '4/0')."),
        (TableLayout, {"title": "t", "rows": "methods", "datasets": ["d"], "methods": ["m"]},
         "here: attack is missing."),
    ],
)  # fmt: skip
def test_a_fault_is_one_sentence_that_names_the_key(section, data, sentence):
    with pytest.raises(UserError) as caught:
        validate(section, data, "here")
    assert str(caught.value) == sentence


def test_each_fault_has_its_own_line():
    with pytest.raises(UserError) as caught:
        validate(AttackSettings, {"steps": 0, "restarts": 0}, "here")
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == [" steps", " restarts"]


@pytest.mark.parametrize(
    ("section", "data", "part"),
    [
        (HardSettings, {"kinds": {"scar": 1}}, "min_kinds=1 <= max_kinds=2 <= 1"),
        (HardSettings, {"min_kinds": 3}, "min_kinds=3 <= max_kinds=2"),
        (HardSettings, {"kinds": {"scar": 0, "cutout": 1}}, "every frequency in kinds must be above 0"),
        (HardSettings, {"kinds": {"blur": 1}}, "kinds.blur"),
        (HardSettings, {"kinds": {}}, "kinds: Dictionary should have at least 1 item"),
        (ScheduleSettings, {"epochs": 3}, " exceeds epochs=3"),
        (ObjectiveSettings, {"contrastive": "none", "classification": False}, "nothing is left to train"),
        (ScheduleSettings, {"batch_size": 1}, "batch_size: Input should be greater than or equal to 2"),
        (ScheduleSettings, {"learning_rate": float("inf")}, "learning_rate: Input should be a finite number"),
        (FilterSettings, {"significance": 1}, "significance: Input should be less than 1"),
        (MildSettings, {"flip": 1.5}, "flip: Input should be less than or equal to 1"),
        (AttackSettings, {"step_ratios": []}, "step_ratios: List should have at least 1 item"),
    ],
)
def test_values_that_make_no_sense_are_refused(section, data, part):
    with pytest.raises(UserError) as caught:
        validate(section, data, "here")
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_do_not_change_after_validation():
    with pytest.raises(ValidationError, match="frozen"):
        AttackSettings().steps = 3


@pytest.mark.parametrize("text", ["", "[1]", "3", "{", "null"])
def test_settings_that_are_no_object_are_refused(text):
    with pytest.raises(UserError, match=r"^--settings is not a JSON object: .*\.$"):
        validate_json(AttackSettings, text, "--settings")


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([{"model": {"width": 8}}], {"model": {"width": 8}}),
        (
            [{"model": {"width": 8, "stem": "low"}}, {"model": {"width": 4}}],
            {"model": {"width": 4, "stem": "low"}},
        ),
        (
            [{"crafting": {"hard": {"max_kinds": 1}}}, {"crafting": {"hard": {"min_kinds": 1}}}],
            {"crafting": {"hard": {"max_kinds": 1, "min_kinds": 1}}},
        ),
        # what is no section is replaced whole: a method can leave a kind out
        (
            [
                {"crafting": {"hard": {"kinds": {"scar": 1, "cutout": 1}}}},
                {"crafting": {"hard": {"kinds": {"scar": 2}}}},
            ],
            {"crafting": {"hard": {"kinds": {"scar": 2}}}},
        ),
        ([{"modle": {"width": 8}}, {"modle": {"stem": "low"}}], {"modle": {"stem": "low"}}),
    ],
)
def test_later_layers_lie_over_earlier_ones(layers, expected):
    before = json.dumps(layers)
    assert lay_over(DetectorSettings, *layers) == expected
    assert json.dumps(layers) == before  # the layers themselves stay
