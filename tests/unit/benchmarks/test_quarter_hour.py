"""The parts of a quarter of an hour on a lent GPU: done once, stopped in time, taken up again, packed."""

import argparse
import tarfile
import time

import pytest
import yaml

from benchmarks import quarter_hour
from benchmarks.quarter_hour import Part
from cobra.experiment.reading import read_config

SAVING = "trap 'echo saved; exit 143' TERM; echo began; sleep 60 & wait"


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Calls the program's loop for so many seconds on commands by name."""
    monkeypatch.setattr(quarter_hour, "RESERVE", 2.0)

    def called(seconds, **commands):
        parts = [Part(name, ("sh", "-c", words), tmp_path) for name, words in commands.items()]
        args = argparse.Namespace(minutes=(seconds + quarter_hour.RESERVE) / 60)
        return quarter_hour.run_all(parts, args, time.monotonic())

    return called


def test_what_was_done_is_not_done_again_and_what_failed_is(call, tmp_path):
    assert call(20, good="echo once", bad="echo no; exit 2", last="true") == ([], ["bad"])
    assert call(20, good="echo once", bad="echo yes", last="false") == ([], [])
    assert (tmp_path / "good.log").read_text() == "once\n"
    assert (tmp_path / "bad.log").read_text() == "no\nyes\n"


def test_a_part_whose_time_is_over_is_asked_to_stop_and_taken_up_by_the_next_call(call, tmp_path):
    assert call(0.5, first="true", long=SAVING, after="true") == (["long", "after"], [])
    assert (tmp_path / "long.log").read_text() == "began\nsaved\n"
    assert call(20, first="exit 1", long="echo resumed", after="true") == ([], [])


@pytest.fixture
def asked(tmp_path):
    """What the program is called with, where something is not installed."""
    return argparse.Namespace(wheels=tmp_path, folder=tmp_path, device="cpu", small=True)


def test_what_lacks_is_installed_from_all_wheels_without_looking_for_what_they_ask_for(
    asked, tmp_path, monkeypatch
):
    monkeypatch.setattr(quarter_hour, "NEEDED", ("snakemake", "no_such_package"))
    for name in ("a-1.whl", "b-2.whl", "c-3.tar.gz"):
        (tmp_path / name).touch()
    first, second = quarter_hour.parts(asked)[:2]
    assert first.words[1:6] == ("-m", "pip", "install", "--no-index", "--no-deps")
    assert first.words[6:] == (str(tmp_path / "a-1.whl"), str(tmp_path / "b-2.whl"))
    assert (first.name, second.name) == ("install", "card")


def test_without_wheels_what_lacks_is_named(asked, monkeypatch):
    monkeypatch.setattr(quarter_hour, "NEEDED", ("snakemake", "no_such_package"))
    with pytest.raises(SystemExit, match="error: no_such_package not installed: name a folder of wheels"):
        quarter_hour.parts(asked)


def test_a_part_that_does_not_stop_is_ended_with_all_it_started(call):
    began = time.monotonic()
    assert call(0.5, deaf="trap '' TERM; sleep 60; sleep 60") == (["deaf"], [])
    assert time.monotonic() - began < 30


def test_results_come_back_in_pieces_without_data(tmp_path, monkeypatch):
    monkeypatch.setattr(quarter_hour, "ROOT", tmp_path)
    monkeypatch.setattr(quarter_hour, "PIECE", 1000)
    results = tmp_path / "results"
    results.mkdir()
    (results / "images.npy").write_bytes(bytes(10))
    (results / "detector.pt").write_bytes(bytes(range(256)) * 40)
    quarter_hour.pack(tmp_path / "brought", [results, tmp_path / "none"])
    pieces = sorted((tmp_path / "brought").iterdir())
    assert max(piece.stat().st_size for piece in pieces) <= 1000
    whole = tmp_path / "whole.tar.gz"
    whole.write_bytes(b"".join(piece.read_bytes() for piece in pieces))
    with tarfile.open(whole) as archive:
        assert set(archive.getnames()) == {"results", "results/detector.pt"}


def test_the_rehearsal_has_the_same_methods_attacks_and_tables(tmp_path):
    small, whole = (
        yaml.safe_load(path.read_text())
        for path in (
            quarter_hour.small_config(tmp_path),
            quarter_hour.ROOT / "config/experiments/quarter_hour.yaml",
        )
    )
    for section in ("methods", "scores", "attacks", "combinations", "tables"):
        assert small[section].keys() == whole[section].keys()
    assert read_config(tmp_path / "small.yaml").detector.schedule.precision == "bf16"


def test_the_class_is_trained_as_in_the_paper_but_for_the_format():
    config = read_config(quarter_hour.ROOT / "config/experiments/quarter_hour.yaml")
    paper = read_config(quarter_hour.ROOT / "config/paper.yaml")
    ours, theirs = (its.detector_settings("fmnist", "cobra") for its in (config, paper))
    schedule = ours.schedule.model_copy(update={"precision": "fp32"})
    assert ours.model_copy(update={"schedule": schedule}) == theirs
