"""The terms of a leaderboard, as it publishes them: what a record must be like to stand in it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from cobra.artifacts.identity import Identity
from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import testing_images
from cobra.data.prepared import Prepared
from cobra.data.settings import TestSubset
from cobra.errors import UserError
from cobra.settings.section import Digest, Name, Section, setting
from cobra.sharing.leaderboard.record import Draws, Key, Record, Suite, TestGroup
from cobra.sharing.leaderboard.score_files import ScoreFile, test_group
from cobra.sharing.leaderboard.settings import SuiteTerms, SweepTerms, TermsSettings


class DatasetTerms(Section):
    """What a record on one data set must be about."""

    data: Digest = setting(..., "Of the prepared data.")
    classes: dict[str, TestGroup] = setting(..., "By normal class its test images.", min_length=1)
    subset: TestSubset
    suite: Suite
    doubled: AttackSettings | None = setting(None, "For gate 1; empty: not asked for.")
    sweep: SweepTerms | None = setting(None, "For gates 2 and 10; empty: not asked for.")


class Terms(Section):
    """The terms, by data set."""

    version: Literal[1] = 1
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
    return DatasetTerms(
        data=prepared.digest,
        classes={normal: _test_group(prepared, normal, suite.subset) for normal in classes},
        subset=suite.subset,
        suite=Suite.of(suite.attacks),
        doubled=suite.doubled,
        sweep=suite.sweep,
    )


def _test_group(prepared: Prepared, normal: str, subset: TestSubset) -> TestGroup:
    test = testing_images(prepared, normal, subset)
    return test_group(test.images.ids.tolist(), test.is_anomaly.numpy())


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
            f"{path} is no terms.json of version 1 ({error.error_count()} faults): get it anew."
        ) from None


def terms_faults(record: Record, files: Mapping[Key, ScoreFile], terms: Terms) -> Iterator[str]:
    """A sentence for each term that a record does not meet."""
    dataset, normal = record.named("dataset"), record.named("normal")
    wanted = terms.datasets.get(dataset)
    if wanted is None:
        yield f"The record is on {dataset!r}, the leaderboard on {', '.join(terms.datasets)}: it cannot join."
        return
    if normal not in wanted.classes:
        yield f"The record is on the class {normal!r} of {dataset}; known here: {', '.join(wanted.classes)}."
        return
    if record.identity.inputs["data"] != wanted.data:
        yield (
            f"The record is on other prepared data of {dataset} than the leaderboard's (digest "
            f"{record.identity.inputs['data'][:12]}... where {wanted.data[:12]}... is needed): attack the "
            "detector on the same."
        )
    if record.images != wanted.classes[normal]:
        yield f"The record is on other test images of {dataset}, class {normal}, than the leaderboard's."
    if record.suite != wanted.suite:
        difference = _suite_difference(record.suite, wanted.suite)
        yield f"The record's attack suite is not the published one: {difference}."
    if record.draws != terms.draws:
        yield f"The record's intervals are drawn by {record.draws}, the leaderboard's by {terms.draws}."
    yield from _evidence_faults(files, wanted)


def _suite_difference(suite: Suite, wanted: Suite) -> str:
    """In words, where two suites differ first."""
    for name, attack in wanted.attacks.items():
        own = suite.attacks.get(name)
        if own is None:
            return f"{name} is missing"
        for part in type(attack).model_fields:
            value = getattr(attack, part)
            if getattr(own, part) != value:
                return f"{name} has {part} {getattr(own, part)} where {value} is needed"
    more = sorted(suite.attacks.keys() - wanted.attacks.keys())
    return f"{', '.join(more)} belongs into further" if more else "its digest is another"


def _evidence_faults(files: Mapping[Key, ScoreFile], asked: DatasetTerms) -> Iterator[str]:
    """Whether what gates 1, 2 and 10 judge by is attached, with the settings published."""
    by_role = {role: file for (role, _), file in files.items()}
    for role, attack in (("doubled", asked.doubled), ("sweep", asked.sweep and asked.sweep.attack)):
        if attack is None:
            continue
        if role not in by_role:
            yield f"The record has no {role} attack attached, which the leaderboard asks for by its terms."
        elif by_role[role].attack != attack:
            yield f"The record's {role} attack has other settings than the leaderboard asks for."
    if asked.sweep and "sweep" in by_role and by_role["sweep"].budgets != asked.sweep.eps:
        yield (
            f"The record's sweep has the eps {by_role['sweep'].budgets} where {asked.sweep.eps} are asked "
            "for: attack the detector by the leaderboard's terms."
        )
