"""What the rules call: paths, settings, inputs, options, digests and labels of shipped configurations."""

import json
import os
import re
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake.exceptions import WorkflowError
from snakemake.iocontainers import InputFiles, Wildcards
from snakemake.settings.types import DeploymentMethod

from cobra.artifacts.files import write_json
from cobra.errors import UserError
from cobra.reporting.figures.settings import FIGURES, made_of
from workflow.lib import job_environment, reasons, records, start, summary
from workflow.lib.experiment import Experiment
from workflow.lib.paths import beside, run_record, wildcard_patterns

ROOT = Path(__file__).resolve().parents[2]
JUDGED = {"dataset": "digits", "normal": "0", "method": "cobra", "seed": "0", "score": "similarity"}


def experiment(name, **changes):
    path = ROOT / f"config/{name}.yaml"
    return Experiment(yaml.safe_load(path.read_text()) | changes, [str(path)], ROOT)


@pytest.fixture(scope="module")
def suite():
    return experiment("experiments/attacks")


def wildcards(**names):
    return Wildcards(fromdict=JUDGED | names)


def test_paths_are_filled_in_by_the_names_of_a_job(suite):
    scores = suite.paths.scores.format(**wildcards(attack="pgd"))
    assert scores == "results/digits/0/cobra/seed0/scores/similarity/pgd.parquet"
    assert run_record(scores) == "results/digits/0/cobra/seed0/scores/similarity/pgd.run.json"
    assert beside(suite.paths.prepared, ".parquet") == "results/prepared/{dataset}/images.parquet"
    assert suite.paths.gate_table == "results/tables/gates.csv"


def test_a_wildcard_is_a_name_of_the_configuration_and_matches_nothing_where_there_is_none(suite):
    found = wildcard_patterns(suite.config, ["digits/3/a.b/seed0"])
    assert found["dataset"] == "digits"
    assert all(re.fullmatch(found["method"], name) for name in ("cobra", "pixels"))  # ours, a user's
    assert all(re.fullmatch(found["attack"], name) for name in ("pgd", "worst"))
    assert re.fullmatch(found["score"], "own")
    assert re.fullmatch(found["submission"], "digits/3/a.b/seed0")
    assert not re.fullmatch(found["submission"], "digits/3/axb/seed0")
    none = wildcard_patterns(suite.config.model_copy(update={"sweeps": {}}), [])
    assert not any(re.search(none[name], text) for name in ("sweep", "submission") for text in ("", "eps"))


@pytest.mark.parametrize("kind", FIGURES.names())
def test_a_figure_is_made_of_files_that_have_a_place_or_of_pictures(suite, kind):
    assert made_of(kind) == "pictures" or "{" in suite.paths.behind_figures[made_of(kind)]


def test_a_wrong_configuration_is_told_with_its_file(monkeypatch):
    with pytest.raises(UserError, match=r"attacks\.yaml.*nothing"):
        experiment("experiments/attacks", nothing=1)
    monkeypatch.setattr(job_environment, "collect_garbage_rarely", lambda: None)
    asked = SimpleNamespace(
        basedir=ROOT,
        configfiles=[str(ROOT / "config/config.yaml")],
        config_settings=SimpleNamespace(config_args=[]),
    )
    with pytest.raises(WorkflowError, match=r"config\.yaml: datasets is missing"):
        start.begin(asked, {})


def test_snakemake_runs_in_the_folder_of_the_workflow_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    start.require_root(SimpleNamespace(basedir=str(ROOT)))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WorkflowError, match=f"runs in {tmp_path}, but commands and paths start from {ROOT}"):
        start.require_root(SimpleNamespace(basedir=str(ROOT)))


@pytest.mark.parametrize("methods", [{DeploymentMethod.CONDA}, set()])
def test_jobs_have_a_conda_environment_where_snakemake_is_asked_for_it(methods):
    asked = SimpleNamespace(deployment_settings=SimpleNamespace(deployment_method=methods))
    found = start.conda_file(asked)
    assert (ROOT / "workflow/rules" / found).is_file() if methods else found is None


def test_settings_are_one_canonical_string(suite):
    found = suite.settings.attack(wildcards(attack="apgd"))
    assert found == json.dumps(json.loads(found), sort_keys=True, separators=(",", ":"))
    assert json.loads(found)["attack"]["eps"] == 0.1
    assert found is suite.settings.attack(wildcards(attack="apgd", normal="1"))  # kept


