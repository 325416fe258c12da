"""The SLURM profile keeps up with the rules. What SLURM makes of it: tests/slurm."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROFILE = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
RULE = re.compile(r"^rule (\w+):\n((?:    .*\n|\n)+)", re.M)
TEXT = "\n".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
RULES = {name: body for name, body in RULE.findall(TEXT) if "shell:" in body}  # no targets
LOCAL = {"download_file"}  # runs where Snakemake does


def asked(name):
    """A rule's own resources."""
    return {
        key: int(value) for key, value in re.findall(r"^ +(gpu|mem_mb|runtime)=(\d+),$", RULES[name], re.M)
    }


@pytest.mark.parametrize("name", sorted(RULES.keys() - LOCAL))
def test_each_attempt_of_a_rule_asks_for_more_time_and_memory(name):
    given, own = PROFILE["set-resources"][name], asked(name)
    for attempt in (1, 2, 3):
        assert eval(given["mem_mb"], {"attempt": attempt}) == attempt * own["mem_mb"]
        minutes = eval(given["runtime"], {"attempt": attempt})
        assert minutes % attempt == 0
        assert minutes // attempt <= own["runtime"]


def test_the_jobs_of_a_group_take_turns():
    for name in PROFILE["groups"]:
        shared = asked(name) | PROFILE["set-resources"][name]
        assert any(
            shared.get(resource) == PROFILE["resources"][resource] == 1 for resource in ("gpu", "turn")
        )
    assert set(PROFILE["set-resource-scopes"].values()) == {"local"}


def test_all_that_the_profile_names_is_a_rule():
    assert set(PROFILE["set-resources"]) | set(PROFILE["groups"]) <= set(RULES)
