"""`cobra attack`: anybody's score on a folder of images, as a person would call it."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from packing import png
from projects import RUNTIME

from cobra.cli import main

MINE = """
import torch


def fit(training):
    memory = training.flatten(1)
    return lambda images: torch.cdist(images.flatten(1), memory).amin(dim=1)


def brightness(images):
    return images.mean(dim=(1, 2, 3))


def backwards(images):
    return -images.mean(dim=(1, 2, 3))


def stepwise(images):
    return images.detach().mean(dim=(1, 2, 3))


def constant(images):
    return 0 * images.sum(dim=(1, 2, 3))


def column(images):
    return images.mean(dim=(1, 2, 3))[:, None]


def undefined(images):
    return images.mean(dim=(1, 2, 3)) / 0 * 0


def failing(images):
    raise RuntimeError("out of cheese")


answer = 42
"""
PROGRAM = RUNTIME / "cobra"
QUICK = ["--resolution", "8", "--eps", "0.1", "--steps", "4", "--restarts", "1"]
DETECTOR = "results/digits/0/cobra/seed0/detector.pt"
TRAINED = ["--data", "results/prepared/digits/images.npy", "--eps", "0.1", "--steps", "3", "--restarts", "2"]

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a module and images of two classes: dark ones and bright ones."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "their_scores.py").write_text(MINE)
    (folder / "leaves.py").write_text("import sys\nsys.exit(0)\n")
    random = np.random.default_rng(0)
    for name, low in (("dark", 0), ("bright", 90)):
        for split, count in (("train", 6), ("test", 5)):
            (folder / f"data/{split}/{name}").mkdir(parents=True)
            for number in range(count):
                pixels = random.integers(low, low + 150, (8, 8, 3), dtype=np.uint8)
                (folder / f"data/{split}/{name}/{number}.png").write_bytes(png(pixels))
    return folder


def cobra(place, *arguments):
    env = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    command = [PROGRAM, "attack", "--data", "data", *QUICK, *arguments]
    return subprocess.run(command, cwd=place, env=env, capture_output=True, text=True)


def refused(monkeypatch, folder, *arguments):
    """What `cobra attack` says instead of attacking; in this process: many starts would take a minute."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["cobra", "attack", *arguments, "--device", "cpu"])
    with pytest.raises(SystemExit) as left:
        main()
    assert str(left.value.code).startswith("error: ")
    return left.value.code


def test_the_suite_and_the_gates_are_told_and_written_for_each_class(place):
    done = cobra(place, "--fit", "their_scores:fit", "--output", "out")
    assert done.returncode == 0, done.stderr
    for name in ("dark", "bright"):
        assert f"# {name} normal, 10 test images" in done.stdout
        verdicts = json.loads((place / f"out/{name}/gates.json").read_text())["verdicts"]
        assert [verdict["gate"] for verdict in verdicts] == list(range(1, 12))
        scores = pq.read_table(place / f"out/{name}/apgd.parquet").to_pandas()
        direction = scores["is_anomaly"].map({True: -1.0, False: 1.0})
        assert (direction * (scores["attacked"] - scores["clean"]) >= 0).all()
        assert (scores["attacked"] != scores["clean"]).any()
    assert (place / "out/summary.md").read_text().count("the worst per image") == 2
    assert list((place / ".scratch").glob("*")) == []


def test_one_class_and_a_ready_score_may_be_chosen(place):
    done = cobra(place, "--score", "their_scores:brightness", "--normal", "dark", "--output", "one")
    assert done.returncode == 0, done.stderr
    assert "# dark normal" in done.stdout
    assert "bright normal" not in done.stdout
    assert not (place / "one/bright").exists()


def test_an_output_of_another_detector_or_of_other_images_is_refused(place, monkeypatch):
    arguments = ["--score", "their_scores:stepwise", "--normal", "dark", "--attacks", "noise", *QUICK]
    done = cobra(place, *arguments, "--output", "claimed")
    assert done.returncode == 0, done.stderr
    before = {path: path.read_bytes() for path in (place / "claimed").rglob("*") if path.is_file()}
    monkeypatch.syspath_prepend(place)
    for data, name in (("data", "brightness"), ("data/train", "stepwise")):
        given = ["--data", data, "--score", f"their_scores:{name}", *arguments[2:], "--output", "claimed"]
        assert "give another --output, or remove that folder" in refused(monkeypatch, place, *given)
    assert {path: path.read_bytes() for path in (place / "claimed").rglob("*") if path.is_file()} == before


def test_a_killed_run_ends_with_the_same_scores(place):
    arguments = ["--fit", "their_scores:fit", "--normal", "dark", "--steps", "60", "--restarts", "3"]
    arguments += ["--attacks", "pgd", "apgd"]
    assert cobra(place, *arguments, "--output", "whole").returncode == 0
    process = subprocess.Popen(
        [PROGRAM, "attack", "--data", "data", *QUICK, *arguments, "--output", "killed"],
        cwd=place,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
        stderr=subprocess.DEVNULL,
    )
    while not list((place / ".scratch").glob("*/pgd.pt")):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
    process.kill()
    process.wait()
    assert cobra(place, *arguments, "--output", "killed").returncode == 0
    for path in (place / "whole/dark").glob("*.parquet"):
        assert (place / "killed/dark" / path.name).read_bytes() == path.read_bytes()


