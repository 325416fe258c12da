"""Images sorted into folders: by class, by category and defect as MVTec AD, or as ImageNet-30."""

from pathlib import Path

from cobra.data.folders import SUFFIXES, all_files, image_files, is_folder, subfolders
from cobra.data.raw import SPLITS, TEST, TRAIN, Label, RawImages, from_files, one_of, shuffled
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError

GOOD = "good"
IMAGENET30 = {
    TRAIN: ("one_class_train", "*/one_class_train", "ImageNet-30-train", "train"),
    TEST: ("one_class_test", "*/one_class_test", "ImageNet-30-test", "test"),
}
SYNSETS = {
    "acorn": "n12267677", "airliner": "n02690373", "ambulance": "n02701002",
    "american_alligator": "n01698640", "banjo": "n02787622", "barn": "n02793495",
    "bikini": "n02837789", "digital_clock": "n03196217", "dragonfly": "n02268443",
    "dumbbell": "n03255030", "forklift": "n03384352", "goblet": "n03443371",
    "grand_piano": "n03452741", "hotdog": "n07697537", "hourglass": "n03544143",
    "manhole_cover": "n03717622", "mosque": "n03788195", "nail": "n03804744",
    "parking_meter": "n03891332", "pillow": "n03938244", "revolver": "n04086273",
    "rotary_dial_telephone": "n03187595", "schooner": "n04147183", "snowmobile": "n04252077",
    "soccer_ball": "n04254680", "stingray": "n01498041", "strawberry": "n07745940",
    "tank": "n04389033", "toaster": "n04442312", "volcano": "n09472597",
}  # fmt: skip


def read_class_folders(root: Path, settings: PreparationSettings) -> RawImages:
    """The images directly in train/<class> and test/<class>, or in <class> alone, where `train_share` of each
    class trains.
    """
    found = []
    if is_folder(root / "test"):
        for split in SPLITS:
            for category in settings.classes:
                found += [(split, category, path) for path in image_files(root / split / category)]
    else:
        for category in settings.classes:
            files = shuffled(image_files(root / category))
            trained = round(settings.train_share * len(files))
            found += [(TRAIN, category, path) for path in files[:trained]]
            found += [(TEST, category, path) for path in files[trained:]]
    images = [(Label(split, its, "", path.relative_to(root).as_posix()), path) for split, its, path in found]
    return from_files(images, settings.background, below=root)


def read_defect_folders(root: Path, settings: PreparationSettings) -> RawImages:
    """<category>/train/good, <category>/test/good and <category>/test/<defect> of every known category that
    lies below `root`, or below a single folder in it.
    """
    images = []
    for category in settings.classes:
        folder = _category_folder(root, category, alone=len(settings.classes) == 1)
        parts = [(TRAIN, "", folder / "train" / GOOD)]
        parts += [(TEST, "" if its.name == GOOD else its.name, its) for its in subfolders(folder / "test")]
        for split, defect, part in parts:
            for path in image_files(part):
                label = Label(split, category, defect, f"{category}/{path.relative_to(folder)}")
                images.append((label, path))
    if not images:
        raise UserError(
            f"{root} has no <category>/train/good for any of {', '.join(settings.classes)}: "
            "place the data in MVTec AD's layout."
        )
    return from_files(images, settings.background, below=root)


def _category_folder(root: Path, category: str, *, alone: bool) -> Path:
    """The folder of `category`; a data set of one category may have train/ and test/ at the top."""
    if alone and is_folder(root / "train" / GOOD):
        return root
    if is_folder(root / category):
        return root / category
    below = (folder / category for folder in subfolders(root))
    return next(filter(is_folder, below), root / category)


def read_imagenet30(root: Path, settings: PreparationSettings) -> RawImages:
    """A training and a test folder with one folder per class or synset, all images below which are read, at
    any depth (the distributed test part has one level more).
    """
    images = []
    for split, names in IMAGENET30.items():
        folder = one_of(root, *names)
        for category in settings.classes:
            for path in all_files(_class_or_synset(folder, category)):
                if path.suffix.lower() in SUFFIXES:
                    label = Label(split, category, "", path.relative_to(folder.parent).as_posix())
                    images.append((label, path))
    return from_files(images, settings.background)


def _class_or_synset(folder: Path, category: str) -> Path:
    names = (category, SYNSETS.get(category, category))
    for name in names:
        if is_folder(folder / name):
            return folder / name
    raise UserError(f"{folder} has no folder {' or '.join(dict.fromkeys(names))}: place all 30 classes.")
