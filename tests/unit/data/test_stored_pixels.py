from pathlib import Path

import numpy as np
import pytest
import torch
from pictures import preparation, raw_images
from samples import wavy

from cobra.artifacts.checkpoints import Scratch
from cobra.attacks.evaluation import attack_test_images
from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import PIECE, Images, StoredPixels, TestImages
from cobra.data.prepared import Prepared, read_prepared
from cobra.data.prepared_writer import write_prepared
from cobra.errors import UserError

COUNT = PIECE + 6
ROWS = torch.arange(COUNT).flip(0)[:-1]  # all but the first, in another order than on the disk
CPU = torch.device("cpu")


@pytest.fixture
def prepared(tmp_path, identity):
    settings = preparation("ab", resolution=8)
    own = identity.model_copy(update={"settings": settings.model_dump(mode="json")})
    labels = ["train a", "train b", *["test a", "test b"] * (COUNT // 2 - 1)]
    path = tmp_path / "images.npy"
    write_prepared(path, raw_images(labels, 8), settings, own, strict=False, threads=1)
    return read_prepared(path)


@pytest.fixture
def stored(prepared):
    return StoredPixels(prepared, ROWS)


@pytest.fixture
def whole(prepared):
    """The same images, all in memory."""
    return torch.from_numpy(np.load(prepared.path)[ROWS.numpy()]).permute(0, 3, 1, 2).contiguous()


@pytest.fixture
def taken(monkeypatch):
    """The rows that were read, a list for each time."""
    asked, take = [], Prepared.take

    def noted(prepared, rows):
        asked.append(rows.tolist())
        return take(prepared, rows)

    monkeypatch.setattr(Prepared, "take", noted)
    return asked


def spoil(prepared, row):
    np.load(prepared.path, mmap_mode="r+")[row, -1, -1, -1] ^= 1


@pytest.mark.parametrize(
    "chosen",
    [slice(None), slice(1), slice(3, 9), slice(0, 0), torch.tensor([5, 0, 5]), ROWS % 2 == 0],
    ids=["all", "first", "some", "none", "numbers", "mask"],
)
def test_images_taken_are_those_of_a_tensor(stored, whole, chosen):
    found = stored[chosen]
    assert torch.equal(found, whole[chosen])
    assert found.is_contiguous()
    assert found.dtype == torch.uint8


@pytest.mark.parametrize("size", [1, 8, COUNT - 1, 1000])
def test_pieces_are_those_of_a_tensor(stored, whole, size):
    pieces = list(stored.split(size))
    assert len(stored) == COUNT - 1
    assert [len(piece) for piece in pieces] == [len(piece) for piece in whole.split(size)]
    assert torch.equal(torch.cat(pieces), whole)


def test_only_the_rows_asked_for_are_read(stored, taken):
    stored[2:4]
    pieces = stored.split(8)
    next(pieces)
    assert taken == [ROWS[2:4].tolist(), ROWS[:8].tolist()]


def test_all_images_are_read_once_when_they_are_opened_and_never_more_than_a_piece(prepared, taken):
    StoredPixels(prepared, ROWS)
    assert taken == [piece.tolist() for piece in ROWS.split(PIECE)]


def test_no_mapping_of_the_file_is_held(stored, prepared):
    def is_mapped():
        return str(prepared.path) in Path("/proc/self/maps").read_text()

    stored[:]
    assert not is_mapped()
    held = prepared.images
    assert is_mapped()
    del held


def test_a_damaged_image_is_named_before_any_is_used(prepared):
    spoil(prepared, COUNT - 2)
    with pytest.raises(UserError, match=rf"images\.npy is damaged at image {COUNT - 2}: remove it and"):
        StoredPixels(prepared, ROWS)
    assert len(StoredPixels(prepared, torch.tensor([1, 2]))) == 2


def test_an_image_that_is_altered_later_is_named_when_it_is_used(prepared, stored):
    spoil(prepared, 40)
    place = int((ROWS == 40).nonzero())
    assert len(stored[:place]) == place
    with pytest.raises(UserError, match=r"images\.npy is damaged at image 40"):
        stored[place : place + 1]
    with pytest.raises(UserError, match=r"images\.npy is damaged at image 40"):
        stored.loaded(CPU)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda path: path.unlink(), "cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "cannot be read"),
        (lambda path: np.save(path, np.load(path)[:5]), "is not the array its manifest describes"),
    ],
    ids=["removed", "cut off", "another"],
)
def test_a_file_that_is_gone_later_is_told_in_a_sentence(prepared, stored, change, sentence):
    change(prepared.path)
    with pytest.raises(UserError, match=rf"images\.npy {sentence}.*: prepare the data again"):
        stored[:1]


def test_on_the_cpu_images_stay_on_the_disk(stored):
    assert Images(stored, ROWS).to(CPU).pixels is stored
    assert stored.device == CPU


def test_another_device_is_given_all_images_piece_by_piece(stored, whole, taken):
    assert torch.equal(stored.loaded(CPU), whole)
    assert max(map(len, taken)) == PIECE
    moved = stored.to(torch.device("meta"))  # which has a shape, and no memory
    assert (moved.device.type, moved.shape, moved.dtype) == ("meta", whole.shape, torch.uint8)


def test_an_attack_finds_the_same_bits_on_images_in_memory(stored, whole, tmp_path):
    settings = AttackSettings(eps=0.05, steps=3, restarts=2)

    def columns(pixels, folder):
        test = TestImages(Images(pixels, ROWS), ROWS % 2 == 1, ["a"] * len(ROWS))
        scratch = Scratch(folder, "cpu")
        return attack_test_images(wavy, test, settings, seed=0, block_size=16, scratch=scratch).columns

    lazy, eager = columns(stored, tmp_path / "lazy"), columns(whole, tmp_path / "eager")
    assert lazy.keys() == eager.keys()
    assert all(torch.equal(lazy[name], eager[name]) for name in lazy)
    assert (lazy["attacked"] != lazy["clean"]).any()
