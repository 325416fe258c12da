"""Whole classes without Snakemake: the commands of the rules, in pieces, and nothing is left to do."""

import json
import shlex
import signal
import subprocess
import time

import pytest

from cobra.locks import is_held
from workflow.conftest import checkout
from workflow.faults import patched, sentence_in

FOLDER = "results/digits/0/cobra/seed0/"
DETECTOR = FOLDER + "detector.pt"
SCORES = FOLDER + "scores/similarity/{}.parquet"
LONG = {
    "detector.schedule.epochs": 100,
    "attacks.pgd": {"steps": 150, "restarts": 4},
    "methods.cobra.scores": ["similarity"],
}
WITHOUT = """
import sys
for name in ("snakemake", "matplotlib", "requests", "tabulate"):
    sys.modules[name] = None
"""

pytestmark = pytest.mark.workflow


def command(*options):
    named = ("--configfile", "tiny.yaml", "--dataset", "digits", "--class", "0", "--methods", "cobra")
    return ("python", "workflow/run_classes.py", *named, *options)


def run(project, *options):
    return project.run(*command("--attacks", "pgd", *options))


def record(project, path):
    return json.loads((project / path).with_suffix(".run.json").read_text())


def in_pieces(project):
    """What each call said, until all is done or something is wrong. On a busy machine a piece may be over
    before anything is saved, so each is longer than the last.
    """
    said, minutes = [], 0.1
    while not said or said[-1].returncode == 3 or "saved nothing" in said[-1].stderr:
        said.append(run(project, "--minutes", str(minutes)))
        minutes *= 1.15
    return said


def words(line):
    """A shell line's words, without what a rule's own number of threads is."""
    found = shlex.split(line)
    found[found.index("--threads") + 1] = "N"
    return found


def test_its_commands_are_those_of_the_rules(fresh):
    fresh.configure(
        {
            "attacks.transfer": {"kind": "apgd", "steps": 2, "source": {"methods": ["standard", "cobra"]}},
            "combinations": {"worst": {"parts": ["pgd", "transfer"]}},
        }
    )
    done = fresh.run(*command("--attacks", "worst", "-n"))
    assert done.returncode == 0, done.stderr
    printed = {shlex.split(line)[shlex.split(line).index("--output") + 1]: words(line)
               for line in done.stdout.splitlines()}  # fmt: skip
    assert len(printed) == 9  # prepare, two detectors, and by two scores: clean, pgd, transfer
    lines = fresh.shell_lines(*printed)
    assert printed == {output: words(line) for output, line in lines.items()}


@pytest.mark.quiet  # pieces are stopped by the clock
def test_pieces_end_in_what_snakemake_makes_and_leave_it_nothing_to_do(tmp_path):
    pieces, whole = checkout(tmp_path / "pieces"), checkout(tmp_path / "whole")
    targets = [DETECTOR, SCORES.format("clean"), SCORES.format("pgd")]
    for project in (pieces, whole):
        project.configure(LONG)
    patched(pieces, WITHOUT)
    said = in_pieces(pieces)
    (pieces / "sitecustomize.py").unlink()
    assert said[-1].returncode == 0, said[-1].stderr
    assert len(said) > 1
    assert any("; stopped: " in done.stdout and "; left: " in done.stdout for done in said)
    assert said[-1].stdout.startswith("4 of 4 jobs done, ")
    assert record(pieces, DETECTOR)["starts"] > 1
    whole.make(*targets)
    ours, theirs = pieces.contents(), whole.contents()
    assert {name: theirs.get(name) for name in ours} == ours
    assert {name.split("/")[0] for name in theirs.keys() - ours.keys()} == {
        "code"
    }  # of rules that did not run
    assert pieces.scratch() == []
    assert pieces.plan(*targets) == {}
    assert not {"prepare_dataset", "score_detector"} & set(pieces.plan())
    shown = pieces.run("cobra", "show", DETECTOR)
    assert "code first run" in shown.stdout
    assert "no book of codes" not in shown.stdout


def test_what_snakemake_made_is_not_made_again(finished):
    done = run(finished, "-n")
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["scripts/score_detector.py"] * 2


def test_what_the_configuration_would_not_make_stops_it(project):
    project.configure({"detector.schedule.epochs": 3})
    done = run(project)
    assert "epochs: 2 -> 3): remove it" in sentence_in(done.stderr, done.returncode)


def test_scores_of_another_detector_stop_it(project):
    (project / FOLDER).rename(project / "kept")
    project.configure({"seeds": [0, 1]})
    assert run(project, "--seeds", "0", "--attacks").returncode == 0
    (project / DETECTOR).write_bytes((project / "kept/detector.pt").read_bytes() + b"\n")
    (project / "kept/scores").rename(project / FOLDER / "again")
    (project / FOLDER / "scores").rename(project / "old")
    (project / FOLDER / "again").rename(project / FOLDER / "scores")
    done = run(project)
    assert f"made from another {DETECTOR}" in sentence_in(done.stderr, done.returncode)


def test_a_piece_too_short_to_save_anything_says_so(project):
    project.configure(LONG | {"detector.crafting.filter.epochs": 100_000})
    for path in (project / FOLDER).rglob("*.*"):
        path.unlink()
    done = run(project, "--minutes", "0.1")
    said = sentence_in(done.stderr, done.returncode)
    assert said.startswith(f"error: {DETECTOR} saved nothing in 6.0 s, ")


def test_a_job_that_fails_is_told_by_its_own_sentence(project):
    project.configure({"detector.schedule.learning_rate": 1e30})
    for path in (project / FOLDER).rglob("*.*"):
        path.unlink()
    done = run(project)
    said = sentence_in(done.stderr, done.returncode)
    assert said.startswith(f"error: {DETECTOR} failed: error: The training loss is nan in epoch")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--class", "10"], "--class names '10', which is none of: 0, 1."),
        (["--methods", "cobar"], "--methods names 'cobar', which is none of: standard, cobra."),
        (["--attacks", "pdg"], "--attacks names 'pdg', which is none of: pgd."),
        (["--seeds", "7"], "--seeds names '7', which is none of: 0."),
        (["--configfile", "none.yaml"], "none.yaml cannot be read as a configuration file"),
    ],
)
def test_an_unknown_name_is_told(finished, options, told):
    done = run(finished, *options)
    assert told in sentence_in(done.stderr, done.returncode)


def test_stopped_itself_it_takes_its_job_with_it(project):
    project.configure(LONG | {"detector.schedule.epochs": 5000})
    for path in (project / FOLDER).rglob("*.*"):
        path.unlink()
    process = subprocess.Popen(command(), cwd=project.folder, env=project.env, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 60
        while not list((project / ".scratch").glob("*/heartbeat.json")):
            assert time.monotonic() < deadline, "no training began"
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 143
    assert b"stopped by SIGTERM" in said
    assert [is_held(folder) for folder in project.scratch()] == [False]
