"""A record made elsewhere: the round trip, and each reason for which it is refused, in a sentence."""

import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
from records import ATTACKS, Submission, attack, loaded, make_terms

from cobra.artifacts.files import write_bytes
from cobra.artifacts.identity import Identity
from cobra.attacks.settings import AttackSettings
from cobra.cli import main
from cobra.errors import UserError
from cobra.sharing.leaderboard.check import lineage_faults
from cobra.sharing.leaderboard.package import open_package
from cobra.sharing.leaderboard.record import Suite
from cobra.sharing.leaderboard.settings import names_in
from cobra.sharing.leaderboard.submission import submit

ME = ("--normal", "dark", "--name", "mine", "--label", "Brightness", "--origin", "example.org/mine at 1a2b")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with terms.json, and of the detector `mine` the record, made by `cobra attack`."""
    folder = tmp_path_factory.mktemp("place")
    told = {"subject": {}, "settings": {}, "inputs": {}, "versions": {}}
    make_terms(folder, Identity(kind="terms", code="c0de", device="cpu", **told))
    done = attack(folder, "--score", "shade_scores:brightness", *ME, "--record", str(folder / "mine.tar.gz"))
    assert done == 0
    return folder


@pytest.fixture
def terms(place):
    return loaded(place / "terms.json")


@pytest.fixture
def submission(place, tmp_path):
    return Submission(place / "mine.tar.gz", tmp_path / "unpacked")


@pytest.fixture
def refused(submission, terms, tmp_path):
    """The sentences that refuse the submission as it is now; nothing is written."""

    def faults(honest=True, terms=terms):
        archive = submission.pack(tmp_path / "sent.tar.gz", honest=honest)
        with pytest.raises(UserError) as left:
            submit(archive, terms, tmp_path / "board")
        assert not (tmp_path / "board").exists()
        lines = str(left.value).splitlines()
        assert all(line.startswith(f"{archive}: ") and line.endswith(".") for line in lines)
        return [line.removeprefix(f"{archive}: ") for line in lines]

    return faults


def test_what_cobra_attack_writes_joins_as_it_is(place, terms, tmp_path):
    path = submit(place / "mine.tar.gz", terms, tmp_path / "board")
    assert path == tmp_path / "board/shades/dark/mine/seed0.tar.gz"
    assert path.read_bytes() == (place / "mine.tar.gz").read_bytes()
    assert names_in(tmp_path / "board") == ["shades/dark/mine/seed0"]
    assert submit(place / "mine.tar.gz", terms, tmp_path / "board") == path  # once more changes nothing


def test_the_record_says_who_what_and_how_well(place):
    record, _ = open_package(place / "mine.tar.gz")
    assert (record.label, record.about.origin) == ("Brightness", "example.org/mine at 1a2b")
    assert (record.norm, record.eps, list(record.suite.attacks)) == ("linf", 0.1, list(ATTACKS))
    assert (record.images.normal, record.images.anomalies) == (12, 11)
    assert record.clean.low < record.clean.auroc <= record.clean.high
    assert record.robust.auroc == min(record.aurocs.values()) < record.clean.auroc
    assert record.failed == []
    attacked = {f"attack/{name}.parquet" for name in ATTACKS}
    assert {file.path for file in record.files} == {
        *attacked,
        "doubled/doubled.parquet",
        "sweep/sweep.parquet",
    }


def test_the_same_attack_gives_the_same_bytes(place, tmp_path):
    again = tmp_path / "again.tar.gz"
    assert attack(place, "--score", "shade_scores:brightness", *ME, "--record", str(again)) == 0
    assert again.read_bytes() == (place / "mine.tar.gz").read_bytes()


def test_another_record_in_its_place_is_not_replaced(place, submission, terms, tmp_path):
    submit(place / "mine.tar.gz", terms, tmp_path / "board")
    submission.edit("label", "Renamed")
    other = submission.pack(tmp_path / "other.tar.gz")
    with pytest.raises(UserError, match="holds another record of that detector: remove it"):
        submit(other, terms, tmp_path / "board")


@pytest.mark.parametrize(
    ("place_in_it", "value"),
    [("robust.auroc", 80.0), ("robust.low", 20.0), ("clean.high", 99.9), ("aurocs.square", 1.0)],
)
def test_a_figure_edited_by_hand_is_told_with_the_one_that_follows(submission, refused, place_in_it, value):
    above, last = place_in_it.split(".")
    true = submission.record[above][last]
    submission.edit(place_in_it, value)
    (fault,) = refused()
    assert fault.startswith(
        f"record.json states {place_in_it} {value:.3f} where the attached scores give {true:.3f}: "
    )


def test_a_score_file_that_the_record_does_not_name_is_told(submission, refused):
    shutil.copy(submission.folder / "attack/pgd.parquet", submission.folder / "attack/apgd.parquet")
    assert refused(honest=False) == [
        "attack/apgd.parquet is not the file that record.json names (its SHA-256 differs): attach that one."
    ]


def test_a_score_file_of_another_detector_is_told(place, submission, refused, tmp_path):
    theirs = ("--normal", "dark", "--name", "theirs", "--record", str(place / "theirs.tar.gz"))
    theirs += ("--output", str(place / "theirs"))
    assert attack(place, "--score", "shade_scores:stripes", *theirs) == 0
    other = Submission(place / "theirs.tar.gz", tmp_path / "theirs")
    shutil.copy(other.folder / "attack/apgd.parquet", submission.folder / "attack/apgd.parquet")
    faults = refused()
    assert len(faults) == 1
    assert faults[0].startswith("attack/apgd.parquet has method 'theirs' where 'mine' is needed: ")


def test_scores_of_another_detector_under_this_one_s_name_are_told_by_their_clean_scores(submission, refused):
    clean, attacked = (submission.scores("doubled/doubled.parquet")[name].to_numpy() for name in
                       ("clean", "attacked"))  # fmt: skip
    names = [name for name in submission.scores("doubled/doubled.parquet").column_names if "_s" in name]
    moved = {name: submission.scores("doubled/doubled.parquet")[name].to_numpy() + np.float32(1)
             for name in names}  # fmt: skip
    submission.rewrite("doubled/doubled.parquet", clean=clean + 1, attacked=attacked + 1, **moved)
    (fault,) = refused()
    assert fault.startswith("doubled/doubled.parquet has other clean scores than attack/apgd.parquet")


def test_an_archive_that_ends_early_is_told(place, terms, tmp_path):
    content = (place / "mine.tar.gz").read_bytes()
    for kept in (len(content) // 2, 100, 0):
        write_bytes(tmp_path / "cut.tar.gz", content[:kept])
        with pytest.raises(
            UserError, match=r"cut\.tar\.gz(: cut.tar.gz)? is no bundle, or not a whole one|begin with"
        ):
            submit(tmp_path / "cut.tar.gz", terms, tmp_path / "board")
    with pytest.raises(UserError, match=r"nowhere\.tar\.gz could not be unpacked"):
        submit(tmp_path / "nowhere.tar.gz", terms, tmp_path / "board")


def test_an_archive_without_a_record_is_told(submission, refused):
    content = (submission.folder / "record.json").read_text()
    (submission.folder / "record.json").unlink()
    assert refused(honest=False)[0].startswith("it holds no record.json")
    (submission.folder / "record.json").write_text(content.replace('"version": 1', '"version": 2', 1))
    assert refused(honest=False)[0].startswith("record.json is no record of version 1 (version: ")


def test_files_missing_and_added_are_told(submission, refused):
    (submission.folder / "sweep/sweep.parquet").rename(submission.folder / "sweep/other.parquet")
    assert refused() == [
        "sweep/other.parquet is not named by record.json: leave it out.",
        "sweep/sweep.parquet is missing: attach all score files that record.json names.",
    ]


def otherwise(what, difference):
    """The sentence of what is not as the terms say."""
    return f"The record's {what} is not that of the terms ({difference}): attack the detector by the terms."


def edited_suite(submission, **changes):
    """The suite with another APGD, digest and score file as if it had been run so."""
    suite = submission.record["suite"]["attacks"]
    suite["apgd"] |= changes
    submission.edit("suite.attacks", suite)
    again = Suite.of({name: AttackSettings.model_validate(chosen) for name, chosen in suite.items()})
    submission.edit("suite.digest", again.digest)


def test_a_weaker_suite_is_told_by_what_differs_first(submission, refused):
    edited_suite(submission, steps=5)
    assert refused() == [otherwise("suite", "apgd.steps is 5 where 10 is needed")]


def test_settings_that_the_score_file_does_not_have_are_told(submission, refused):
    def weaken(told):
        told["settings"]["evaluation"]["attack"]["step_ratios"] = [1.0]

    submission.identify("attack/apgd.parquet", weaken)
    (fault,) = refused()
    assert fault.startswith("attack/apgd.parquet was made with other settings of apgd than the record says")


@pytest.mark.parametrize(
    ("place_in_it", "value", "sentence"),
    [
        ("identity.subject.dataset", "shapes", "The record is on 'shapes', the leaderboard on shades"),
        ("identity.subject.normal", "grey", "The record is on the class 'grey' of shades; known here: dark."),
        (
            "identity.inputs.data",
            "0" * 64,
            "The record's data is not that of the terms (digest is 000",
        ),
        (
            "images.digest",
            "0" * 64,
            "The record's test group is not that of the terms (digest is 0",
        ),
        (
            "images.normal",
            11,
            "The record's test group is not that of the terms (normal is 11 w",
        ),
        (
            "draws.resamples",
            100,
            "The record's bootstrap is not that of the terms (resamples is 100",
        ),
        ("eps", 0.2, "record.json is no record of version 1 (it: apgd has norm linf and eps 0.1 where"),
        ("identity.subject.method", "../up", "record.json is no record of version 1 (it: method '../up'"),
        ("label", "two\nlines", "record.json is no record of version 1 (label: "),
        ("further", {"noise": {"kind": "noise", "eps": 0.1}}, "record.json is no record of version 1 (it: f"),
        ("figure", 1, "record.json is no record of version 1 (figure: Extra inputs"),
    ],
)
def test_what_the_terms_or_the_form_do_not_allow_is_told(submission, refused, place_in_it, value, sentence):
    submission.edit(place_in_it, value)
    assert refused()[0].startswith(sentence)


@pytest.mark.parametrize(("role", "what"), [("doubled", "doubled attack"), ("sweep", "sweep")])
def test_evidence_that_is_not_attached_is_told(submission, refused, role, what):
    kept = [file for file in submission.record["files"] if file["role"] != role]
    submission.edit("files", kept)
    (submission.folder / role / f"{role}.parquet").unlink()
    assert refused() == [f"The record has no {what} attached, which the leaderboard asks for by its terms."]


def test_evidence_of_other_settings_is_told(submission, refused):
    def weaken(told):
        told["settings"]["evaluation"]["attack"]["steps"] = 10

    submission.identify("doubled/doubled.parquet", weaken)
    submission.identify("sweep/sweep.parquet", lambda told: told["settings"].update(eps=[0.05, 1]))
    assert refused() == [
        otherwise("doubled attack", "steps is 10 where 20 is needed"),
        otherwise("sweep", "eps is [0.05, 1.0] where [0.05, 0.1, 0.5, 1.0] is needed"),
    ]


def changed(submission, path, column, row, value):
    values = submission.scores(path)[column].to_numpy().copy()
    values[row] = value
    submission.rewrite(path, **{column: values})


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("attacked", 0.0, "has scores in attacked that are better for the defender than the clean ones"),
        ("attacked", 0.9, "has attacked scores that are not the worst of its trace"),
        ("r1_s5", 0.9, "has attacked scores that are not the worst of its trace"),
        ("r1_s5", np.nan, "holds scores that are not finite"),
    ],
)
def test_scores_that_no_attack_leaves_are_told(submission, refused, column, value, sentence):
    changed(submission, "attack/apgd.parquet", column, 0, value)  # a normal image: an attack raises its score
    assert refused()[0].startswith(f"attack/apgd.parquet {sentence}")


def test_more_steps_that_help_the_defender_are_told(submission, refused):
    table = submission.scores("attack/apgd.parquet")
    last, clean = table["r1_s10"].to_numpy().copy(), table["clean"].to_numpy()
    early = table["r1_s5"].to_numpy().copy()
    early[0], last[0] = last[0], clean[0]
    submission.rewrite("attack/apgd.parquet", r1_s5=early, r1_s10=last)
    assert refused() == ["attack/apgd.parquet has scores in r1 that more steps made better for the defender."]


def test_a_file_without_the_columns_of_its_attack_is_told(submission, refused):
    import pyarrow.parquet as pq

    path = submission.folder / "attack/pgd.parquet"
    pq.write_table(submission.scores("attack/pgd.parquet").drop_columns(["r2_s10"]), path)
    (fault,) = refused()
    assert fault.startswith("attack/pgd.parquet has not the columns that its attack writes (r2_s10)")


def test_a_file_that_claims_a_billion_restarts_is_told_at_once(place):
    record, (first, *_) = open_package(place / "mine.tar.gz")
    evaluation = {"attack": first.attack.model_dump() | {"restarts": 10**9}}
    claimed = replace(first, identity=first.identity.with_settings(evaluation=evaluation))
    told = list(lineage_faults(record, [claimed]))
    assert any("has not the columns that its attack writes (r2_s1" in fault for fault in told)


def test_budgets_of_a_sweep_that_are_no_numbers_are_told(submission, refused):
    submission.identify("sweep/sweep.parquet", lambda told: told["settings"].update(eps=[{}, "x"]))
    assert refused() == [otherwise("sweep", "eps is [] where [0.05, 0.1, 0.5, 1.0] is needed")]


def test_a_verdict_that_does_not_follow_is_told(submission, refused):
    submission.edit("gates.8.verdict", "pass")  # gate 9, with nothing attached to judge by
    (fault,) = refused()
    assert fault.startswith(
        "record.json states 'pass' for gate 9 (undefended) where the attached scores give "
    )


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("fail", "The figure fails gate 4 (gradient): median"),
        ("not applicable", "Gate 4 (gradient) is not stated to pass"),
    ],
)
def test_a_figure_that_fails_a_gate_is_told(submission, refused, verdict, sentence):
    submission.edit("gates.3.verdict", verdict)
    assert refused()[0].startswith(sentence)


def test_verdicts_must_be_of_all_gates(submission, refused):
    submission.edit("gates", submission.record["gates"][:9])
    assert refused()[0].startswith("record.json has not one verdict for each of the gates 1, 2, 3,")


def test_the_command_puts_a_record_beside_the_others(place, tmp_path, monkeypatch, capsys):
    given = ["--to", str(tmp_path / "board"), "--terms", str(place / "terms.json")]
    monkeypatch.setattr(sys, "argv", ["cobra", "submit-record", str(place / "mine.tar.gz"), *given])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    assert "board/shades/dark/mine/seed0.tar.gz joins the leaderboard" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--terms", "nowhere.json"], "error: nowhere.json cannot be read (No such file or directory): name"),
        (["--terms", __file__], f"error: {__file__} is no terms.json of version 2"),
    ],
)
def test_the_command_needs_the_terms(place, tmp_path, monkeypatch, arguments, sentence):
    given = ["cobra", "submit-record", str(place / "mine.tar.gz"), "--to", str(tmp_path / "b"), *arguments]
    monkeypatch.setattr(sys, "argv", given)
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code.startswith(sentence)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--record", "r.tar.gz", "--normal", "dark"], "error: --record needs --name, too"),
        (["--record", "r.tar.gz", "--name", "mine"], "error: --record needs --normal, too"),
        (["--record", "r.tar.gz", "--name", "a/b", "--normal", "dark"], "error: --name 'a/b' is no name"),
        (["--steps", "5"], "error: --steps is settled by the leaderboard's terms"),
        (["--normal", "bright"], "error: --normal bright is no class of shades on the leaderboard"),
        (
            ["--record", "r.tar.gz", "--name", "a", "--normal", "dark", "--contact", "a\nb"],
            "error: cobra attack: ",
        ),
    ],
)
def test_attack_refuses_options_that_do_not_fit_a_leaderboard(place, arguments, sentence):
    assert str(attack(place, "--score", "shade_scores:brightness", *arguments)).startswith(sentence)


def test_images_of_no_data_set_of_the_leaderboard_are_refused(terms):
    with pytest.raises(UserError, match=r"are of no data set of the leaderboard, which has shades"):
        terms.dataset_of("0" * 64)
