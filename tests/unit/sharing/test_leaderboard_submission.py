"""A record made elsewhere: the round trip, its archive and the terms, in a sentence for each fault."""

import sys

import pytest
from records import ATTACKS, ME, attack

from cobra.artifacts.files import write_bytes
from cobra.attacks.settings import AttackSettings
from cobra.cli import main
from cobra.errors import UserError
from cobra.sharing.leaderboard.package import open_package
from cobra.sharing.leaderboard.record import Suite
from cobra.sharing.leaderboard.settings import names_in
from cobra.sharing.leaderboard.submission import submit


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


def test_budgets_of_a_sweep_that_are_no_numbers_are_told(submission, refused):
    submission.identify("sweep/sweep.parquet", lambda told: told["settings"].update(eps=[{}, "x"]))
    assert refused() == [otherwise("sweep", "eps is [] where [0.05, 0.1, 0.5, 1.0] is needed")]


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
