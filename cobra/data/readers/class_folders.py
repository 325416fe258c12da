"""A folder per class: train/<class> and test/<class>, or <class> alone, of which a share trains."""

from collections.abc import Iterator
from pathlib import Path

from cobra.data.folders import image_files
from cobra.data.raw import Label, RawImages, Split, from_files, shuffled
from cobra.data.settings import PreparationSettings

Found = tuple[Split, str, Path]


def read(root: Path, settings: PreparationSettings) -> RawImages:
    """The images directly in each class's folder; without test/, `train_share` of each class trains."""
    labels, paths = [], []
    found = _published if (root / "test").is_dir() else _shared
    for split, category, path in found(root, settings):
        labels.append(Label(split, category, "", path.relative_to(root).as_posix()))
        paths.append(path)
    return from_files(labels, paths, settings.background, below=root)


def _published(root: Path, settings: PreparationSettings) -> Iterator[Found]:
    splits: tuple[Split, ...] = ("train", "test")
    for split in splits:
        for category in settings.classes:
            for path in image_files(root / split / category):
                yield split, category, path


def _shared(root: Path, settings: PreparationSettings) -> Iterator[Found]:
    for category in settings.classes:
        files = shuffled(image_files(root / category))
        trained = round(settings.train_share * len(files))
        for rank, path in enumerate(files):
            yield "train" if rank < trained else "test", category, path
