"""The terms that a leaderboard publishes: the data, test images and attacks of every record."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from cobra.artifacts.identity import Identity
from cobra.data.one_class import testing_images
from cobra.data.prepared import Prepared
from cobra.errors import UserError
from cobra.settings.section import Digest, Name, setting
from cobra.sharing.leaderboard.record import Draws, TestGroup
from cobra.sharing.leaderboard.settings import SuiteTerms, TermsSettings
from cobra.sharing.manifest import Document


class DatasetTerms(SuiteTerms):
    """What a record on one data set must be about."""

    data: Digest = setting(..., "Of the prepared data.")
    classes: dict[str, TestGroup] = setting(..., "By normal class its test images.", min_length=1)


class Terms(Document):
    """The terms, by data set."""

    called: ClassVar[str] = "terms.json of version 2"
    remedy: ClassVar[str] = "get it anew"

    version: Literal[2] = 2
    identity: Identity
    draws: Draws
    datasets: dict[Name, DatasetTerms]

    def dataset_of(self, data: str) -> str:
        """The data set whose prepared data have this digest; raises UserError if none has."""
        found = next((name for name, terms in self.datasets.items() if terms.data == data), None)
        if found is None:
            raise UserError(
                f"The images (digest {data[:12]}...) are of no data set of the leaderboard, which has "
                f"{', '.join(self.datasets)}: give the prepared data that it was made with."
            )
        return found


def publish(settings: TermsSettings, prepared: Mapping[str, Prepared], identity: Identity) -> Terms:
    """The terms, of the data sets `prepared`."""
    datasets = {}
    for name, data in prepared.items():
        suite, groups = settings.suites[name], {}
        for normal in settings.classes[name]:
            test = testing_images(data, normal, suite.subset)
            groups[normal] = TestGroup.of(test.images.ids.tolist(), test.is_anomaly.tolist())
        datasets[name] = DatasetTerms(**dict(suite), data=data.digest, classes=groups)
    draws = Draws(resamples=settings.bootstrap.resamples, confidence=settings.bootstrap.confidence)
    return Terms(identity=identity, draws=draws, datasets=datasets)


def read_terms(path: Path) -> Terms:
    """The terms in a file; raises UserError if it holds none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}): name the leaderboard's terms.json with --terms, or "
            "make it (`snakemake --configfile config/experiments/attacks.yaml"
            " -- results/leaderboard/terms.json`)."
        ) from None
    return Terms.parse(content, str(path))
