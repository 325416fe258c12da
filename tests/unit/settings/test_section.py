"""What all sections share: defaults and documentation, canonical text, ratios, and layers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cobra.attacks.settings import (
    AttackSettings,
    CombinationSettings,
    EvaluationSettings,
    SourceSettings,
    SweepConfig,
)
from cobra.data.settings import DataSettings, PreparationPolicy, TestSubset, TrainingSubset
from cobra.detectors.settings import OwnDetectorConfig, OwnDetectorSettings, ScoreSettings
from cobra.experiment.config import Config, MethodConfig
from cobra.experiment.datasets import DatasetConfig
from cobra.gates.settings import GateConfig
from cobra.reporting.figures.settings import ContactSheetSettings, FigureLayout
from cobra.reporting.tables.settings import BootstrapSettings, HeadlineConfig, TableLayout
from cobra.settings.section import Section, canonical_json, lay_over
from cobra.settings.validation import validate_json
from cobra.training.crafting.settings import CraftingSettings, FilterSettings, HardSettings, MildSettings
from cobra.training.networks.settings import ModelSettings
from cobra.training.settings import AdversarySettings, DetectorSettings, ObjectiveSettings, ScheduleSettings

SECTIONS = [
    ScoreSettings, SourceSettings, AttackSettings, EvaluationSettings, HardSettings, MildSettings,
    FilterSettings, CraftingSettings, DataSettings, DatasetConfig, PreparationPolicy, TestSubset,
    TrainingSubset, AdversarySettings, ModelSettings, ObjectiveSettings, ScheduleSettings, DetectorSettings,
]  # fmt: skip
WITHOUT_DEFAULTS = [
    CombinationSettings, SweepConfig, GateConfig, OwnDetectorConfig, OwnDetectorSettings, FigureLayout,
    ContactSheetSettings, TableLayout, BootstrapSettings, MethodConfig, HeadlineConfig, Config,
]  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_defaults_are_valid_and_come_back_from_a_command_line(section):
    back = validate_json(section, canonical_json(section()), "--settings")
    assert back == section()
    assert canonical_json(back) == canonical_json(section())  # digests are taken of this text


@pytest.mark.parametrize("section", SECTIONS + WITHOUT_DEFAULTS)
def test_every_field_is_documented(section):
    resolved = {"attack", "source"} if section is EvaluationSettings else set()  # sections, or empty
    for name, field in section.model_fields.items():
        nested = isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        assert field.description or nested or name in resolved, name


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


def test_settings_do_not_change_after_validation():
    with pytest.raises(ValidationError, match="frozen"):
        AttackSettings().steps = 3


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
