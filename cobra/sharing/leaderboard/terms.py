"""The terms that a leaderboard publishes: the data, test images and attacks of every record."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from cobra.artifacts.differences import leaves
from cobra.artifacts.identity import Identity
from cobra.data.one_class import testing_images
from cobra.data.prepared import Prepared
from cobra.errors import UserError
from cobra.settings.section import Digest, Name, Section, setting
from cobra.sharing.leaderboard.record import Draws, Record, Suite, TestGroup
from cobra.sharing.leaderboard.score_files import ScoreFile, test_group
from cobra.sharing.leaderboard.settings import SuiteTerms, TermsSettings


class DatasetTerms(SuiteTerms):
    """What a record on one data set must be about."""

    data: Digest = setting(..., "Of the prepared data.")
    classes: dict[str, TestGroup] = setting(..., "By normal class its test images.", min_length=1)


class Terms(Section):
    """The terms, by data set."""

    version: Literal[2] = 2
    identity: Identity
    draws: Draws
    datasets: dict[Name, DatasetTerms]

    def text(self) -> bytes:
        """The terms as they lie in a file."""
        return self.model_dump_json(indent=1).encode() + b"\n"

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
    return Terms(
        identity=identity,
        draws=Draws(resamples=settings.bootstrap.resamples, confidence=settings.bootstrap.confidence),
        datasets={
            name: _of_dataset(data, settings.classes[name], settings.suites[name])
            for name, data in prepared.items()
        },
    )


def _of_dataset(prepared: Prepared, classes: list[str], suite: SuiteTerms) -> DatasetTerms:
    groups = {}
    for normal in classes:
        test = testing_images(prepared, normal, suite.subset)
        groups[normal] = test_group(test.images.ids.tolist(), test.is_anomaly.numpy())
    return DatasetTerms(**dict(suite), data=prepared.digest, classes=groups)


def read_terms(path: Path) -> Terms:
    """The terms in a file; raises UserError if it holds none."""
    try:
        return Terms.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}): name the leaderboard's terms.json with --terms, or "
            "make it (`snakemake --configfile config/experiments/attacks.yaml"
            " -- results/leaderboard/terms.json`)."
        ) from None
    except ValidationError as error:
        raise UserError(
            f"{path} is no terms.json of version 2 ({error.error_count()} faults): get it anew."
        ) from None


def terms_faults(record: Record, files: Sequence[ScoreFile], terms: Terms) -> Iterator[str]:
    """A sentence for each term that a record does not meet."""
    dataset, normal = record.named("dataset"), record.named("normal")
    wanted = terms.datasets.get(dataset)
    if wanted is None:
        yield f"The record is on {dataset!r}, the leaderboard on {', '.join(terms.datasets)}: it cannot join."
        return
    if normal not in wanted.classes:
        yield f"The record is on the class {normal!r} of {dataset}; known here: {', '.join(wanted.classes)}."
        return
    for what, given, asked in _pairs(record, files, terms.draws, wanted):
        if asked and not given:
            yield f"The record has no {what} attached, which the leaderboard asks for by its terms."
        elif asked and (difference := _difference(given, asked)):
            yield (
                f"The record's {what} is not that of the terms ({difference}): attack the detector by the "
                "terms."
            )


Values = Mapping[str, Any]


def _pairs(
    record: Record, files: Sequence[ScoreFile], draws: Draws, wanted: DatasetTerms
) -> Iterator[tuple[str, Values, Values]]:
    """By name what the record has and what the terms ask for; empty: nothing."""
    yield "data", {"digest": record.identity.inputs["data"]}, {"digest": wanted.data}
    group = wanted.classes[record.named("normal")]
    yield "test group", record.images.model_dump(), group.model_dump()
    yield "suite", _of_suite(record.suite), _of_suite(Suite.of(wanted.attacks))
    yield "bootstrap", record.draws.model_dump(), draws.model_dump()
    by_role = {file.role: file for file in files}
    doubled, sweep = by_role.get("doubled"), by_role.get("sweep")
    yield "doubled attack", _of_attack(doubled), wanted.doubled.model_dump() if wanted.doubled else {}
    swept = {"attack": _of_attack(sweep), "eps": sweep.budgets} if sweep else {}
    yield "sweep", swept, wanted.sweep.model_dump() if wanted.sweep else {}


def _of_suite(suite: Suite) -> Values:
    return {**suite.model_dump()["attacks"], "digest": suite.digest}


def _of_attack(file: ScoreFile | None) -> Values:
    return file.attack.model_dump() if file and file.attack else {}


def _difference(given: Values, asked: Values) -> str:
    """Where the two differ first, in words; empty: nowhere."""
    have, want = dict(leaves(given)), dict(leaves(asked))
    for place in [*want, *have]:
        one, other = have.get(place, "missing"), want.get(place, "nothing")
        if one != other:
            return f"{place} is {one} where {other} is needed"
    return ""
