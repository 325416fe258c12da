"""Cityscapes by coverage: a scene is anomalous if certain labels cover enough of it."""

from pathlib import Path

import numpy as np

from cobra.data.image_decoding import UnreadableImageError, read_image
from cobra.data.raw import TEST, TRAIN, Label, RawImages, from_files, one_of, shuffled
from cobra.data.settings import CoverageSettings, PreparationSettings
from cobra.errors import UserError
from cobra.machine.progress import progress

PARTS = ("train", "val")  # the test part's labels are not public
# Cordts et al. 2016, cityscapesScripts.
LABELS = (
    "unlabeled", "ego vehicle", "rectification border", "out of roi", "static", "dynamic", "ground", "road",
    "sidewalk", "parking", "rail track", "building", "wall", "fence", "guard rail", "bridge", "tunnel",
    "pole", "polegroup", "traffic light", "traffic sign", "vegetation", "terrain", "sky", "person", "rider",
    "car", "truck", "bus", "caravan", "trailer", "train", "motorcycle", "bicycle",
)  # fmt: skip


def read_cityscapes(root: Path, settings: PreparationSettings) -> RawImages:
    """leftImg8bit and gtFine; `train_share` of the normal scenes train, drawn by a digest of their names."""
    coverage = settings.coverage
    if coverage is None:
        raise UserError(
            "Cityscapes needs datasets.cityscapes.coverage: the labels that make a scene anomalous."
        )
    images = one_of(root, "leftImg8bit", "*/leftImg8bit")
    scenes = [path for part in PARTS for path in sorted((images / part).glob("*/*_leftImg8bit.png"))]
    if not scenes:
        raise UserError(
            f"{images} has no train/<city>/*_leftImg8bit.png: place leftImg8bit_trainvaltest.zip."
        )
    shares = _coverage_shares(scenes, one_of(root, "gtFine", "*/gtFine"), coverage)
    normal = shuffled([path for path, share in shares.items() if share < coverage.normal_below])
    train = set(normal[: round(settings.train_share * len(normal))])
    kept = []
    for path, share in shares.items():
        if not coverage.normal_below <= share <= coverage.anomalous_above:
            defect = "covered" if share > coverage.anomalous_above else ""
            source = path.relative_to(images.parent).as_posix()
            kept.append((Label(TRAIN if path in train else TEST, settings.classes[0], defect, source), path))
    return from_files(kept, settings.background)


def _coverage_shares(scenes: list[Path], truth: Path, coverage: CoverageSettings) -> dict[Path, float]:
    """Share of each scene's pixels that the anomaly labels cover."""
    unknown = [name for name in coverage.labels if name not in LABELS]
    if unknown:
        raise UserError(
            f"datasets.cityscapes.coverage.labels names {', '.join(unknown)}, no label of Cityscapes: "
            f"choose among {', '.join(LABELS)}."
        )
    numbers = [LABELS.index(name) for name in coverage.labels]
    shares = {}
    with progress("Cityscapes labels", len(scenes)) as bar:
        for scene in scenes:
            path = truth / scene.parent.parent.name / scene.parent.name
            path /= scene.name.replace("_leftImg8bit.png", "_gtFine_labelIds.png")
            try:
                shares[scene] = float(np.isin(read_image(path), numbers).mean())
            except UnreadableImageError as error:
                raise UserError(f"{path}: {error}: place a whole gtFine_trainvaltest.zip.") from None
            bar.update()
    return shares
