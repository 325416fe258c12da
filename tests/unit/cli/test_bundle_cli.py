"""`cobra verify` and `cobra unpack`, and what a bundle says of where it was made."""

import subprocess
import sys

import pytest
from bundles import ONE, WRITTEN, reworded

from cobra.artifacts.provenance import git_state
from cobra.cli import main
from cobra.sharing.manifest import read_manifest
from cobra.sharing.recompute import same


@pytest.fixture
def cobra(monkeypatch, capsys):
    """Run the command line; its status and what it printed."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["cobra", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, capsys.readouterr().out

    return run


def test_what_was_verified_is_said_in_words(cobra, bundle, unpacked):
    for path, files in ((bundle, 30), (unpacked, 22)):  # in a folder, files that tell of times are let be
        status, out = cobra("verify", path)
        assert status == 0
        assert f"{files} files have the digests recorded; 11 artifacts" in out
        assert "3 cells of tables, 2 verdicts and the numbers of 1 figures follow" in out
        assert "Made outside of a git checkout; 3 files were left out" in out


def test_each_fault_is_a_sentence_of_its_own(cobra, unpacked):
    reworded(unpacked / "out/tables/main.md", "38.2", "48.2")
    (unpacked / ONE / "scores/similarity/pgd.parquet").unlink()
    status, _ = cobra("verify", unpacked)
    head, *faults = status.splitlines()
    assert head == f"error: the bundle does not hold together, {len(faults)} faults:"
    assert len(faults) > 2
    assert all(fault.endswith(".") for fault in faults)


def test_times_are_restored_in_a_folder_alone(cobra, bundle, unpacked):
    status, _ = cobra("verify", "--restore-times", bundle)
    assert status.startswith(f"error: {bundle} is no folder")
    path = unpacked / "out/prepared/images.parquet"
    path.touch()
    status, out = cobra("verify", "--restore-times", unpacked)
    assert (status, path.stat().st_mtime) == (0, WRITTEN)
    assert out.startswith("1 files were given their recorded times back.")


def test_unpacking_says_what_is_left_out(cobra, bundle, tmp_path):
    status, out = cobra("unpack", bundle, "--into", tmp_path / "new")
    assert status == 0
    assert out.startswith("30 files unpacked; left out")
    assert f"{ONE}/detector.pt" in out
    assert len(read_manifest(tmp_path / "new").files) == 30


def test_the_commit_is_that_of_the_folder_s_own_checkout(tmp_path):
    assert git_state(tmp_path) == (None, None)
    author = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside/file").write_text("1")
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "m"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    commit, clean = git_state(tmp_path)
    assert (len(commit), clean) == (40, True)
    assert git_state(tmp_path / "inside") == (None, None)
    (tmp_path / "inside/file").write_text("2")
    assert git_state(tmp_path) == (commit, False)


# Printed, made again, the unit; and whether they say the same.
TEXTS = {
    "equal": ("a 1.0", "a 1.0", None, True),
    "the last digit": ("46.2 [39.7]", "46.3 [39.6]", None, True),
    "the digit before": ("46.2", "47.2", None, False),
    "two in the last digit": ("46.2", "46.4", None, False),
    "a word": ("46.2 a", "46.2 b", None, False),
    "a number more": ("46.2", "46.2 46.2", None, False),
    "a whole number": ("gate 4", "gate 5", None, False),
    "padding": ("| a  |\n|:---|", "| a |\n|:------|", None, True),
    "a number that lost its zeros": ("65.0", "65.1", 1e-3, False),
    "a unit": ("65.001", "65.0", 1e-3, True),
    "a sign": ("-1.0", "1.0", None, False),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_say_the_same_up_to_the_last_digit(name):
    printed, again, unit, expected = TEXTS[name]
    assert same(printed, again, unit) is expected
