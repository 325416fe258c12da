"""A data set in the configuration: an entry of the catalog or a user's folder, and overriding settings."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from cobra.data.catalog import DATASETS, DatasetEntry
from cobra.data.own_folder import own_entry
from cobra.data.settings import Background, CoverageSettings, Fit, PreparationSettings, Share, TestSubset
from cobra.settings.section import Distinct, Ratio, Section, setting

Override = dict[str, Any]
PREPARED_AS = {"resolution", "fit", "background", "train_share", "coverage"}  # what one may set of it
OPTIONAL = ("train_share", "coverage")  # of these, the ones that not every data set has


class DatasetConfig(Section):
    """A data set of the experiment and what departs for it from the common settings."""

    folder: str | None = setting(
        None, "Folder of your own images, or of the data set where it lies elsewhere than resources/."
    )
    classes: Literal["all"] | Annotated[list[str], Distinct()] | None = setting(
        None,
        "Classes that are normal in turn; empty: the data set's usual ones (for ISIC 2018 nevus alone), "
        "else all.",
        min_length=1,
    )
    eps: Ratio | None = setting(None, "l-inf budget; empty: the catalog's.", ge=0, le=1)
    resolution: int | None = setting(
        None, "Side of the square images in pixels; empty: the catalog's, 224 for your own.", ge=8, le=1024
    )
    fit: Fit | None = setting(
        None,
        "How images reach the resolution: resize, bilinear; crop, the middle of the longer side; pad, in the "
        "middle of black; stretch, by adaptive average pooling; empty: the catalog's.",
        released="stretch; for high resolution resize",
    )
    background: Background | None = setting(
        None, "Colour on which transparent parts of images are shown: white, grey or black; empty: white."
    )
    train_share: Share | None = setting(
        None, "Share of the normal images that train where no split is published; empty: the catalog's, 0.7."
    )
    coverage: CoverageSettings | None = setting(None, "Which scenes are anomalous (Cityscapes).")
    test_part: str | None = setting(
        None, "Part tested on, where several are published (ISIC 2018: validation or test)."
    )
    test_subset: TestSubset = TestSubset()
    detector: Override = setting({}, "Laid over the common `detector` section.")
    class_detector: dict[str, Override] = setting(
        {}, "Per class that is normal, laid over the data set's `detector` section for its trainings alone."
    )


def entry_of(name: str, config: DatasetConfig) -> DatasetEntry:
    """The entry that the configuration means.

    Raises ValueError or UserError, in one sentence, if there is none or if a setting does not apply to it.
    """
    entry = DATASETS.get(name)
    if entry is None:
        if config.folder is None:
            raise ValueError(
                f"datasets names {name!r}, which is none of: {', '.join(DATASETS)}; "
                f"for images of your own set datasets.{name}.folder"
            )
        entry = own_entry(name, Path(config.folder), config.resolution)
    elif config.folder is not None:
        if not Path(config.folder).is_dir():
            raise ValueError(f"datasets.{name}.folder: {config.folder} is no folder: correct the path")
        entry = replace(entry, folder=config.folder)
    for key in OPTIONAL:
        if getattr(config, key) is not None and key not in entry.options:
            raise ValueError(f"datasets.{name}.{key} does not apply to this data set: remove it")
    if config.test_part not in (None, *entry.test_parts):
        parts = ", ".join(entry.test_parts) or "none, it has one test part"
        raise ValueError(f"datasets.{name}.test_part names {config.test_part!r}: known here: {parts}")
    return entry.tested_on(config.test_part or entry.test_part)


def preparation_of(config: DatasetConfig, entry: DatasetEntry, reader: str) -> PreparationSettings:
    """How the data set is prepared from files that `reader` reads: all its classes, whichever are used."""
    usual = {"resolution": entry.resolution, "fit": entry.fit, "background": "white", **entry.options}
    given = config.model_dump(mode="json", include=PREPARED_AS, exclude_none=True)
    part = config.test_part or entry.test_part
    found = [f"{key} {value} (usual: {usual[key]})" for key, value in given.items() if value != usual[key]]
    if part != entry.test_part:
        found.append(f"test part {part}")
    return PreparationSettings(
        **(usual | given),
        reader=reader,
        protocol=entry.protocol,
        classes=list(entry.classes),
        expected=dict(entry.classes),
        test_part=part,
        departures=found,
    )
