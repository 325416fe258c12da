"""What runs again after a change: each edit beside the jobs it must bring, counted, and no others."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from edits import added, comment, docstring, reported, settings, together

pytestmark = pytest.mark.workflow

TRACED = {"trace_table": 2, "demo": 1}
TABLES = {"make_table": 2, "make_audit": 1, **TRACED}
ATTACKS = {"attack_detector": 6, **TABLES}
TRAININGS = {"train_detector": 4, **ATTACKS}
ALL = {"prepare_dataset": 1, **TRAININGS}


MATRIX = {
    # code
    "comments": (together(comment("cobra/attacks/attack.py"), comment("scripts/train_detector.py")), {}),
    "docstrings": (together(docstring("cobra/attacks/attack.py"), docstring("cobra/training/losses.py")), {}),
    "attack": (added("cobra/attacks/attack.py"), ATTACKS),
    "objectives": (added("cobra/training/losses.py"), TRAININGS),
    "training": (added("cobra/training/trainer.py"), TRAININGS),
    "evaluation": (added("cobra/attacks/evaluation.py"), ATTACKS),
    "the store of prepared data": (added("cobra/data/prepared.py"), ALL),
    "hard transformations": (added("cobra/training/crafting/hard.py"), TRAININGS),
    "parent package": (added("cobra/training/crafting/__init__.py"), TRAININGS),
    "script": (added("scripts/train_detector.py"), TRAININGS),
    "metrics": (added("cobra/metrics.py"), TABLES),
    "rendering": (added("cobra/reporting/pages/render.py"), TABLES),
    "provenance": (added("cobra/reporting/provenance.py"), TRACED),
    "the page of provenance": (added("cobra/reporting/provenance_page.py"), TRACED),
    "the audit": (added("cobra/reporting/audit.py"), {"make_audit": 1, "demo": 1}),
    "reader": (added("cobra/data/readers/digits.py"), ALL),
    "preparation": (added("cobra/data/prepared_writer.py"), ALL),
    # settings
    "nothing a job depends on": (
        together(
            settings(attacks__pgd__target="both", methods__unused__label="in no table"),
            comment("tiny.yaml"),
            added("workflow/commands/schema.py"),
            added("cobra/attacks/settings.py"),  # its values reach jobs as params
            added("cobra/data/catalog/low_resolution.py"),  # likewise
            added("cobra/data/readers/array_files.py"),  # reads other data sets
            added("cobra/data/download.py"),  # digits come with scikit-learn
            added("cobra/machine/progress.py"),  # tells of the work, and is no part of it
            added("cobra/experiment/config.py"),
            added("cobra/cli/watch.py"),
            added("workflow/commands/why.py"),
            settings(data={"counts": "error", "accept_licences": ["mvtec"]}),  # whether, not what
        ),
        {},
    ),
    "attack's steps": (settings(attacks__pgd__steps=4), ATTACKS),
    "steps and restarts swapped": (settings(attacks__pgd__steps=2, attacks__pgd__restarts=3), ATTACKS),
    "brightness and contrast swapped": (
        settings(detector__crafting__mild={"brightness": 0.3, "contrast": 0.4}),
        TRAININGS,
    ),
    "bootstrap": (settings(bootstrap__resamples=200), TABLES),
    "one table's title": (
        settings(tables__losses__title="Losses"),
        {"make_table": 1, "trace_table": 1, "make_audit": 1, "demo": 1},
    ),
    "one method's epochs": (
        settings(methods__cobra__detector__schedule__epochs=3),
        {"train_detector": 2, "attack_detector": 4, **TABLES},
    ),
    "one class's epochs": (
        settings(datasets__digits__class_detector={"1": {"schedule": {"epochs": 3}}}),
        {"train_detector": 2, "attack_detector": 3, **TABLES},
    ),
    "one score": (settings(scores__classifier__kind="combined"), {"attack_detector": 2, **TABLES}),
    "test subset": (settings(datasets__digits__test_subset={"anomaly_limit": 9}), ATTACKS),
    "resolution": (settings(datasets__digits__resolution=8), ALL),
    "one class more": (
        settings(datasets__digits__classes=["0", "1", "2"]),
        {"train_detector": 2, "attack_detector": 3, **TABLES},
    ),
    "another folder of results": (settings(results="results/other"), ALL),
    # files
    "the paper's numbers": (reported, TABLES),
}


@pytest.fixture(scope="module")
def plans(finished, tmp_path_factory):
    """The plan after every edit, each made alone, two at a time: Snakemake takes seconds to start."""
    folder = tmp_path_factory.mktemp("edited")

    def planned(numbered):
        number, (edit, _) = numbered
        project = finished.copy(folder / str(number))
        edit(project)
        try:
            return project.plan()
        except AssertionError as error:  # told by the test that it concerns
            return error

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(MATRIX, pool.map(planned, enumerate(MATRIX.values())), strict=True))


@pytest.mark.parametrize("name", MATRIX)
def test_exactly_the_jobs_that_an_edit_concerns_run_again(plans, name):
    assert plans[name] == MATRIX[name][1]
