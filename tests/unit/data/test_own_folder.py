import pytest

from cobra.data.own_folder import own_entry, require_apart
from cobra.errors import UserError


@pytest.fixture
def make(tmp_path):
    """Folders below the data set's."""

    def made(*names):
        for name in names:
            (tmp_path / name).mkdir(parents=True)
        return tmp_path

    return made


LAYOUTS = {
    "one category": (["train/good", "test/good", "test/hole"], "defect_folders", "defects", ["screws"]),
    "categories": (
        ["m3/train/good", "m3/test/good", "m4/train/good", "docs"], "defect_folders", "defects", ["m3", "m4"],
    ),
    "classes by split": (
        ["train/b", "train/a", "test/a", "test/b"], "class_folders", "one_vs_rest", ["a", "b"],
    ),
    "classes": (["b", "a", ".hidden"], "class_folders", "one_vs_rest", ["a", "b"]),
}  # fmt: skip


@pytest.mark.parametrize(("folders", "reader", "protocol", "classes"), LAYOUTS.values(), ids=LAYOUTS)
def test_subfolders_say_what_the_data_are(make, folders, reader, protocol, classes):
    entry = own_entry("screws", make(*folders), None)
    assert (entry.layouts[0].reader, entry.protocol, list(entry.classes)) == (reader, protocol, classes)
    assert set(entry.classes.values()) == {None}
    repeated = entry.detector.get("schedule", {}).get("images_per_epoch")
    assert repeated == (10_000 if protocol == "defects" else None)


@pytest.mark.parametrize(("resolution", "group"), [(None, "high"), (224, "high"), (65, "high"), (64, "low")])
def test_resolution_decides_on_the_papers_group(make, resolution, group):
    entry = own_entry("screws", make("a", "b"), resolution)
    assert entry.group == group
    assert entry.resolution == (resolution or 224)
    assert entry.eps == entry.paper_eps == {"low": 4 / 255, "high": 2 / 255}[group]
    assert (entry.detector.get("model", {}).get("stem") == "high") == (group == "high")


@pytest.mark.parametrize("folders", [[], ["a"], ["train/a", "test/a"], [".a", ".b"]])
def test_other_layouts_are_refused_with_those_that_are_known(make, folders):
    with pytest.raises(
        UserError, match=r"^datasets\.screws\.folder: .* has none of the known layouts \(train/"
    ):
        own_entry("screws", make(*folders), None)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(
        UserError, match=r"datasets\.screws\.folder: .*/gone is no folder: correct the path\."
    ):
        own_entry("screws", tmp_path / "gone", None)


@pytest.mark.parametrize("name", ["a b", "ä", "a'b"])
def test_a_class_that_is_no_part_of_a_path_is_refused(make, name):
    with pytest.raises(UserError, match="cannot name a class: rename that folder"):
        own_entry("screws", make(name, "ok"), None)


@pytest.mark.parametrize(
    ("place", "is_apart"),
    [("out", False), (".", False), ("train/out", False), (".out", True), ("../out", True), ("link", False)],
)
def test_what_is_made_does_not_lie_among_the_images(make, tmp_path, place, is_apart):
    folder = make("data/train", "apart") / "data"
    (folder / "link").symlink_to(tmp_path / "apart")
    if is_apart:
        require_apart(folder, folder / place, "--output")
    else:
        with pytest.raises(UserError, match=r"^--output .* lies within .*data, where it would be taken for"):
            require_apart(folder, folder / place, "--output")


def test_an_option_is_called_by_its_name(make):
    with pytest.raises(UserError, match=r"^--data .* has none of the known layouts"):
        own_entry("folder", make("a"), None, named="--data")
