"""docs/released-code.md names every value of the released code that the settings state."""

from pathlib import Path

import pytest
import yaml

from cobra.experiment.config import Config
from cobra.experiment.reading import make_config

PAGE = (Path(__file__).parents[3] / "docs" / "released-code.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and ("`" in line or "kind" in line)]
OF_OTHER_METHODS = ("ViewSettings", "SimulationSettings", "CourseSettings")  # of baselines: their own papers


def stated():
    """(name, value) of the fields of our settings that state a value of the released code."""
    for model, schema in Config.model_json_schema()["$defs"].items():
        if not model.endswith(OF_OTHER_METHODS):
            for name, field in schema.get("properties", {}).items():
                if "released" in field:
                    yield name, field["released"]


def words(value):
    """A value as the page writes it: the first item of what is not a number alone."""
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, list):
        return [str(item) for item in value]
    return [part.strip() for part in str(value).replace(":", ";").split(";")][:1]


@pytest.mark.parametrize(("name", "value"), list(stated()), ids=lambda each: str(each)[:30])
def test_the_page_has_a_row_with_the_setting_and_its_value(name, value):
    rows = [row for row in ROWS if any(f"{prefix}{name}`" in row for prefix in ("`", ".", "`."))]
    assert rows
    assert any(all(word in row for word in words(value)) for row in rows), (value, rows)


def test_every_row_names_a_file_of_the_released_code():
    rows = [row for row in ROWS if not row.startswith(("| setting", "|---"))]
    assert len(rows) > 40
    assert [row for row in rows if ".py:" not in row and "config.json" not in row] == []


HIGH = {
    "crafting": ["crafted_from"],
    "crafting.mild": ["flip", "crop_max_area"],
    "crafting.filter": ["enabled"],
    "model": ["normalised"],
    "ensemble": ["fitted"],
    "objective": ["contrastive", "classification", "temperature"],
    "adversary": ["terms", "steps", "step_ratio"],
    "schedule": ["batch_size", "warmup_from", "warmup_epochs", "learning_rate"],
}


def test_what_the_page_shows_for_high_resolution_has_the_released_values():
    shown = yaml.safe_load(PAGE.split("```yaml")[1].split("```")[0])
    others = {"datasets": {"mvtec": {}}, "scores": {"ensemble": {"kind": "ensemble"}}}
    config = make_config({**others, **shown, "attacks": {"pgd": {}}, "tables": {}}, "page")
    settings = config.detector_settings("mvtec", "released", "bottle")
    assert settings.crafting.hard.kinds == {"scar_released": 1}
    assert settings.ensemble_crafting == settings.crafting  # no crop in either
    assert settings.crafting.mild.crop_min_area == 1
    for path, names in HIGH.items():
        section = settings
        for part in path.split("."):
            section = getattr(section, part)
        for name in names:
            assert getattr(section, name) == type(section).model_fields[name].json_schema_extra["released"]
