"""Records to the leaderboard: ranks, what failed, where each was made, and text that somebody else wrote."""

import json
import re

import jsonschema
import pytest
from records import ATTACKS

from cobra.attacks.settings import AttackSettings
from cobra.errors import UserError
from cobra.gates.all_gates import GATES
from cobra.sharing.leaderboard.page import leaderboard_pages
from cobra.sharing.leaderboard.ranking import leaderboard_frame, read_entries
from cobra.sharing.leaderboard.record import Record, Suite

SETTINGS = {name: AttackSettings(kind=name, eps=0.1) for name in ATTACKS}


@pytest.fixture
def written(tmp_path, identity):
    """Writes a record of the method `name` and gives its file."""

    def write(name, robust, failed=(), normal="3", **changes):
        subject = {"dataset": "digits", "normal": normal, "method": name, "seed": 0}
        subject |= {"score": "similarity", "attack": "worst"}
        inputs = {"data": "d1", "detector": name}
        own = identity.model_copy(update={"kind": "record", "subject": subject, "inputs": inputs})
        gates = [
            {"gate": gate, "name": what, "verdict": "fail" if gate in failed else "pass", "figure": None,
             "said": f"{what} was looked at"}
            for gate, (what, _) in GATES.items()
        ]  # fmt: skip
        told = {
            "identity": own.model_dump(), "label": name.upper(),
            "images": {"normal": 20, "anomalies": 30, "digest": "0" * 64}, "norm": "linf", "eps": 0.1,
            "suite": Suite.of(SETTINGS).model_dump(), "aurocs": dict.fromkeys(ATTACKS, robust),
            "draws": {"resamples": 100, "confidence": 0.95},
            "clean": {"auroc": 95.0, "low": 90.0, "high": 99.0},
            "robust": {"auroc": robust, "low": 0.0, "high": 100.0}, "gates": gates,
            "files": [{"role": "attack", "name": each, "sha256": "1" * 64} for each in ATTACKS],
        }  # fmt: skip
        path = tmp_path / f"{normal}-{name}.json"
        path.write_bytes(Record.model_validate(told | changes).text())
        return path

    return write


@pytest.fixture
def board(written):
    here = [written("low", 10.0), written("high", 60.0), written("masked", 99.0, failed=(4, 5))]
    return read_entries(here, [written("theirs", 60.0), written("worse", 97.0, failed=(9,))])


def test_the_best_robust_figure_is_first_and_what_failed_a_gate_comes_after_all_others(board):
    frame = leaderboard_frame(board)
    assert frame["method"].tolist() == ["high", "theirs", "low", "masked", "worse"]
    assert frame["rank"].tolist()[:3] == [1, 1, 3]  # equal figures share a rank
    assert frame["rank"].isna().tolist() == [False] * 3 + [True] * 2
    assert frame["failed"].tolist() == ["", "", "", "4 5", "9"]
    assert frame["origin"].tolist() == ["here", "submitted", "here", "here", "submitted"]


def test_a_failed_figure_is_marked_as_a_bound_with_its_gates_and_why(board):
    pages = leaderboard_pages(board)
    assert "| –      | MASKED, seed 0 | <= 99.0 [0.0, 100.0] | fails gate 4, 5 | here " in pages[".md"]
    assert "- MASKED, seed 0: gate 4 (gradient): gradient was looked at." in pages[".md"]
    row = next(line for line in pages[".html"].splitlines() if "MASKED" in line)
    assert row.startswith("<tr class='fails'><td>–</td>")
    assert "<td>&lt;= 99.0 <span class='interval'>[0.0, 100.0]</span></td>" in row
    assert pages[".html"].count("<tr class='fails'>") == 2
    assert pages[".html"].count("<span class='origin submitted'>") == 2


def test_what_failed_links_to_why_and_several_boards_are_listed_with_links(board, written):
    page = leaderboard_pages(board)[".html"]
    assert re.findall(r"<a href='#([\w-]+)'>(.*?)</a>", page) == [
        ("board-1-4", "fails gate 4, 5"), ("board-1-5", "fails gate 9"),
    ]  # fmt: skip
    assert "<ul id='board-1-4'><li>MASKED, seed 0: gate 4 (gradient): " in page
    pages = leaderboard_pages([*board, *read_entries([written("b", 20.0, failed=(4,), normal="8")], [])])
    links = re.findall(r"href='#([\w-]+)'", pages[".html"])
    assert links == ["board-1", "board-2", "board-1-4", "board-1-5", "board-2-1"]
    assert all(pages[".html"].count(f" id='{name}'") == 1 for name in links)


def test_classes_are_ranked_apart(written):
    entries = read_entries([written("a", 10.0), written("b", 20.0, normal="8"), written("c", 5.0)], [])
    frame = leaderboard_frame(entries)
    assert list(zip(frame["class"], frame["method"], frame["rank"], strict=True)) == [
        ("3", "a", 1), ("3", "c", 2), ("8", "b", 1),
    ]  # fmt: skip
    assert leaderboard_pages(entries)[".html"].count("<h2 ") == 2


def test_what_somebody_else_wrote_is_text_and_no_markup(written):
    told = {"origin": "<script>alert(1)</script>", "contact": "<b>", "citation": "a | b"}
    entries = read_entries([], [written("x", 1.0, label="<i>|", about=told)])
    pages = leaderboard_pages(entries)
    assert "<script>alert" not in pages[".html"]
    assert "&lt;script&gt;alert(1)" in pages[".html"]
    assert "<i>" not in pages[".html"] + pages[".md"]
    assert "&lt;i>\\|" in pages[".md"]
    assert "- &lt;i>|, seed 0: &lt;b>; a | b" in pages[".md"]


def test_two_records_of_one_detector_are_refused(written, tmp_path):
    first = written("x", 1.0)
    (tmp_path / "again.json").write_bytes(first.read_bytes())
    with pytest.raises(UserError, match=r"again\.json and .*x\.json are records of one detector: remove"):
        read_entries([first, tmp_path / "again.json"], [])
    assert len(read_entries([first], [tmp_path / "again.json"])) == 2  # made here, and made again elsewhere


def test_without_records_the_page_says_so():
    assert "There are no records." in leaderboard_pages([])[".md"]
    assert leaderboard_frame([]).empty


def test_a_record_is_valid_by_the_schema_and_a_figure_outside_of_it_is_not(written):
    told = json.loads(written("x", 1.0).read_text())
    schema = Record.model_json_schema()
    jsonschema.validate(told, schema)
    told["robust"]["auroc"] = 101
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, schema)
    with pytest.raises(UserError, match=r"x is no record of version 1 \(robust\.auroc: "):
        Record.parse(json.dumps(told).encode(), "x")


def test_a_record_that_ranks_the_wrong_way_round_has_passed_nothing(written):
    clean = {"auroc": 3.0, "low": 1.0, "high": 5.0}
    board = read_entries([written("backwards", 0.0, clean=clean), written("sound", 0.0)], [])
    assert sorted(leaderboard_frame(board)["gates"]) == ["clean far below 50", "pass"]
    assert "| clean far below 50 |" in leaderboard_pages(board)[".md"]
