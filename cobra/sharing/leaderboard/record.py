"""A record: one detector on one class of a data set under one attack suite, as a JSON file."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from cobra.artifacts.digests import digest
from cobra.artifacts.identity import Identity
from cobra.attacks.settings import AttackSettings
from cobra.errors import UserError
from cobra.gates.verdict import Verdict
from cobra.settings.section import NAME, Digest, Line, Name, Section, canonical_json, setting
from cobra.sharing.leaderboard.settings import About
from cobra.sharing.manifest import Document

KIND = "record"
DETECTOR = ("dataset", "normal", "method", "seed", "score")  # of an identity's subject: what is judged

Role = Literal["attack", "doubled", "sweep", "undefended"]
Key = tuple[Role, str]
Percent = Annotated[float, Field(ge=0, le=100)]


class Figure(Section):
    """An AUROC in percent with its interval over the test images."""

    auroc: Percent
    low: Percent
    high: Percent


class TestGroup(Section):
    """The test images of a class: how many, and a digest of which."""

    normal: int = setting(..., "Normal test images.", ge=1)
    anomalies: int = setting(..., "Anomalous ones.", ge=1)
    digest: Digest = setting(..., "Of their ids in the prepared data and which of them are anomalous.")

    @classmethod
    def of(cls, ids: Sequence[int], is_anomaly: Sequence[bool]) -> "TestGroup":
        """The group of the images with these ids."""
        told = {"ids": list(ids), "is_anomaly": list(map(int, is_anomaly))}
        anomalies = sum(told["is_anomaly"])
        return cls(normal=len(ids) - anomalies, anomalies=anomalies, digest=digest(canonical_json(told)))


class Suite(Section):
    """The attacks that every detector of the data set is put to."""

    digest: Digest = setting(..., "Of the attacks' settings.")
    attacks: dict[Name, AttackSettings] = setting(..., "By name, with all settings.", min_length=1)

    @classmethod
    def of(cls, attacks: dict[str, AttackSettings]) -> "Suite":
        """The suite of these attacks."""
        told = {name: chosen.model_dump(mode="json") for name, chosen in attacks.items()}
        return cls(digest=digest(canonical_json(told)), attacks=attacks)  # whatever their order


class Draws(Section):
    """How the intervals were drawn."""

    resamples: int = setting(..., "Bootstrap resamples.", ge=100)
    confidence: float = setting(..., "Coverage of the interval.", gt=0, lt=1)


class Attached(Section):
    """A score file in the record's archive."""

    role: Role = setting(
        ...,
        "attack: behind the robust figure; doubled, sweep, undefended: what gates 1, 2 and 10, 9 judge by.",
    )
    name: Name = setting(..., "Of the attack or sweep; of an undefended detector, its method.")
    sha256: Digest

    @property
    def path(self) -> str:
        """Where it lies in the record's archive."""
        return f"{self.role}/{self.name}.parquet"


class Record(Document):
    """One detector, class and suite: who, what, the figures, the verdicts, and the score files behind."""

    called: ClassVar[str] = "record of version 1"
    remedy: ClassVar[str] = "make it with `cobra attack --record`"

    version: Literal[1] = 1
    identity: Identity = setting(
        ...,
        "Subject (data set, normal class, method, seed, score, judged attack), digests of detector and data, "
        "code, versions and hardware of the attacks.",
    )
    label: Line = setting(..., "The detector's name for people.", min_length=1, max_length=80)
    about: About = About()
    images: TestGroup
    norm: Literal["linf", "l2"]
    eps: float = setting(..., "Budget of all attacks.", ge=0)
    suite: Suite
    further: dict[Name, AttackSettings] = setting(
        {}, "Attacks beyond the suite; they can only lower the robust figure."
    )
    aurocs: dict[Name, Percent] = setting(..., "What each attack alone leaves, in percent.")
    draws: Draws
    clean: Figure
    robust: Figure = setting(..., "The worst score per image over the suite and the further attacks.")
    gates: list[Verdict] = setting(..., "One verdict per gate, in their order (docs/reading-results.md).")
    files: list[Attached] = setting(..., "Attached score files.", min_length=1)

    @model_validator(mode="after")
    def _names_what_it_is_about(self) -> Self:
        subject = self.identity.subject
        if self.identity.kind != KIND or not {*DETECTOR, "attack"} <= subject.keys():
            raise ValueError(
                f"identity is none of a record: it needs kind {KIND!r} and {', '.join(DETECTOR)}"
            )
        for name in ("dataset", "method"):
            if not re.fullmatch(NAME, str(subject[name])):
                raise ValueError(f"{name} {subject[name]!r} is no name: use letters, digits, '_' and '-'")
        if not isinstance(subject["seed"], int) or subject["seed"] < 0:
            raise ValueError(f"seed {subject['seed']!r} is no whole number from 0 on")
        if not {"data", "detector"} <= self.identity.inputs.keys():
            raise ValueError("identity.inputs lacks the digest of data or detector")
        return self

    @model_validator(mode="after")
    def _attaches_what_it_rests_on(self) -> Self:
        paths = {file.path for file in self.files}
        if len(paths) != len(self.files):
            raise ValueError("a score file is attached twice")
        shared = self.suite.attacks.keys() & self.further.keys()
        if shared:
            raise ValueError(f"{', '.join(sorted(shared))} stands in the suite and in further")
        attached = {file.name for file in self.files if file.role == "attack"}
        for what, names in (("files", attached), ("aurocs", set(self.aurocs))):
            if names != self.attacks.keys():
                raise ValueError(f"{what} has not one entry for each attack: {', '.join(self.attacks)}")
        return self

    @model_validator(mode="after")
    def _has_one_budget(self) -> Self:
        for name, attack in self.attacks.items():
            if (attack.norm, attack.eps) != (self.norm, self.eps):
                raise ValueError(
                    f"{name} has norm {attack.norm} and eps {attack.eps} where the record says {self.norm} "
                    f"and {self.eps}"
                )
        return self

    @property
    def attacks(self) -> dict[str, AttackSettings]:
        """All attacks behind the robust figure."""
        return {**self.suite.attacks, **self.further}

    @property
    def failed(self) -> list[int]:
        """The gates that the figure fails."""
        return [verdict.gate for verdict in self.gates if verdict.verdict == "fail"]

    def named(self, name: str) -> str:
        """A part of its subject, as text."""
        return str(self.identity.subject[name])


def read_record(path: Path) -> Record:
    """The record in a file of its own."""
    try:
        return Record.parse(path.read_bytes(), str(path))
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): run the job that makes it.") from None
