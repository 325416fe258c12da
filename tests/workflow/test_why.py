"""What would run, said before anything runs: because of which difference, and for how long."""

import json
import re
import shutil

import pytest
from edits import added, reported, settings, together

SCORES = "results/digits/0/cobra/seed0/scores/similarity/pgd.parquet"
DETECTOR = "results/digits/0/cobra/seed0/detector.pt"

pytestmark = pytest.mark.workflow


def explained(project, *options):
    done = project.run("python", "-m", "workflow.commands.why", "--configfile", "tiny.yaml", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def causes(text):
    """The jobs by rule below each cause."""
    found = {}
    for block in text.strip().split("\n\n")[1:]:
        heading, *lines = block.strip().splitlines()
        if heading.startswith("because "):
            rows = (re.match(r" +(\d+) (\w+)", line).groups() for line in lines)
            found[heading.removeprefix("because ").rstrip(":")] = {rule: int(count) for count, rule in rows}
    return found


def removed(*paths):
    return lambda project: [(project / path).unlink() for path in paths]


AGAIN = "what they read is made again"
TRACED = {"trace_table": 2}
TABLES = {"make_table": 2, "make_audit": 1, **TRACED}
UNKNOWN = "code changed (which files is not known: the run that made them left no list)"
MORE = "classes.digits: ['0', '1'] -> ['0', '1', '2']; {} new inputs, such as results/digits/2/{}/pgd.parquet"
EDITS = {
    "a setting": (
        settings(methods__cobra__detector__schedule__epochs=3),
        {"schedule.epochs: 2 -> 3": {"train_detector": 2}, AGAIN: {"attack_detector": 4, **TABLES}},
    ),
    "two settings": (
        settings(attacks__pgd__steps=2, attacks__pgd__restarts=3),
        {"attack.restarts: 2 -> 3; attack.steps: 3 -> 2": {"attack_detector": 6}, AGAIN: TABLES},
    ),
    "a module, and a setting": (
        together(added("cobra/attacks/attack.py"), settings(attacks__pgd__steps=4)),
        {"attack.steps: 3 -> 4; cobra/attacks/attack.py changed": {"attack_detector": 6}, AGAIN: TABLES},
    ),
    "a module more": (
        together(
            lambda project: (project / "cobra/more.py").write_text("VALUE = 1\n"),
            lambda project: (project / "cobra/attacks/attack.py").write_text(
                (project / "cobra/attacks/attack.py").read_text() + "\nimport cobra.more\n"
            ),
        ),
        {"cobra/attacks/attack.py changed; cobra/more.py is now used": {"attack_detector": 6}, AGAIN: TABLES},
    ),
    "a class more": (
        settings(datasets__digits__classes=["0", "1", "2"]),
        {
            "they were never made": {"attack_detector": 3, "train_detector": 2},
            MORE.format(3, "cobra/seed0/scores/classifier"): {"make_table": 1},
            MORE.format(2, "cobra/seed0/scores/classifier"): {"make_table": 1},
            AGAIN: {"make_audit": 1, **TRACED},
        },
    ),
    "files": (
        together(removed(SCORES), reported),
        {
            "their files are gone": {"attack_detector": 1},
            "config/paper_tables.csv is newer": {"make_table": 2},
            AGAIN: {"make_audit": 1, **TRACED},
        },
    ),
    "code, after a run that left no list of its files": (
        together(
            added("cobra/attacks/attack.py"),
            settings(attacks__pgd__steps=4),
            lambda project: shutil.rmtree(project / "results/code"),
        ),
        {
            f"attack.steps: 3 -> 4; {UNKNOWN}": {"attack_detector": 6},
            AGAIN: TABLES,
        },
    ),
    "nothing": (together(), {}),
}


@pytest.mark.parametrize("name", EDITS)
def test_the_difference_behind_every_job_is_named(project, name):
    edit, expected = EDITS[name]
    edit(project)
    text = explained(project)
    found = causes(text)
    assert found == expected
    count = sum(sum(jobs.values()) for jobs in expected.values())
    assert text.startswith(f"{count} of ")


def test_what_ran_and_why_is_kept(project):
    log = project / "results/logs/why.log"
    first = log.read_text()
    assert causes(first)["they were never made"].keys() >= {"prepare_dataset", "train_detector"}
    project.configure({"bootstrap": {"resamples": 101}})
    project.make()
    project.make()  # nothing to do, nothing to tell
    added = log.read_text().removeprefix(first)
    assert re.match(r"# \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n", added)
    assert added.count("UTC") == 1
    assert causes(added)["bootstrap.resamples: 100 -> 101"] == {"make_table": 2}


def test_jobs_that_ran_tell_how_long_such_jobs_take(project):
    project.configure({"detector.schedule.epochs": 2000})
    text = explained(project)
    found = re.search(r"([\d.]+) (s|min|h)(?: \(.*\))? train_detector \(from recorded times\)", text)
    assert (
        float(found[1]) * {"s": 1, "min": 60, "h": 3600}[found[2]] > 40
    )  # 4 trainings of 0.1 s or so, x 1000


def test_where_none_ran_a_gradient_is_timed(fresh):
    text = explained(fresh)
    assert causes(text) == {
        "they were never made": {"attack_detector": 6, "prepare_dataset": 1, "train_detector": 4, **TABLES}
    }
    assert re.search(r"train_detector \(measured just now on cpu .*\)", text)
    assert re.search(
        r"by table, .*:\n .* losses\n .* datasets, 0.0 s more than the tables above\n .* in all", text
    )
    assert re.search(r"memory:\n  a training step of digits, \w+, needs [\d.]+ GiB", text)


def test_rates_of_another_device_are_taken_in_place_of_what_ran_here(project):
    project.configure({"detector.schedule.epochs": 3})
    model = {"backbone": "resnet10", "width": 2, "stem": "low", "side": 16, "precision": "fp32"}
    fast = {"low": 1e9, "typical": 1e9, "high": 1e9}
    rate = model | {
        "gradients_per_second": fast,
        "views_per_second": fast,
        "basis": "assumed",
        "source": "a test",
    }
    rates = {"card": "a card", "memory_gib": 1e-6, "rates": [rate]}
    (project / "rates.json").write_text(json.dumps(rates))
    text = explained(project, "--assume", "rates.json")
    assert re.search(r"20\.0 s train_detector \(at rates assumed for a card, rates\.json\)", text)  # 4 starts
    assert re.search(
        r"TOO MUCH: a training step .* of 0 on a card; lower detector\.schedule\.batch_size", text
    )


def test_files_that_came_without_records_are_taken_if_they_are_what_would_be_made(project):
    shutil.rmtree(project / ".snakemake")
    (project / "results/tables/losses.csv").unlink()
    assert project.plan() == {"make_table": 1, "trace_table": 1, "make_audit": 1, "demo": 1}
    project.make()


def test_files_that_came_without_records_and_are_something_else_stop_the_run(project):
    shutil.rmtree(project / ".snakemake")
    (project / "results/tables/losses.csv").unlink()
    project.configure({"methods.cobra.detector": {"schedule": {"epochs": 3}}})
    text = explained(project)
    assert f"{DETECTOR} is not what this configuration makes (schedule.epochs: 2 -> 3): remove it" in text
    done = project.snakemake()
    assert done.returncode != 0
    assert "came without Snakemake's records" in done.stderr
    assert "(schedule.epochs: 2 -> 3): remove it" in done.stderr
    assert not (project / "results/tables/losses.csv").exists()


def test_a_line_tells_how_far_a_run_is(project):
    def line():
        done = project.run("python", "-m", "workflow.commands.progress", "--configfile", "tiny.yaml")
        assert done.returncode == 0, done.stderr
        return done.stdout

    jobs = int(re.fullmatch(r"all (\d+) jobs done\n", line())[1])
    project.configure({"methods.cobra.detector": {"schedule": {"epochs": 200}}})
    left = 2 + 4 + 2 + 1 + 2  # trainings, attacks, tables, audit, provenance
    counts = f"{jobs - left} of {jobs} jobs done, 0 running, {left} waiting; "
    assert re.fullmatch(
        re.escape(counts) + r".* left with 1 at once, until .*; next table: losses, .*\n", line()
    )
