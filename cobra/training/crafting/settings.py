"""Settings of the augmentations that keep an image normal and of those that make it anomalous."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cobra.data.folders import image_files, subfolders
from cobra.errors import UserError
from cobra.settings.section import OneOf, Section, setting
from cobra.training.crafting import transformations

HardKind = Annotated[str, OneOf(transformations.names())]
Probability = Annotated[float, Field(ge=0, le=1)]
GENERATED = "crafting.generated.folder"
ROTATIONS = 4  # by 0, 90, 180 and 270 degrees


class MildSettings(Section):
    """SimCLR's augmentations: they make the views of an image that are pulled together."""

    crop_min_area: float = setting(
        0.54,
        "Smallest share of the image area kept by the crop (ours); 1: no crop.",
        released="0.08; MVTec AD, DAGM: 1",
        gt=0,
        le=1,
    )
    crop_max_area: float = setting(1.0, "Largest share.", released=1, gt=0, le=1)
    flip: Probability | None = setting(
        None,
        "Chance of a horizontal flip; empty: 0.5 where the catalog says the data allow it, else 0.",
        released=0.5,
    )
    jitter: Probability = setting(0.8, "Chance of colour jitter.", released=0.8)
    brightness: float = setting(0.4, "Jitter of brightness, +-.", released=0.4, ge=0, le=1)
    contrast: float = setting(0.4, "Jitter of contrast, +-.", released=0.4, ge=0, le=1)
    saturation: float = setting(0.4, "Jitter of saturation, +-.", released=0.4, ge=0, le=1)
    hue: float = setting(0.1, "Jitter of hue, +- turns in the YIQ plane.", released=0.1, ge=0, le=0.5)
    grey: Probability = setting(0.2, "Chance of conversion to greyscale.", released=0.2)

    @model_validator(mode="after")
    def _smallest_and_largest(self) -> Self:
        if self.crop_min_area > self.crop_max_area:
            raise ValueError(
                f"crop_min_area={self.crop_min_area} exceeds crop_max_area={self.crop_max_area}: swap them"
            )
        return self


class HardSettings(Section):
    """Hard transformations, composed at random into a pseudo-anomaly."""

    kinds: dict[HardKind, float] = setting(
        dict.fromkeys(("rotation", "cut_permute", "cutout", "cutpaste", "scar", "elastic"), 1.0),
        "Transformations to draw from with their relative frequencies; released: rotation alone for "
        "CIFAR-10, CutPaste scars for MVTec AD.",
        min_length=1,
    )
    min_kinds: int = setting(1, "Fewest transformations composed per image.", ge=1)
    max_kinds: int = setting(2, "Most transformations composed per image.", ge=1)
    elastic_strength: float = setting(
        0.15, "Largest displacement of the elastic deformation, in image sides.", gt=0, le=0.5
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if any(weight <= 0 for weight in self.kinds.values()):
            raise ValueError("every frequency in kinds must be above 0; leave a kind out to switch it off")
        if not self.min_kinds <= self.max_kinds <= len(self.kinds):
            raise ValueError(
                f"min_kinds={self.min_kinds} <= max_kinds={self.max_kinds} <= {len(self.kinds)} "
                "(the number of kinds) must hold"
            )
        return self


class FilterSettings(Section):
    """The threshold filter: a pseudo-anomaly must be unlikely under the normal images' features."""

    enabled: bool = setting(True, "Filter pseudo-anomalies.", paper=True, released=False)
    significance: float = setting(
        0.05, "Level lambda of the test against the normal data.", paper=0.05, released=0.99, gt=0, lt=1
    )
    reference: Literal["out_of_sample", "in_sample"] = setting(
        "out_of_sample",
        "What the level is a quantile of: the likelihood of each normal training image under the Gaussian "
        "fitted to all others (ours), or to all images, itself included; then far more than the level of new "
        "normal images pass.",
        released="in_sample",
    )
    max_tries: int = setting(
        5, "Times an image is crafted before its least likely candidate is taken (ours).", ge=1
    )
    epochs: int = setting(20, "Epochs of the transformation classifier (ours).", ge=1)
    width: int = setting(16, "Channels of its first stage (ours).", ge=1)
    learning_rate: float = setting(0.05, "Its learning rate (ours).", gt=0)
    shrinkage: float = setting(
        1e-3, "Share of the mean variance added to the covariance's diagonal (ours).", gt=0, le=1
    )


class GeneratedSettings(Section):
    """Anomalies that a generative model made, drawn in place of crafted ones."""

    folder: str = setting(
        ...,
        "Folder with a sub-folder per normal class, named like it, of images in any common format.",
        paper="none",
        min_length=1,
    )
    share: float = setting(
        1.0,
        "Share of the pseudo-anomalies that are drawn; hard transformations make the others.",
        paper=0,
        gt=0,
        le=1,
    )

    def of_class(self, normal: str) -> Path:
        """The sub-folder for the normal class `normal`; raises UserError unless it holds images."""
        folder = Path(self.folder)
        if not folder.is_dir():
            raise UserError(f"{GENERATED}: {folder} is no folder: correct the path, or make the folder.")
        there = [path.name for path in subfolders(folder)]
        if normal not in there:
            raise UserError(
                f"{GENERATED}: {folder} has no sub-folder {normal!r} for the normal class of that name "
                f"(there: {', '.join(there) or 'none'}): add it, with generated anomalies of this class."
            )
        if not image_files(folder / normal):
            raise UserError(
                f"{GENERATED}: {folder / normal} holds no images: place generated anomalies there."
            )
        return folder / normal


class CraftingSettings(Section):
    """All that turns one normal image into its views and its pseudo-anomaly."""

    groups: Literal["pseudo_anomaly", "rotations"] = setting(
        "pseudo_anomaly",
        "What a batch holds beside normal images, told apart by the classifier. pseudo_anomaly: one for "
        "each, of sections hard, filter and generated; rotations: each image turned by 90, 180 and 270 "
        "degrees, four groups, without a filter.",
        paper="pseudo_anomaly",
        released="rotations for low resolution",
    )
    crafted_from: Literal["image", "image_per_view", "view"] = setting(
        "image",
        "What a pseudo-anomaly is crafted from: the image, once, and augmented like it (Eq. 2); the image, "
        "anew for each view; or each view after its augmentation (Fig. 1).",
        released="image_per_view",
    )
    mild: MildSettings = MildSettings()
    hard: HardSettings = HardSettings()
    filter: FilterSettings = FilterSettings()
    generated: GeneratedSettings | None = setting(
        None, "Draw pseudo-anomalies from a folder of generated images (ours); empty: craft all."
    )

    @property
    def count(self) -> int:
        """The number of groups."""
        return ROTATIONS if self.groups == "rotations" else 2

    @property
    def modules(self) -> list[str]:
        """The modules that they name: part of the code behind what is crafted with them."""
        return transformations.TRANSFORMATIONS.modules(self.hard.kinds)

    @model_validator(mode="after")
    def _something_to_filter(self) -> Self:
        if self.groups == "rotations" and (self.filter.enabled or self.generated):
            raise ValueError(
                "groups rotations crafts no pseudo-anomalies, so that there is nothing to filter or to draw: "
                "set filter.enabled to false and leave generated out"
            )
        if self.groups == "rotations" and self.crafted_from != "image":
            raise ValueError("groups rotations crafts no pseudo-anomalies: leave crafted_from out")
        return self
