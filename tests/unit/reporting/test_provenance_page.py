import html
import re
from pathlib import Path

import pandas as pd
import pytest
from bundles import CLASSES, FOLDER, ONE, PATTERNS, PGD, TRUTH, WORST, changed_record, results, reworded

from cobra.artifacts.differences import leaves
from cobra.artifacts.digests import ROOT, digest_of_modules, file_digest
from cobra.artifacts.files import read_table, write_json, write_run_record, write_table
from cobra.artifacts.identity import run_record_path
from cobra.artifacts.provenance import commit_in_words, git_state, write_code
from cobra.errors import UserError
from cobra.metrics import auroc
from cobra.reporting.provenance import Made, Places, collect_rows, provenance_frame, read_row
from cobra.reporting.provenance_page import provenance_html
from cobra.reporting.tables.cells import Patterns, collect_cells
from cobra.reporting.tables.settings import TableSettings
from cobra.reporting.tables.table import cells_frame
from cobra.reporting.tables.table_csv import read_named
from cobra.settings.section import canonical_json

SQUARE = PGD.replace("pgd", "square")
TABLE = Path("out/tables/main.csv")
SECONDS = {"pgd": 12.5, "square": 100.25}  # of each attack
TRAINING = 4000.0
PLACES = Places(PATTERNS["scores"], f"{FOLDER}/detector.pt", f"{FOLDER}/detector.json", Path("out/code"))
EMPTY = pd.DataFrame(columns=["table", "row", "method", "clean_auroc", "robust_auroc"])
UNKNOWN = "unknown: no book of codes here holds this code"
ABOUT = {"dataset": "digits", "normal": "1", "method": "cobra", "seed": 0, "score": "similarity"}


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Two classes of a method under a combination of two attacks, seen from the folder in which they lie."""
    contents = results(tmp_path)
    monkeypatch.chdir(tmp_path)
    for normal in CLASSES:
        folder = Path(FOLDER.format(normal=normal, method="cobra", seed=0))
        changed_record(folder / "detector.run.json", wall_seconds=TRAINING)
        for attack, seconds in SECONDS.items():
            changed_record(folder / f"scores/similarity/{attack}.run.json", wall_seconds=seconds)
    made = next(each for each in contents.made if each.path == TABLE.as_posix())
    return TableSettings.model_validate(made.settings)


def rows_of(settings):
    return collect_rows(settings, TABLE, PLACES)


def frame_of(settings):
    return provenance_frame(settings, rows_of(settings)).set_index(["class", "attack", "seed"])


def make_table(settings):
    cells = collect_cells(settings, Patterns(PATTERNS["scores"]))
    cells_frame(cells, settings, EMPTY).to_csv(TABLE, index=False)


def shown(settings, **changes):
    """The settings with another layout."""
    return settings.model_copy(update={"layout": settings.layout.model_copy(update=changes)})


def test_a_combination_is_followed_by_its_parts(settings):
    rows = rows_of(settings)
    assert [(row.subject["normal"], row.subject["attack"], row.part_of) for row in rows] == [
        (normal, *which)
        for normal in CLASSES
        for which in (("worst", ()), ("pgd", ("worst",)), ("square", ("worst",)))
    ]
    assert [row.score_file for row in rows[3:]] == [Path(WORST), Path(PGD), Path(SQUARE)]


def test_parts_that_are_shown_themselves_stand_there_once(settings):
    both = shown(settings, rows="attacks", attack=None, attacks=["pgd", "worst", "square"])
    make_table(both)
    rows = rows_of(both)
    assert [row.subject["attack"] for row in rows] == ["pgd", "worst", "square"] * 2
    assert {row.part_of for row in rows} == {()}


def test_a_row_holds_all_that_is_behind_its_figure(settings):
    row = frame_of(settings).loc["1", "square", 0]
    table, identity = read_table(Path(SQUARE))
    making = {"code": "c0de", "commit": UNKNOWN, "versions": "", "device": "cpu"}
    assert row.to_dict() == {
        "dataset": "digits", "method": "cobra", "label": "COBRA", "score": "similarity",
        "part_of": "worst", "lack": "",
        "clean_auroc": round(auroc(table["clean"].to_numpy(), TRUTH), 3),
        "robust_auroc": round(auroc(table["attacked"].to_numpy(), TRUTH), 3),
        "score_file": Path(SQUARE),
        "detector_file": Path(f"{ONE}/detector.pt"),
        "detector_digest": file_digest(Path(f"{ONE}/detector.pt")),
        "attack_in_words": (
            "PGD, 1000 steps x 10 restarts, step size 2.5 x eps / steps, eps 0.1, target: both"
        ),
        "settings": canonical_json(identity.settings),
        **{f"attack_{name}": value for name, value in making.items()}, "attack_seconds": 100.25,
        **{f"training_{name}": value for name, value in making.items()}, "training_seconds": TRAINING,
    }  # fmt: skip


def test_a_combination_has_the_time_and_the_detector_of_its_parts(settings):
    row = frame_of(settings).loc["1", "worst", 0]
    assert row["attack_seconds"] == 112.75
    assert row["training_seconds"] == TRAINING
    assert row["detector_digest"] == file_digest(Path(f"{ONE}/detector.pt"))
    assert row["attack_in_words"].startswith("the worst per image of: PGD, 1000 steps")
    assert row["attack_in_words"].count("; PGD") == 1


def test_what_no_record_tells_is_empty(settings):
    run_record_path(Path(SQUARE)).unlink()
    run_record_path(Path(f"{ONE}/detector.pt")).unlink()
    worst, pgd, square = rows_of(settings)[3:]
    assert (worst.made.seconds, pgd.made.seconds, square.made.seconds) == (None, 12.5, None)
    assert worst.trained == pgd.trained == Made()
    assert pgd.detector_file == Path(f"{ONE}/detector.pt")
    assert pgd.detector_digest == file_digest(Path(f"{ONE}/detector.pt"))


def detector_identity(**changes):
    """What the detector of class 1 says of itself."""
    identity = read_table(Path(PGD))[1]
    subject = {name: ABOUT[name] for name in ("dataset", "normal", "method", "seed")}
    inputs = {"data": identity.inputs["data"]}
    return identity.model_copy(update={"kind": "detector", "subject": subject, "inputs": inputs, **changes})


def test_a_detector_that_is_not_ours_has_a_descriptor_and_no_time(settings):
    own = {"own": {"fit": "mine:fit"}}
    table, identity = read_table(Path(PGD))
    changed = {"settings": identity.settings | {"detector": own}}
    write_table(Path(PGD), table, identity.model_copy(update=changed))
    descriptor = Path(f"{ONE}/detector.json")
    write_json(descriptor, {}, detector_identity(settings=own, code="0ther"))
    row = read_row(Path(PGD), ABOUT | {"attack": "pgd"}, "auroc", PLACES)
    assert row.detector_file == descriptor
    assert (row.trained.code, row.trained.device, row.trained.seconds) == ("0ther", "cpu", None)
    descriptor.unlink()
    assert read_row(Path(PGD), ABOUT | {"attack": "pgd"}, "auroc", PLACES).trained == Made()
    page = provenance_html(settings, [row])
    assert page.count("<td>–</td>") == 1  # the time of training


def test_the_commit_comes_from_the_book_of_codes(settings):
    modules = {"scripts/train_detector.py": "0" * 64}
    code = digest_of_modules(modules)
    write_code(PLACES.codes, {code: modules})
    write_run_record(Path(f"{ONE}/detector.pt"), detector_identity(code=code), {"wall_seconds": 1.0})
    row = rows_of(settings)[4]
    assert row.trained.commit == commit_in_words(*git_state(ROOT))
    assert row.made.commit == UNKNOWN


def test_a_score_file_that_is_not_there_has_a_row_that_says_so(settings):
    two = settings.model_copy(update={"seeds": [0, 1]})
    make_table(two)
    frame = frame_of(two)
    there, missing = frame.loc["1", "worst", 0], frame.loc["1", "worst", 1]
    assert (there["lack"], missing["lack"]) == ("", "not run")
    assert there["attack_seconds"] == 112.75
    assert pd.isna(missing["robust_auroc"])
    assert missing["score_file"] == Path(WORST.replace("seed0", "seed1"))
    page = provenance_html(two, rows_of(two))
    assert page.count("<td>not run</td>") == 4  # clean and robust of two classes


def test_where_an_attack_does_not_apply_its_file_is_not_read(settings):
    method = settings.methods["cobra"].model_copy(update={"inapplicable": {"similarity": ["worst"]}})
    other = settings.model_copy(update={"methods": {"cobra": method}})
    make_table(other)
    assert [(row.lack, row.robust) for row in rows_of(other)] == [("not applicable", None)] * 2


def test_the_csv_of_a_table_of_another_measure_is_refused(settings):
    with pytest.raises(UserError, match=r"main\.csv has no column robust_accuracy: make it again"):
        read_named(TABLE, "accuracy")


def remove(path):
    return lambda: Path(path).unlink()


def another_part():
    table, identity = read_table(Path(PGD))
    write_table(Path(PGD), table.slice(0, 20), identity)


def another_detector():
    identity = read_table(Path(PGD))[1]
    write_run_record(Path(f"{ONE}/detector.pt"), identity, {})


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (remove(WORST), "names .*worst.parquet for digits/1/.*, which is not what is there"),
        (remove(PGD), "pgd.parquet does not exist: run the job that makes it"),
        (remove(TABLE), "main.csv does not exist: make it first"),
        (another_part, "worst.parquet was made from another .*pgd.parquet than is there: make it again"),
        (another_detector, "detector.pt has kind 'scores' where 'detector' is needed"),
        (lambda: run_record_path(Path(PGD)).write_text("{"), "pgd.run.json is damaged: remove it"),
        (lambda: reworded(TABLE, "seed0", "seed9"), "names .*seed9.* for digits/0/cobra"),
        (lambda: reworded(TABLE, ",similarity,", ",other,"), "has no cell digits/0/cobra/similarity/worst"),
    ],
)
def test_a_table_that_does_not_follow_from_its_files_is_told(settings, spoil, said):
    spoil()
    with pytest.raises(UserError, match=said):
        rows_of(settings)


def test_the_page_names_each_distinct_settings_once_and_in_full(settings):
    rows = rows_of(settings)
    page = provenance_html(settings, rows)
    assert page.count("<tr") == 7  # the headings and six score files
    assert re.findall(r"<summary>(.*?)</summary>", page) == [
        "Settings 1: digits, COBRA, worst",
        "Settings 2: digits, COBRA, pgd; digits, COBRA, square",
    ]
    (full,) = re.findall(r"<details id='settings-2'>.*<pre>(.*?)</pre>", page, re.DOTALL)[-1:]
    assert html.unescape(full).splitlines() == [f"{key}: {value}" for key, value in leaves(rows[1].settings)]
    assert page.count("href='#settings-1'") == 2
    assert page.count("href='#settings-2'") == 4


def test_the_page_tells_times_in_words_and_digests_shortly(settings):
    page = provenance_html(settings, rows_of(settings))
    digest = file_digest(Path(f"{ONE}/detector.pt"))
    assert page.count(f"<code>{digest[:12]}</code>") == 3
    assert digest not in page
    assert page.count("<td>12.50</td>") == 2
    assert page.count("<td>112.75 (1.9 min)</td>") == 2
    assert page.count("<td>4000.00 (1.1 h)</td>") == 6
    assert "<code>cobra show FILE</code>" in page


def test_the_page_escapes_texts(settings):
    method = settings.methods["cobra"].model_copy(update={"label": "<b> & co"})
    other = shown(settings, title="A < B").model_copy(update={"methods": {"cobra": method}})
    page = provenance_html(other, rows_of(other))
    assert "<td>&lt;b&gt; &amp; co</td>" in page
    assert "<h1>A &lt; B: where the figures come from</h1>" in page
    assert "<b>" not in page
