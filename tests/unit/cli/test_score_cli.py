import json
import re
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from pictures import preparation, raw_images
from PIL import Image
from samples import settled_network

from cobra.artifacts.checkpoints import Scratch
from cobra.cli import main
from cobra.data.one_class import as_unit, training_images
from cobra.data.prepared import read_prepared
from cobra.data.prepared_writer import fit_image, form_of, load_files, write_prepared
from cobra.data.settings import TrainingSubset
from cobra.detectors.baseline_detector import BaselineDetector, Training
from cobra.detectors.detector import Detector
from cobra.detectors.settings import kind_settings
from cobra.reporting.figures.neighbour import draw_pair
from cobra.training.settings import DetectorSettings

LABELS = [*["train b"] * 3, *["train a"] * 9, *["test a"] * 40, *["test b"] * 3]
MEMORY = 7  # of the nine normal training images, which are no. 3 to 11


@pytest.fixture
def files(tmp_path, identity):
    """A detector of class a, the data it was trained on, and a picture of each of these."""

    def written(objective=None, limit=MEMORY, name="images.npy", fit="resize", side=16):
        form = preparation("ab", resolution=16, fit=fit)
        whole = form.model_dump(mode="json")
        prepared_identity = identity.model_copy(update={"kind": "prepared", "settings": whole})
        path = tmp_path / name
        write_prepared(path, raw_images(LABELS, side), form, prepared_identity, strict=False, threads=1)
        prepared = read_prepared(path)
        settings = DetectorSettings(subset=TrainingSubset(limit=limit), objective=objective or {})
        own = identity.model_copy(
            update={
                "subject": identity.subject | {"normal": "a"},
                "settings": settings.model_dump(mode="json"),
                "inputs": {"data": prepared.digest},
            }
        )
        images = training_images(prepared, "a", settings.subset)
        Detector.build(settled_network(), images, own).save(tmp_path / "detector.pt")
        return prepared

    return written


@pytest.fixture
def score(monkeypatch, capsys, tmp_path):
    """Run `cobra score` on the files; its status and what it printed."""

    def run(*arguments, detector="detector.pt", data="images.npy"):
        given = ["--detector", tmp_path / detector, "--data", tmp_path / data, "--device", "cpu"]
        monkeypatch.setattr(sys, "argv", ["cobra", "score", *map(str, (*given, *arguments))])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, capsys.readouterr().out

    return run


def picture(folder, prepared, row):
    """The image of a row as a file."""
    path = folder / f"row{row}.png"
    Image.fromarray(prepared.images[row]).save(path)
    return path


def unit(prepared, *rows):
    return as_unit(torch.from_numpy(prepared.images[list(rows)]).permute(0, 3, 1, 2))


def test_each_image_has_a_line_with_the_score_it_has_as_a_prepared_image(files, score, tmp_path):
    prepared = files()
    paths = [picture(tmp_path, prepared, row) for row in (20, 53)]
    status, out = score(*paths)
    assert status == 0
    lines = [line.split() for line in out.splitlines() if line.startswith(str(tmp_path))]
    assert [line[0] for line in lines] == list(map(str, paths))
    expected = Detector.load(tmp_path / "detector.pt").score(unit(prepared, 20, 53))
    torch.testing.assert_close(torch.tensor([float(line[1]) for line in lines]), expected)


@pytest.mark.parametrize(("share", "above"), [(0.05, 2), (0.5, 20), (0.01, 0)])
def test_the_threshold_is_that_of_the_normal_test_images(files, score, tmp_path, share, above):
    prepared = files()
    normal = range(12, 52)
    paths = [picture(tmp_path, prepared, row) for row in normal]
    _, out = score(*paths, "--false-alarms", share, "--csv", tmp_path / "lines.csv")
    table = pd.read_csv(tmp_path / "lines.csv")
    assert list(table.columns) == ["image", "score", "verdict", "threshold"]
    ranked = sorted(table["score"])
    assert table["threshold"].unique() == pytest.approx([ranked[-1 - above]])
    assert (table["verdict"] == "anomalous").sum() == above
    assert set(table["verdict"][table["score"] <= table["threshold"][0]]) == {"normal"}
    said = str(above) if above else "none: it is their highest score"
    assert f"at most {100 * share:g} % of the 40 normal test images of {prepared.path} ({said})" in out


@pytest.mark.parametrize("name", ["similarity", "backbone", "combined"])
def test_the_picture_shows_the_nearest_training_image(files, score, tmp_path, name, monkeypatch):
    prepared = files()
    drawn = []
    monkeypatch.setattr("cobra.cli.score.draw_pair", lambda *pair: drawn.append(pair) or draw_pair(*pair))
    _, out = score(
        picture(tmp_path, prepared, 20), "--score", name,
        "--neighbours", tmp_path / "pairs", "--csv", tmp_path / "lines.csv",
    )  # fmt: skip
    space = "backbone" if name == "backbone" else "projection"
    detector = Detector.load(tmp_path / "detector.pt")
    pixels = unit(prepared, 20)
    cosines = (detector.network.embed(pixels, space) @ detector.memory(space).T)[0]
    line = pd.read_csv(tmp_path / "lines.csv").iloc[0]
    assert line["nearest"] == 3 + int(cosines.argmax())
    assert line["cosine"] == pytest.approx(float(cosines.max()), abs=1e-6)
    ((shown, near), names, _) = drawn[0]
    assert torch.equal(shown, pixels[0])
    np.testing.assert_array_equal(
        (near * 255).round().permute(1, 2, 0).numpy(), prepared.images[line["nearest"]]
    )
    assert names[1].splitlines()[1].startswith(f"no. {line['nearest']}, ")
    with Image.open(line["picture"]) as written:
        assert written.format == "PNG"
    assert line["picture"] == str(tmp_path / "pairs/1-row20.png")
    assert line["picture"] in out


