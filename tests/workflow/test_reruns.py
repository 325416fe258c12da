"""What runs again after a change: each edit beside the jobs it must bring, counted, and no others."""

from concurrent.futures import ThreadPoolExecutor

import pytest

pytestmark = pytest.mark.workflow

TRACED = {"trace_table": 2, "demo": 1}
TABLES = {"make_table": 2, "make_audit": 1, **TRACED}
ATTACKS = {"attack_detector": 6, **TABLES}
TRAININGS = {"train_detector": 4, **ATTACKS}
ALL = {"prepare_dataset": 1, **TRAININGS}


def code(path):
    """A statement more at the end of a module."""

    def edit(project):
        with (project / path).open("a") as file:
            file.write("\n_CHANGED = 1\n")

    return edit


def comment(path):
    """A comment more, and another blank line."""

    def edit(project):
        text = (project / path).read_text()
        (project / path).write_text(f"{text}\n# said in passing\n")

    return edit


def docstring(path):
    """Another first docstring."""

    def edit(project):
        text = (project / path).read_text()
        assert '"""' in text
        (project / path).write_text(text.replace('"""', '"""Moreover: ', 1))

    return edit


def settings(**changes):
    """Other values in the configuration; __ stands for the dot."""
    return lambda project: project.configure({key.replace("__", "."): new for key, new in changes.items()})


def reported(project):
    path = project / "config/reported.csv"
    path.write_text(path.read_text() + "datasets,digits,COBRA,1.0,1.0\n")


def together(*edits):
    """Several edits at once."""
    return lambda project: [edit(project) for edit in edits]


MATRIX = {
    # code
    "comments": (together(comment("cobra/attacks/run.py"), comment("scripts/train_detector.py")), {}),
    "docstrings": (together(docstring("cobra/attacks/run.py"), docstring("cobra/objectives.py")), {}),
    "attack": (code("cobra/attacks/run.py"), ATTACKS),
    "objectives": (code("cobra/objectives.py"), TRAININGS),
    "training": (code("cobra/training.py"), TRAININGS),
    "evaluation": (code("cobra/evaluation.py"), ATTACKS),
    "the store of prepared data": (code("cobra/data/store.py"), ALL),
    "hard transformations": (code("cobra/crafting/hard.py"), TRAININGS),
    "parent package": (code("cobra/crafting/__init__.py"), TRAININGS),
    "script": (code("scripts/train_detector.py"), TRAININGS),
    "metrics": (code("cobra/metrics.py"), TABLES),
    "rendering": (code("cobra/reporting/render.py"), TABLES),
    "provenance": (code("cobra/reporting/provenance.py"), TRACED),
    "all pages": (code("cobra/reporting/page.py"), TABLES),
    "the audit": (code("cobra/reporting/audit.py"), {"make_audit": 1, "demo": 1}),
    "reader": (code("cobra/data/readers/digits.py"), ALL),
    "preparation": (code("cobra/data/preparation.py"), ALL),
    # settings
    "nothing a job depends on": (
        together(
            settings(attacks__pgd__target="both", methods__unused__label="in no table"),
            comment("tiny.yaml"),
            code("scripts/write_schema.py"),
            code("cobra/settings/attack.py"),  # its values reach jobs as params
            code("cobra/data/catalog/greyscale.py"),  # likewise
            code("cobra/data/readers/idx.py"),  # reads other data sets
            code("cobra/data/download.py"),  # digits come with scikit-learn
            code("cobra/progress.py"),  # tells of the work, and is no part of it
            code("cobra/heartbeat.py"),
            code("cobra/cli/watch.py"),
            code("workflow/explain.py"),
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
