"""The configuration's schema and the configurations that the repository ships."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from cobra.experiment.config import Config
from cobra.experiment.reading import make_config
from cobra.sharing.leaderboard.record import Record

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow/schemas/config.schema.json"
OF_RECORDS = ROOT / "workflow/schemas/record.schema.json"
SHIPPED = sorted(path.relative_to(ROOT / "config").as_posix() for path in (ROOT / "config").rglob("*.yaml"))

pytestmark = pytest.mark.workflow


def test_the_schema_is_the_one_of_the_settings():
    fresh = Config.model_json_schema()
    assert json.loads(SCHEMA.read_text()) == fresh, "the schema is out of date: run `make schema`"


def test_the_schema_of_records_is_the_one_of_the_leaderboard():
    assert json.loads(OF_RECORDS.read_text()) == Record.model_json_schema(), "out of date: run `make schema`"


def test_the_demo_and_the_paper_are_shipped():
    assert {"config.yaml", "paper.yaml"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_configurations_are_valid(name):
    data = yaml.safe_load((ROOT / "config" / name).read_text())
    assert make_config(data, name).tables
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))


def test_the_schema_refuses_what_the_settings_refuse():
    data = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    data["detector"]["schedule"]["epoch"] = 3
    with pytest.raises(jsonschema.ValidationError, match="epoch"):
        jsonschema.validate(data, json.loads(SCHEMA.read_text()))