def test_images_of_one_name_have_pictures_of_their_own(files, score, tmp_path):
    prepared = files()
    paths = []
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        paths.append(picture(tmp_path / folder, prepared, 20))
    score(*paths, "--neighbours", tmp_path / "pairs")
    assert sorted(path.name for path in (tmp_path / "pairs").iterdir()) == ["1-row20.png", "2-row20.png"]


def test_a_training_image_is_said_to_be_one(files, score, tmp_path):
    prepared = files()
    in_memory, left_out = (picture(tmp_path, prepared, row) for row in (3 + MEMORY - 1, 3 + MEMORY))
    _, out = score(in_memory, left_out)
    notes = [line for line in out.splitlines() if line.startswith("note: ")]
    assert notes == [f"note: {in_memory} is the training image no. 9: its score says nothing of new images."]


@pytest.mark.parametrize("fit", ["resize", "crop", "pad", "stretch"])
def test_images_are_brought_into_the_form_of_the_data(files, tmp_path, fit):
    form = form_of(files(fit=fit))
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / "large.png")
    Image.fromarray(image[..., 0]).save(tmp_path / "grey.png")
    paths = [tmp_path / "large.png", tmp_path / "grey.png"]
    loaded, _ = load_files(paths, form.resolution, form.fit, form.background, threads=1)
    assert loaded.shape == (2, 3, 16, 16)
    np.testing.assert_array_equal(loaded[0].transpose(1, 2, 0), fit_image(image, 16, fit))
    np.testing.assert_array_equal(loaded[1].transpose(1, 2, 0), fit_image(image[..., 0], 16, fit))


def test_all_unusable_images_are_named_before_anything_is_scored(files, score, tmp_path, monkeypatch):
    prepared = files()
    (tmp_path / "text.png").write_text("no image")
    Image.fromarray(np.full((4, 4), np.nan, dtype=np.float32)).save(tmp_path / "nan.tif")
    monkeypatch.setattr(Detector, "score", lambda *_: pytest.fail("scored"))
    status, out = score(
        *(tmp_path / name for name in ("absent.png", "text.png", "nan.tif", ".")),
        picture(tmp_path, prepared, 20),
    )
    assert out == ""
    assert status.startswith("error: 4 of 5 images cannot be used (")
    for told in (
        "absent.png does not exist",
        "text.png is no image of a format that is read",
        "nan.tif has the pixel format F, not 8 bits per channel",
        f"{tmp_path} is a folder",
    ):
        assert told in status
    assert status.count("\n") == 0


def test_neighbours_of_a_score_that_looks_at_none_are_refused(files, score, tmp_path):
    status, _ = score(picture(tmp_path, files(), 20), "--score", "classifier", "--neighbours", "f")
    assert "classifier looks at no single neighbour: leave" in status


@pytest.mark.parametrize(
    ("objective", "name", "said"),
    [
        ({"contrastive": "none"}, "similarity", "needs the projection head"),
        ({"classification": False}, "classifier", "needs the classifier"),
    ],
)
def test_a_score_of_an_untrained_head_is_refused(files, score, tmp_path, objective, name, said):
    status, _ = score(picture(tmp_path, files(objective), 20), "--score", name)
    assert said in status


def test_other_data_than_the_detector_was_trained_on_are_refused(files, score, tmp_path):
    files(name="other.npy", side=20)
    prepared = files()
    status, _ = score(picture(tmp_path, prepared, 20), data="other.npy")
    assert re.search(r"other\.npy is not what \S+detector\.pt was trained on: give the prepared", status)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("absent.pt", "does not exist"),
        ("text.pt", "is no PyTorch file, or not the whole of one: give a detector.pt"),
        ("detector.json", "is no detector of ours: give a detector.pt"),
    ],
)
def test_what_is_no_detector_of_ours_is_refused(files, score, tmp_path, name, said):
    prepared = files()
    (tmp_path / "text.pt").write_text("no detector")
    (tmp_path / "detector.json").write_text(json.dumps({}))
    status, _ = score(picture(tmp_path, prepared, 20), detector=name)
    assert said in status


def test_a_baseline_scores_single_images_too(tmp_path, files, score, identity):
    prepared = files()
    chosen = kind_settings({"kind": "pixels_knn"}, "here")
    own = identity.model_copy(
        update={
            "subject": identity.subject | {"normal": "a", "method": "pixels"},
            "settings": {"subset": {"limit": MEMORY}, "baseline": chosen.model_dump(mode="json")},
            "inputs": {"data": prepared.digest},
        }
    )
    images = training_images(prepared, "a", TrainingSubset(limit=MEMORY))
    with Scratch.hold(tmp_path / "scratch", own) as scratch:
        BaselineDetector.train(chosen, Training(images, 0, scratch), own).save(tmp_path / "detector.pt")
    Image.fromarray(images.pixels[:1][0].permute(1, 2, 0).numpy()).save(tmp_path / "one.png")
    status, said = score(tmp_path / "one.png")
    assert status in (0, None)
    assert "score: own." in said
    assert "is the training image no. 3" in said
    status, _ = score(tmp_path / "one.png", "--score", "combined")
    assert "is a baseline, with one score of its own: leave --score out." in str(status)