def test_classes_without_settings_of_their_own_are_trained_by_one_string():
    paper = experiment("paper")
    names = {"dataset": "mvtec", "method": "cobra"}
    pill, cable, screw = (
        paper.settings.training(wildcards(**names, normal=normal)) for normal in ("pill", "cable", "screw")
    )
    assert pill is cable
    kinds = [json.loads(text)["crafting"]["hard"]["kinds"] for text in (cable, screw)]
    assert [name for name in kinds[0] if name not in kinds[1]] == ["rotation"]


def test_a_history_has_the_paper_s_curves_among_its_settings_and_no_other_figure_has():
    layout = {"title": "T", "datasets": ["mnist", "fmnist"], "methods": ["l_cl", "cobra"], "attack": "pgd"}
    figures = {kind: {"kind": kind, **layout} for kind in ("history", "roc")}
    made = experiment(
        "experiments/reduced", figures=figures, detector={"schedule": {"epochs": 20, "snapshots": 2}}
    )
    of = {kind: json.loads(made.settings.figure(wildcards(figure=kind))) for kind in figures}
    assert {(point["dataset"], point["method"]) for point in of["history"]["paper"]} == {("fmnist", "cobra")}
    assert of["history"]["paper"][1] == {
        "dataset": "fmnist", "method": "cobra", "epoch": 10, "clean": 65.2, "robust": 62.7,
    }  # fmt: skip
    assert of["roc"]["paper"] == []


def test_a_transfer_attack_reads_the_other_detector(suite):
    names = wildcards(attack="transfer")
    assert suite.inputs.transfer_source(names) == "results/digits/0/l_cl/seed0/detector.pt"
    assert suite.inputs.transfer_source(wildcards(attack="pgd")) == []
    given = InputFiles(fromdict={"source": "there.pt"})
    assert suite.params.transfer_source(names, given) == "--source there.pt"
    assert suite.params.transfer_source(names, InputFiles(fromdict={"source": []})) == ""


def test_a_user_s_detector_is_its_descriptor(suite):
    assert suite.inputs.detector(wildcards(method="pixels")).endswith("pixels/seed0/detector.json")
    assert suite.inputs.detector(wildcards()).endswith("cobra/seed0/detector.pt")


def test_gates_read_what_the_configuration_names(suite):
    names = wildcards()
    assert suite.inputs.judged_scores(names).endswith("similarity/worst.parquet")
    assert suite.inputs.doubled_scores(names).endswith("similarity/apgd_200.parquet")
    assert suite.inputs.judged_sweep(names).endswith("sweeps/similarity/eps.parquet")
    assert suite.inputs.undefended_scores(names).endswith("standard/seed0/scores/similarity/worst.parquet")
    parts = [Path(path).stem for path in suite.inputs.judged_parts(names)]
    assert parts == ["noise", "square", "transfer", "pgd", "momentum", "apgd", "apgd_topk", "a3"]


def test_the_records_of_a_table_are_of_every_part_and_detector(suite):
    found = suite.inputs.table_records(Wildcards(fromdict={"table": "attacks"}))
    assert len(found) == len(set(found))
    assert sum(path.endswith("detector.run.json") for path in found) == 3
    assert sum(path.endswith("detector.json") for path in found) == 1  # the user's
    assert not any("worst" in path or path.endswith(".pt") for path in found)


def test_a_subject_is_quoted_for_the_shell(suite):
    names = Wildcards(fromdict={"dataset": "own", "normal": "two words"})
    assert suite.params.subject(names) == "--dataset own --normal 'two words'"


def test_a_digest_of_code_holds_the_named_strategy_and_no_other(suite):
    files = suite.codes.files[suite.codes.attack(wildcards(attack="a3"))]
    assert "cobra/attacks/strategies/a3.py" in files
    assert "cobra/attacks/strategies/square.py" not in files
    training = suite.codes.files[suite.codes.training(wildcards())]
    assert not any(path.startswith("cobra/attacks") for path in training)


