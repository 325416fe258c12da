"""The report: made of finished results, by a command that runs nothing."""

import base64
import json
import re

import pytest
from projects import CONFIG

pytestmark = pytest.mark.workflow

HEADLINE = {"table": "losses", "methods": {"cobra": "L_COBRA & co", "standard": "standard training"}}


def report(project, *options):
    return project.run("python", "-m", "workflow.commands.report", "--configfile", CONFIG, *options)


def embedded(text):
    """The files in a report, by name."""
    found = re.findall(r"filename=([^;]+);base64,([A-Za-z0-9+/=]+)", text)
    return {name: base64.b64decode(content) for name, content in found}


def test_it_has_every_table_as_it_lies_on_the_disk(project):
    before = project.contents()
    done = report(project, "--", "demo")
    assert done.returncode == 0, done.stderr
    files = embedded((project / "results/report.html").read_text())
    for name in ("losses.html", "datasets.html"):
        assert files[name] == (project / "results/tables" / name).read_bytes()
    assert before.items() <= project.contents().items()
    assert project.plan() == {}


def test_it_opens_with_the_result_that_the_command_prints(project):
    plain = report(project, "--", "demo")
    assert "Under attack" not in plain.stdout + front_page(project)
    project.configure({"headline": HEADLINE})
    assert project.plan() == {}
    done = report(project, "--", "demo")
    assert done.returncode == 0, done.stderr
    sentence, detail = done.stdout.splitlines()[:2]
    assert re.match(
        r"Under attack L_COBRA & co keeps an AUROC of \d+\.\d %, .* standard training \(", sentence
    )
    assert detail.startswith("Mean AUROC in % over 2 classes of digits: ")
    table = (project / "results/tables/losses.md").read_text().split("\n- ")[0].strip()
    assert table in done.stdout
    assert "results/report.html" in done.stdout.splitlines()[-1]
    page = front_page(project)
    places = [page.index(each) for each in (sentence.replace("&", "&amp;"), "<table", "The question")]
    assert places == sorted(places)


def front_page(project):
    """The text that a report opens with, as HTML."""
    line = re.search(r"var workflow_desc = (.*);", (project / "results/report.html").read_text())
    return json.loads(line[1])


def test_a_headline_whose_table_is_not_asked_for_is_not_stated(project):
    project.configure({"headline": HEADLINE})
    done = report(project, "--", "table_datasets")
    assert done.returncode == 0, done.stderr
    assert "Under attack" not in done.stdout + front_page(project)


@pytest.mark.parametrize(
    ("changes", "options", "said"),
    [
        ({}, (), "(1 plot_contact_sheet): run `snakemake --configfile tiny.yaml -- demo figures` first"),
        (
            {"tables.losses.title": "New"},
            ("demo",),
            "out of date (1 make_audit, 1 make_table, 1 trace_table): run",
        ),
    ],
    ids=["a figure lacks", "a table is of another configuration"],
)
def test_it_is_refused_where_results_are_unfinished_or_out_of_date(project, changes, options, said):
    project.configure(changes)
    done = report(project, *options)
    assert done.returncode == 1
    assert said in done.stderr
    assert not (project / "results/report.html").exists()


def test_a_configuration_that_is_not_there_is_told(project):
    done = report(project, "--configfile", "none.yaml")
    assert done.stderr == (
        "error: none.yaml does not exist: name the configuration that the results were made with.\n"
    )