def test_a_score_without_a_gradient_is_put_to_the_attacks_that_need_none(place):
    arguments = ["--score", "their_scores:stepwise", "--normal", "dark", "--attacks", "square", "noise"]
    done = cobra(place, *arguments, "--output", "stepwise")
    assert done.returncode == 0, done.stderr
    assert {path.stem for path in (place / "stepwise/dark").glob("*.parquet")} == {
        "square",
        "noise",
        "doubled",
        "sweep",
    }
    assert "the score has no gradient" in done.stdout


def test_a_score_that_ranks_the_wrong_way_round_is_asked_about_and_has_passed_nothing(place):
    arguments = ["--score", "their_scores:backwards", "--normal", "dark", "--attacks", "noise"]
    done = cobra(place, *arguments, "--output", "backwards")
    assert done.returncode == 0, done.stderr
    assert "far below 50: does a higher score mean more anomalous? Not to be called robust" in done.stdout
    assert "It passed" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "give either score (ready to use) or fit"),
        (["--score", "their_scores"], "name a function as package.module:function"),
        (["--score", "nowhere:score"], "The module of nowhere:score is not found"),
        (["--score", "leaves:score"], "leaves ends Python when it is imported (sys.exit(0)): put what a"),
        (
            ["--score", "their_scores:brightness", "--files", "gone.pt"],
            "--files names gone.pt, which does not exist",
        ),
        (["--score", "their_scores:nothing"], "their_scores has no nothing: name a function"),
        (["--score", "their_scores:answer"], "gives a int where a function of images is needed"),
        (
            ["--score", "their_scores:failing"],
            "their_scores:failing failed on images of shape (2, 3, 8, 8) (RuntimeError",
        ),
        (["--score", "their_scores:column"], "has the shape (2, 1) where (2,) is needed"),
        (["--score", "their_scores:undefined"], "The score is not finite"),
        (["--score", "their_scores:constant"], "for each of 10 test images: check the detector"),
        (["--score", "their_scores:stepwise"], "The score has no gradient with respect to the image"),
        (
            ["--score", "their_scores:brightness", "--normal", "grey"],
            "--normal grey is no class of the folder",
        ),
        (["--score", "their_scores:brightness", "--data", "elsewhere"], "elsewhere is no folder"),
    ],
)
def test_what_cannot_be_attacked_is_refused_in_one_sentence(place, monkeypatch, arguments, sentence):
    normal = [] if "--normal" in arguments else ["--normal", "dark"]
    monkeypatch.syspath_prepend(place)
    said = refused(monkeypatch, place, "--data", "data", *QUICK, *arguments, *normal, "--output", "refused")
    assert sentence in said
    assert "\n" not in said


@pytest.mark.parametrize("score", ["similarity", "classifier"])
def test_a_trained_detector_is_attacked_as_in_the_workflow(project, score):
    command = [PROGRAM, "attack", "--detector", DETECTOR, "--score", score, *TRAINED]
    done = project.run(*map(str, command), "--attacks", "pgd", "--limit", "10", "--output", "out")
    assert done.returncode == 0, done.stderr
    theirs, found = (
        pd.read_parquet(project / path).set_index("image_id")
        for path in (f"results/digits/0/cobra/seed0/scores/{score}/pgd.parquet", "out/0/pgd.parquet")
    )
    assert len(found) == 20
    pd.testing.assert_frame_equal(found, theirs.loc[found.index], check_exact=True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fit", "mine:fit"], "--fit makes a score, and --detector has one: leave one of them out"),
        (["--score", "mine:score"], "--score mine:score is no score of a trained detector: choose among sim"),
        (["--files", "weights.pt"], "--files belong to --score or --fit, and --detector is one file: leave"),
        (["--score", "ensemble"], "The score ensemble was not fitted to this detector: set ensemble.fitted"),
        (["--normal", "1"], f"--normal 1 is no class of {DETECTOR}: choose among 0."),
        (["--detector", "results/digits/0/cobra/seed0/training.csv"], "training.csv is no detector of ours"),
        (["--detector", "nothing.pt"], "nothing.pt does not exist"),
    ],
)
def test_a_trained_detector_that_does_not_fit_is_refused(finished, monkeypatch, arguments, sentence):
    given = ["--detector", DETECTOR, *TRAINED, *arguments]
    assert sentence in refused(monkeypatch, finished.folder, *given)


def test_a_trained_detector_is_attacked_on_its_own_data_alone(finished, monkeypatch, place):
    detector = str(finished / DETECTOR)
    said = refused(monkeypatch, place, "--detector", detector, "--data", "data", *QUICK, "--output", "other")
    assert (
        f"other/images.npy is not what {detector} was trained on: give the prepared images.npy of di" in said
    )
