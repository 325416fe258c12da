"""Settings of the data: the form images are prepared in, and which part of them is used."""

from typing import Annotated, Literal

from pydantic import Field

from cobra.settings.section import MODULE, Section, setting

Share = Annotated[float, Field(gt=0, lt=1)]


class CoverageSettings(Section):
    """Which driving scenes are anomalous: those that certain labels cover far enough."""

    labels: list[str] = setting(
        ..., "Cityscapes labels that make a scene anomalous (ours: the authors ship only a prepared folder)."
    )
    normal_below: Share = setting(
        0.05, "A scene whose share of such pixels is below is normal.", released=0.05
    )
    anomalous_above: Share = setting(
        0.10, "A scene whose share is above is anomalous; those between are left out.", released=0.10
    )


Protocol = Literal["one_vs_rest", "defects"]
Fit = Literal["resize", "crop", "pad", "stretch"]
Background = Literal["white", "grey", "black"]


class PreparationSettings(Section):
    """All that decides a prepared array, beside the raw files: the catalog's entry, resolved for one job."""

    reader: str = setting(..., "Layout of the files, one of cobra.data.readers.", pattern=MODULE)
    protocol: Protocol = setting(..., "What a class's anomalies are.")
    classes: list[str] = setting(..., "Classes in the order of their label numbers.", min_length=1)
    expected: dict[str, tuple[int, int, int] | None] = setting(
        {}, "Published numbers of images per class: training, normal test, defective test."
    )
    resolution: int = setting(..., "Side of the square images in pixels.", ge=8, le=1024)
    fit: Fit = setting("resize", "How images reach the resolution.")
    background: Background = setting("white", "Colour on which transparent parts of images are shown (ours).")
    train_share: Share = setting(0.7, "Share of the normal images that train where no split is published.")
    test_part: str | None = setting(None, "Part tested on, where several are published.")
    coverage: CoverageSettings | None = setting(None, "Anomalous scenes (Cityscapes).")
    departures: list[str] = setting([], "What above is not the catalog's, in words.")


Strictness = Literal["warn", "error"]


class PreparationPolicy(Section):
    """What decides whether there is a prepared array, but not what it holds."""

    counts: Strictness = setting("warn", "Whether other numbers of images than published are an error.")
    needed: list[str] = setting([], "Categories that must be complete.")


class DataSettings(Section):
    """Where data come from, and how strictly they are taken."""

    resources: str = setting(
        "resources", "Folder of raw data: downloads/ and, for files placed by hand, manual/<data set>/."
    )
    accept_licences: list[str] = setting(
        [], "Data sets whose licence you have read and accept; only then are they downloaded."
    )
    counts: Strictness = setting("warn", "What to do where a class has not the published number of images.")


class TrainingSubset(Section):
    """A deterministic part of the training images, for reduced runs; results on it reproduce nothing."""

    limit: int | None = setting(None, "Normal training images used; empty: all.", paper="all", ge=2)


class TestSubset(Section):
    """A deterministic part of the test images, for reduced runs; results on it reproduce nothing."""

    normal_limit: int | None = setting(None, "Normal test images used; empty: all.", paper="all", ge=1)
    anomaly_limit: int | None = setting(
        None, "Anomalous test images used, spread evenly over their classes; empty: all.", paper="all", ge=1
    )
