"""ImageNet-30: a training and a test folder, with one folder per class or synset in each."""

from pathlib import Path

from cobra.data.folders import SUFFIXES, all_files
from cobra.data.raw import Label, RawImages, Split, from_files, one_of
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError

FOLDERS: dict[Split, tuple[str, ...]] = {
    "train": ("one_class_train", "*/one_class_train", "ImageNet-30-train", "train"),
    "test": ("one_class_test", "*/one_class_test", "ImageNet-30-test", "test"),
}
SYNSETS = {
    "acorn": "n12267677",
    "airliner": "n02690373",
    "ambulance": "n02701002",
    "american_alligator": "n01698640",
    "banjo": "n02787622",
    "barn": "n02793495",
    "bikini": "n02837789",
    "digital_clock": "n03196217",
    "dragonfly": "n02268443",
    "dumbbell": "n03255030",
    "forklift": "n03384352",
    "goblet": "n03443371",
    "grand_piano": "n03452741",
    "hotdog": "n07697537",
    "hourglass": "n03544143",
    "manhole_cover": "n03717622",
    "mosque": "n03788195",
    "nail": "n03804744",
    "parking_meter": "n03891332",
    "pillow": "n03938244",
    "revolver": "n04086273",
    "rotary_dial_telephone": "n03187595",
    "schooner": "n04147183",
    "snowmobile": "n04252077",
    "soccer_ball": "n04254680",
    "stingray": "n01498041",
    "strawberry": "n07745940",
    "tank": "n04389033",
    "toaster": "n04442312",
    "volcano": "n09472597",
}


def read(root: Path, settings: PreparationSettings) -> RawImages:
    """All images below each class's folder, at any depth (the distributed test part has one level more)."""
    labels, paths = [], []
    for split, names in FOLDERS.items():
        folder = one_of(root, *names)
        for category in settings.classes:
            for path in _images(folder, category):
                labels.append(Label(split, category, "", path.relative_to(folder.parent).as_posix()))
                paths.append(path)
    return from_files(labels, paths, settings.background)


def _images(folder: Path, category: str) -> list[Path]:
    names = (category, SYNSETS.get(category, category))
    found = next((folder / name for name in names if (folder / name).is_dir()), None)
    if found is None:
        raise UserError(f"{folder} has no folder {' or '.join(dict.fromkeys(names))}: place all 30 classes.")
    return [path for path in all_files(found) if path.suffix.lower() in SUFFIXES]
