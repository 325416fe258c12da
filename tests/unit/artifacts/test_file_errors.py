"""Files of somebody else where ours are wanted: never called damaged, and nobody is told to remove them."""

import sys

import numpy as np
import pytest
import torch

from cobra.artifacts.files import CLAIM, is_ours
from cobra.artifacts.identity import run_record_path
from cobra.cli import main


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    """A folder of files as people have them, and the working folder."""
    monkeypatch.chdir(tmp_path)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten())
    torch.save(network.state_dict(), "state.pt")
    torch.save(network, "whole.pt")
    torch.save({"model": network.state_dict(), "epoch": 3}, "model.pt")
    torch.save({"state_dict": network.state_dict(), "identity": {}}, "light.pt")
    torch.save(torch.zeros(3), "tensor.pt")
    (tmp_path / "half.pt").write_bytes((tmp_path / "state.pt").read_bytes()[:900])
    np.save("mine.npy", np.zeros((20, 32, 32, 3), np.uint8))
    (tmp_path / "empty.pt").write_bytes(b"")
    for name in ("photo.pt", "photo.parquet", "photo.json", "picture.png", "photo.tar.gz"):
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    return tmp_path


@pytest.fixture
def said(monkeypatch, theirs, _signals):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["cobra", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return str(left.value.code)

    return run


SOMETHING_ELSE = "is a PyTorch file of something else"
DETECTORS = {
    "state.pt": f"{SOMETHING_ELSE} (it holds 0.weight, 0.bias)",
    "whole.pt": f"{SOMETHING_ELSE} (it holds more than tensors and plain values)",
    "model.pt": f"{SOMETHING_ELSE} (it holds model, epoch)",
    "light.pt": f"{SOMETHING_ELSE} (it holds state_dict, identity)",
    "tensor.pt": f"{SOMETHING_ELSE} (no dictionary)",
    "half.pt": "is no PyTorch file, or not the whole of one",
    "empty.pt": "is empty",
    "photo.pt": "is no PyTorch file, or not the whole of one",
}
FORMS = {
    "show": lambda name: ("show", name),
    "score": lambda name: (
        "score",
        "picture.png",
        "--detector",
        name,
        "--data",
        "mine.npy",
        "--device",
        "cpu",
    ),
    "attack": lambda name: ("attack", "--detector", name, "--data", "mine.npy", "--device", "cpu"),
}
OTHERS = {
    ("show", "photo.parquet"): "photo.parquet is no whole file of parquet: give a .parquet that cobra wrote",
    ("show", "photo.json"): "photo.json is no whole file of JSON: give a .json of results",
    ("attack", "--fit", "json:loads", "--data", "mine.npy"): "mine.npy has no manifest of prepared images",
    (
        "attack",
        "--fit",
        "json:loads",
        "--data",
        "picture.png",
    ): "picture.png has no manifest of prepared images",
    ("verify", "photo.tar.gz"): "photo.tar.gz is no bundle, or not a whole one",
    ("unpack", "photo.tar.gz", "--into", "new"): "photo.tar.gz is no bundle, or not a whole one",
}


def assert_gentle(sentence):
    assert "\n" not in sentence
    assert "damaged" not in sentence
    assert "remove" not in sentence
    assert "Traceback" not in sentence


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("form", FORMS)
def test_what_is_no_detector_of_ours_is_called_what_it_is(said, theirs, form, name):
    before = (theirs / name).read_bytes()
    sentence = said(*FORMS[form](name))
    assert sentence == f"error: {name} {DETECTORS[name]}: give a detector.pt that cobra trained."
    assert_gentle(sentence)
    assert (theirs / name).read_bytes() == before


@pytest.mark.parametrize("arguments", OTHERS, ids=" ".join)
def test_what_is_nothing_of_ours_is_called_what_it_is(said, arguments):
    sentence = said(*arguments)
    assert sentence.startswith(f"error: {OTHERS[arguments]}")
    assert_gentle(sentence)


def test_a_file_among_results_is_ours_whatever_is_in_it(tmp_path):
    path = tmp_path / "results/digits/0/scores.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    assert not is_ours(path, b"")
    run_record_path(path).write_text("{}")
    assert is_ours(path, b"")
    run_record_path(path).unlink()
    (tmp_path / "results/code").mkdir()
    (tmp_path / "results/code/notes.json").write_text("{}")
    assert not is_ours(path, b"")
    (tmp_path / f"results/code/{'0' * 64}.json").write_text("{}")
    assert is_ours(path, b"")
    assert not is_ours(tmp_path / "elsewhere.parquet", b"")
    (tmp_path / CLAIM).write_text("{}")
    assert is_ours(tmp_path / "elsewhere.parquet", b"")


def test_a_file_with_an_identity_in_it_is_ours_wherever_it_lies(tmp_path, identity):
    content = identity.model_dump_json().encode()
    assert is_ours(tmp_path / "a.pt", b"PK" + content + b"...")
    assert not is_ours(tmp_path / "a.pt", b'{"identity": {"subject": 1, "settings": {}}}')
