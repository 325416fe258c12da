"""The files, entries and commands of docs/extending.md and docs/examples/README.md, taken off the pages, do
what these say in a copy of the repository, and run nothing again that was there.
"""

import json
import re
import shutil
import sys

import jsonschema
import pandas as pd
import pytest
import yaml
from edits import added
from projects import CONFIG, ROOT

pytestmark = pytest.mark.workflow

PAGES = ("docs/extending.md", "docs/examples/README.md")
PAGE = "".join((ROOT / page).read_text() for page in PAGES)
SCHEMA = "workflow/schemas/config.schema.json"
TABLES = {"make_table": 2, "trace_table": 2}
NEW = {  # of two classes: three methods; their attacks, and one more on a method that was there
    "train_detector": 4,
    "train_baseline": 2,
    "attack_detector": 8,
    **TABLES,
    "plot_results": 1,
    "make_audit": 1,
    "demo": 1,
}
AFTER = {  # what an edit of each file runs again
    "cobra/training/contrastive/dcl.py": {"train_detector": 2, "attack_detector": 2, "make_table": 1,
                                          "trace_table": 1, "plot_results": 1, "make_audit": 1, "demo": 1},
    "cobra/training/crafting/transformations/speckle.py": {
        "train_detector": 2, "attack_detector": 2, "make_table": 1, "trace_table": 1, "make_audit": 1,
        "demo": 1,
    },
    "cobra/detectors/baselines/mean_image.py": {"train_baseline": 2, "attack_detector": 2, "make_table": 1,
                                                "trace_table": 1, "plot_results": 1, "make_audit": 1,
                                                "demo": 1},
    "cobra/attacks/strategies/fgsm.py": {"attack_detector": 2, "make_table": 1, "trace_table": 1,
                                         "make_audit": 1, "demo": 1},
    "cobra/reporting/figures/kinds/anomalies.py": {"plot_results": 1, "demo": 1},
}  # fmt: skip
HELD = (
    "training/test_hard", "training/test_losses", "detectors/test_baselines", "attacks/test_attacks",
    "attacks/test_strategies", "attacks/test_early_stopping", "attacks/test_l2_ball", "attacks/test_batching",
    "attacks/test_smoothed_maximum", "gates/test_score_soundness", "reporting/test_captions", "test_registry",
)  # fmt: skip


def blocks(language):
    """The pages' blocks of a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


FILES = {code.split("\n")[0].removeprefix("# "): code for code in blocks("python")}
ENTRIES = [
    (f"{section}.{name}", entry)
    for block in blocks("yaml")
    for section, entries in yaml.safe_load(block).items()
    for name, entry in entries.items()
]
COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


def made_schema(project):
    """The commands of `make schema`, in the environment that is there."""
    lines = r"^\t\$\(BIN\)/(python -m workflow\.commands\.schema .*)$"
    for line in re.findall(lines, (ROOT / "Makefile").read_text(), re.MULTILINE):
        done = project.paste(line)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def story(finished, tmp_path_factory):
    """The pages followed from their files to their commands: the project, its results before, and what was
    planned with the files alone and then with the entries.
    """
    project = finished.copy(tmp_path_factory.mktemp("extended") / "project")
    for path, code in FILES.items():
        assert not (project / path).exists()
        (project / path).write_text(code)
    with_files = project.plan()
    before = project.contents()
    project.configure(dict(ENTRIES))
    with_entries = project.plan()
    for command in COMMANDS:
        if command == "make schema":
            made_schema(project)
        else:
            _, cores, targets = re.split(r"snakemake --cores (\w+) -- ", command)
            assert cores == "all"
            project.make(*targets.split())
    project.make()
    return project, before, with_files, with_entries


def test_the_pages_have_a_file_and_an_entry_for_each():
    assert set(FILES) == set(AFTER)
    assert [name for name, _ in ENTRIES] == [
        "methods.dcl", "methods.speckle", "attacks.fgsm", "tables.extended", "tables.extended_attacks",
        "methods.mean_image", "figures.anomalies",
    ]  # fmt: skip


def test_the_entries_fit_the_demo(story):
    project, *_ = story
    demo = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    for key, entry in ENTRIES:
        section, name = key.split(".")
        assert demo[section].setdefault(name, entry) is entry
    (project / "demo.yaml").write_text(yaml.safe_dump(demo))
    done = project.run("snakemake", "-n", "--configfile", "demo.yaml", "--", "results/figures/anomalies.png")
    assert done.returncode == 0, done.stdout + done.stderr


def test_files_run_nothing_again_and_entries_what_is_new_alone(story):
    _, _, with_files, with_entries = story
    assert with_files == {}
    assert with_entries == NEW


def test_results_that_were_there_are_as_they_were(story):
    project, before, *_ = story
    after = project.contents()
    kept = [path for path in before if not path.startswith("audit.")]  # which reads all tables
    assert {path: after[path] for path in kept} == {path: before[path] for path in kept}


def test_the_schema_knows_the_new_names(story):
    project, *_ = story
    config = yaml.safe_load((project / CONFIG).read_text())
    jsonschema.validate(config, json.loads((project / SCHEMA).read_text()))
    with pytest.raises(jsonschema.ValidationError, match=r"fgsm|dcl|speckle|anomalies|mean_image"):
        jsonschema.validate(config, json.loads((ROOT / SCHEMA).read_text()))


def test_the_new_stand_beside_the_old(story):
    project, *_ = story
    cells = pd.read_csv(project / "results/tables/extended.csv")
    means = cells[cells["class"] == "mean"].set_index("method")
    assert set(means.index) == {"cobra", "dcl", "speckle", "mean_image"}
    assert (means["robust_auroc"] <= means["clean_auroc"]).all()
    assert means["clean_auroc"]["mean_image"] > 80  # so near are zeros and ones to their means
    attacks = pd.read_csv(project / "results/tables/extended_attacks.csv")
    assert {"fgsm", "pgd"} <= set(attacks["attack"])
    text = (project / "results/tables/extended_attacks.md").read_text()
    assert "FGSM, 1 steps x 1 restarts, eps" in text


def test_the_new_figure_shows_every_class_of_anomalies(story):
    project, *_ = story
    rows = pd.read_csv(project / "results/figures/anomalies.csv", dtype={"anomalies": str, "normal": str})
    assert set(rows["method"]) == {"cobra", "dcl", "mean_image"}
    shown = rows[rows["normal"] == "0"]
    assert set(shown["anomalies"]) == {str(digit) for digit in range(1, 10)}
    assert (project / "results/figures/anomalies.png").stat().st_size > 5000


@pytest.mark.parametrize("path", AFTER)
def test_editing_one_of_them_runs_its_own_again(story, tmp_path, path):
    project = story[0].copy(tmp_path / "project")
    added(path)(project)
    assert project.plan() == AFTER[path]


def test_the_tests_that_hold_for_every_kind_take_in_the_new_ones(story, tmp_path):
    project = story[0].copy(tmp_path / "project")
    shutil.copytree(ROOT / "tests", project / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "benchmarks", project / "benchmarks")
    tests = [f"tests/unit/{name}.py" for name in HELD]
    chosen = "dcl or speckle or mean_image or fgsm or anomalies"
    done = project.run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, *tests)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 40
