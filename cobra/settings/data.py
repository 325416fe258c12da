"""Settings of the data: the form images are prepared in, and which part of them is used."""

from cobra.settings.base import Section, setting


class PreparationSettings(Section):
    """The form in which a data set's images are stored."""

    resolution: int | None = setting(
        None, "Side of the square images in pixels; empty: the catalog's.", ge=8, le=1024
    )


class TrainingSubset(Section):
    """A deterministic part of the training images, for reduced runs; results on it reproduce nothing."""

    limit: int | None = setting(None, "Normal training images used; empty: all.", paper="all", ge=2)


class TestSubset(Section):
    """A deterministic part of the test images, for reduced runs; results on it reproduce nothing."""

    normal_limit: int | None = setting(None, "Normal test images used; empty: all.", paper="all", ge=1)
    anomaly_limit: int | None = setting(
        None, "Anomalous test images used, spread evenly over their classes; empty: all.", paper="all", ge=1
    )