def test_only_figures_that_would_have_the_same_title_carry_their_name():
    titled = {"kind": "roc", "title": "One", "datasets": ["digits"], "methods": ["cobra"], "attack": "pgd"}
    labels = experiment(
        "config", headline=None, figures={"a": titled, "b": titled | {"title": "Two"}, "c": titled}
    ).labels
    found = [labels.figure(Wildcards(fromdict={"figure": name}))["title"] for name in "abc"]
    assert found == ["One (a)", "Two", "One (c)"]


def test_jobs_import_this_checkout_before_what_the_user_names(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "mine")
    monkeypatch.setenv("COBRA_MACHINE", "")
    job_environment.prepare(ROOT, "portable")
    assert os.environ["PYTHONPATH"] == f"{ROOT}{os.pathsep}mine"
    assert os.environ["COBRA_MACHINE"] == "portable"


def job(tmp_path, rule, log="", **files):
    """A job of Snakemake's as far as a summary looks at it."""
    (tmp_path / f"{rule}.log").write_text(log)
    (tmp_path / f"{rule}.tsv").write_text("s\th:m:s\n2.5\t0:00:02\n")
    output = InputFiles(fromdict=files or {"only": f"{rule}.csv"})
    return SimpleNamespace(
        rule=SimpleNamespace(name=rule), output=output, log=[str(tmp_path / f"{rule}.log")],
        benchmark=tmp_path / f"{rule}.tsv", resources={"gpu": 1}, is_group=lambda: False,
    )  # fmt: skip


def test_a_summary_tells_times_by_rule_and_the_last_line_of_failures(tmp_path):
    record = tmp_path / "detector.run.json"
    record.write_text(json.dumps({"wall_seconds": 90}))
    done = [job(tmp_path, "train_detector", record=str(record)), job(tmp_path, "check_gates")]
    failed = [job(tmp_path, "make_table", "Traceback\nerror: no score file\n\n")]
    workflow = SimpleNamespace(
        dag=SimpleNamespace(finished_jobs=done), scheduler=SimpleNamespace(failed=failed)
    )
    said = summary.summary(workflow, began=time.time() - 60)
    assert said.splitlines()[0] == "2 jobs done, 1 failed"
    assert "failed: make_table.csv: error: no score file" in said
    assert summary.wall_seconds(done[0], time.time() - 60) == 90
    assert summary.wall_seconds(done[0], time.time() + 60) == 0  # older than this run: from the cache
    assert summary.wall_seconds(done[1], 0) == 2.5


def test_every_rule_with_a_detector_or_scores_has_settings_to_compare(suite):
    settings = {"own": 1, "evaluation": 2, "geometry": 3, "subset": 4, "baseline": 5, "eps": 6}
    assert records.GIVEN["train_baseline"](settings) == {"subset": 4, "baseline": 5}
    assert records.GIVEN["sweep_detector"](settings) == {"evaluation": 2, "eps": 6}
    assert records.GIVEN["attack_detector"](settings) == 2


@pytest.mark.parametrize(
    ("wildcards", "params", "told"),
    [
        ({}, {}, []),
        ({"seed": "1"}, {}, ["seed: 0 -> 1"]),
        ({}, {"settings": '{"steps":4}'}, ["steps: 3 -> 4"]),
        ({}, {"code": "other"}, ["code: another version"]),
    ],
)
def test_what_a_job_would_not_make_is_told(tmp_path, identity, wildcards, params, told):
    subject, settings = {"seed": 0, "normal": "3"}, {"steps": 3}
    write_json(
        tmp_path / "a.json", {}, identity.model_copy(update={"subject": subject, "settings": settings})
    )
    job = SimpleNamespace(
        output=[tmp_path / "a.json"],
        rule=SimpleNamespace(name="train_detector"),
        wildcards={"seed": "0"} | wildcards,
        params=SimpleNamespace(**{"settings": '{"steps":3}', "code": identity.code} | params),
    )
    assert records.mismatches(job) == told


def test_a_changed_digest_of_files_is_told_in_words(tmp_path):
    names = {"codes": SimpleNamespace(files={}), "paths": SimpleNamespace(code_book=tmp_path / "none")}
    assert reasons.differences(["a" * 64], ["b" * 64], names) == [reasons.CONTENT]
    assert reasons.differences(["--limit 2"], ["--limit 3"], names) == ["--limit 2 -> --limit 3"]
