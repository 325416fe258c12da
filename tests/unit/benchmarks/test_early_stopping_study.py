"""Rules that spare restarts, replayed from score files: the same as attacks that follow them."""

import json
import sys
from functools import partial

import pytest
import torch
from attacked_files import FULL, TEST, attacked_file

from benchmarks.studies import early_stopping
from cobra.attacks.attack import agreed
from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies.a3 import idle
from cobra.errors import UserError

STOP = {"after": 2, "within": 0.3}


@pytest.fixture
def attacked(tmp_path, identity):
    return partial(attacked_file, tmp_path, identity)


def steps_taken(found, kind):
    gradients = kind not in ("square", "search", "noise")
    clean, started = len(TEST.images), FULL["steps"] + 1
    looks = (found.budget.forward - 2 * clean) / started  # clean scores: of the blocks alone
    return found.budget.gradient / FULL["steps"] if gradients else looks + clean / started


@pytest.mark.parametrize("target", ["both", "normal"])
@pytest.mark.parametrize("kind", ["pgd", "momentum", "apgd", "square"])
def test_a_rule_replayed_finds_and_saves_what_the_attack_does(attacked, kind, target):
    full, _ = attacked("full", kind=kind, target=target)
    _, found = attacked("frugal", kind=kind, target=target, stop=STOP)
    run = early_stopping.full_run(full)
    rule = partial(agreed, rule=AttackSettings.model_validate(FULL | {"stop": STOP}).stop)
    trace, skipped = early_stopping.replayed(run, rule)
    direction = torch.where(TEST.is_anomaly, -1.0, 1.0)
    names = [name for name in found.columns if name.startswith("r")]
    really = torch.stack([direction * found.columns[name] for name in names], dim=1)
    assert torch.equal(trace.flatten(1), really)
    whole = run.attacked.sum() * FULL["restarts"]
    assert 0 < skipped.sum() < whole
    assert steps_taken(found, kind) == pytest.approx(int(whole - skipped.sum()))
    assert early_stopping.spared(run, rule)["saved"] == pytest.approx(float(skipped.sum() / whole))


def test_the_auroc_replayed_is_that_of_the_columns(attacked):
    path, found = attacked("full")
    run = early_stopping.full_run(path)
    whole = early_stopping.auroc(found.columns["attacked"].numpy(), TEST.is_anomaly.numpy())
    assert run.auroc(run.trace) == whole
    three = early_stopping.spared(run, partial(early_stopping.fewer, 3))
    _, short = attacked("short", restarts=3)
    left = early_stopping.auroc(short.columns["attacked"].numpy(), TEST.is_anomaly.numpy())
    assert (three["saved"], three["rise"]) == (0.5, left - whole)
    assert early_stopping.spared(run, partial(early_stopping.fewer, 6))["saved"] == 0


def test_a_rule_that_every_image_meets_spares_all_that_it_may(attacked):
    run = early_stopping.full_run(attacked("full")[0])
    _, skipped = early_stopping.replayed(run, partial(idle, after=1, gain=1))
    assert skipped.sum(dim=0).tolist() == [0, 0, 13, 13, 13, 13]


def printed(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["early_stopping.py", *map(str, arguments)])
    early_stopping.main()


def test_the_table_has_every_rule_and_a_heading_per_group(attacked, monkeypatch, tmp_path, capsys):
    files = [attacked(name, kind=name)[0] for name in ("pgd", "apgd")]
    output = tmp_path / "found.json"
    printed(
        monkeypatch, *files, "--after", 2, "--within", 0.3, "--fewer", 3, "--output", output,
    )  # fmt: skip
    text = capsys.readouterr().out
    assert output.with_suffix(".md").read_text().strip() == text.strip()
    for part in ("## Restarts spared: pgd\n\nfiles 1, ", "## Restarts spared: apgd\n",
                 "| 2 agree to 30 % ", "| 2 gain no 30 % ", "| 3 restarts "):  # fmt: skip
        assert part in text
    found = json.loads(output.read_text())["attacks"]
    assert list(found) == ["pgd", "apgd"]
    assert found["pgd"]["3 restarts"][0]["saved"] == 0.5


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": "a3"}, "is of no attack that makes all restarts"),
        ({"stop": STOP}, "is of no attack that makes all restarts"),
    ],
    ids=str,
)
def test_files_of_attacks_that_spare_restarts_already_are_refused(attacked, changes, sentence):
    with pytest.raises(UserError, match=sentence):
        early_stopping.full_run(attacked("made", **changes)[0])
