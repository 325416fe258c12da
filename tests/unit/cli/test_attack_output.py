"""The output folder of `cobra attack`: held by one process, of one detector on one set of images."""

import json
from argparse import Namespace
from pathlib import Path

import pyarrow as pa
import pytest
from processes import kill, said, started

from cobra.artifacts.files import write_json, write_table
from cobra.artifacts.provenance import identity_of
from cobra.cli.attack_output import CLAIM, claim_of, held_output, remove_outdated, require_same, write_claim
from cobra.errors import UserError

HOLDS = """
import sys
from pathlib import Path
from cobra.cli.attack_output import held_output
with held_output(Path(sys.argv[1])):
    print("holds", flush=True)
    sys.stdin.read()
"""


DIGESTS = {"detector": "d1", "data": "i1"}


def digests(**changed):
    return lambda: DIGESTS | changed


def claim(*, fit="mine:fit", score=None, detector=None, data="screws", name="own"):
    return claim_of(Namespace(fit=fit, score=score, detector=detector, data=Path(data)), name)


def test_a_second_one_is_refused_while_the_first_lives_and_only_then(tmp_path):
    folder = tmp_path / "out"
    with started(HOLDS, folder) as process:
        assert said(process) == "holds"
        with pytest.raises(UserError, match=r"out is in use by another `cobra attack`: wait for it, or give"):
            held_output(folder).__enter__()
        kill(process)
        with held_output(folder):
            assert [path.name for path in folder.iterdir()] == [".lock"]
    assert list(folder.iterdir()) == []


def test_the_lock_of_a_running_one_stays_when_another_is_refused(tmp_path):
    with held_output(tmp_path):
        for _ in range(2):
            with pytest.raises(UserError, match="is in use"), held_output(tmp_path):
                pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/out cannot be written to \(Not a directory\): name another"):
        held_output(tmp_path / "file/out").__enter__()


def test_the_same_again_is_taken(tmp_path):
    require_same(tmp_path, claim(), digests())
    write_claim(tmp_path, claim(), DIGESTS)
    require_same(tmp_path, claim(), digests())
    trained = claim(detector=Path("detector.pt"), name="similarity")
    write_claim(tmp_path, trained, DIGESTS)
    require_same(
        tmp_path, claim(detector=Path("detector.pt"), score="similarity", name="similarity"), digests()
    )


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (claim(fit="other:fit"), "has results of the detector mine:fit, not of other:fit"),
        (claim(fit=None, score="a:score"), "has results of the detector mine:fit, not of a:score"),
        (claim(detector=Path("/a/detector.pt"), name="backbone"), r"not of /a/detector.pt \(backbone\)"),
        (claim(data="/nuts"), "has results of the data .*/screws, not of /nuts"),
    ],
)
def test_another_detector_or_other_images_are_refused(tmp_path, other, told):
    write_claim(tmp_path, claim(), DIGESTS)
    before = (tmp_path / CLAIM).read_bytes()
    with pytest.raises(UserError, match=f"^--output .*{told}: give another --output, or remove that folder"):
        require_same(tmp_path, other, digests(detector="d2", data="i2"))
    assert (tmp_path / CLAIM).read_bytes() == before


@pytest.mark.parametrize("content", ["", "[]", "{}", '"text"', "no json"])
def test_somebody_else_s_file_is_not_taken_for_ours(tmp_path, content):
    (tmp_path / CLAIM).write_text(content)
    with pytest.raises(UserError, match=r"attacked\.json was not written by `cobra attack`: give another"):
        require_same(tmp_path, claim(), digests())


def test_somebody_else_s_array_is_not_overwritten(tmp_path):
    (tmp_path / "images.npy").write_bytes(b"theirs")
    with pytest.raises(
        UserError, match=r"has an images\.npy that `cobra attack` did not write: give another"
    ):
        require_same(tmp_path, claim(), digests())


def test_what_an_earlier_detector_left_goes_and_nothing_else(tmp_path, identity, capsys):
    old = identity.model_copy(update={"inputs": {"data": "d1", "detector": "old"}})
    new = identity.model_copy(update={"inputs": {"data": "d1", "detector": "new"}})
    table = pa.table({"clean": [0.5]})
    write_table(tmp_path / "a/pgd.parquet", table, old)
    write_json(tmp_path / "b/gates.json", {}, old)
    write_table(tmp_path / "b/noise.parquet", table, new)
    (tmp_path / "a/theirs.parquet").write_bytes(b"theirs")
    (tmp_path / "b/notes.json").write_text(json.dumps({"notes": 1}))
    remove_outdated(tmp_path, new.inputs)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    assert left == ["a/theirs.parquet", "b/noise.parquet", "b/notes.json"]
    assert identity_of(tmp_path / "b/noise.parquet") == new
    assert "2 files of an earlier state of the detector or the images are removed" in capsys.readouterr().err
    remove_outdated(tmp_path, new.inputs)
    assert capsys.readouterr().err == ""


def test_what_was_moved_or_is_called_otherwise_is_the_same_if_its_content_is(tmp_path):
    write_claim(tmp_path, claim(), DIGESTS)
    moved = claim(data="/elsewhere/screws")
    require_same(tmp_path, moved, digests())
    with pytest.raises(UserError, match=r"has results of the data .*screws, not of /elsewhere/screws"):
        require_same(tmp_path, moved, digests(data="i2"))
    with pytest.raises(UserError, match="has results of the detector mine:fit, not of other:fit"):
        require_same(tmp_path, claim(data="/elsewhere/screws", fit="other:fit"), digests(detector="d2"))


def test_of_results_of_earlier_versions_the_names_decide(tmp_path):
    (tmp_path / CLAIM).write_text(json.dumps(claim()))
    require_same(tmp_path, claim(), digests())
    with pytest.raises(UserError, match="has results of the data"):
        require_same(tmp_path, claim(data="/elsewhere"), digests())
