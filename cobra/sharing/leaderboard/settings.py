"""Settings of the leaderboard, and where records made elsewhere lie."""

from pathlib import Path

from pydantic import Field

from cobra.attacks.settings import AttackSettings, Eps
from cobra.data.settings import TestSubset
from cobra.gates.settings import GateSettings
from cobra.reporting.tables.settings import BootstrapSettings
from cobra.settings.section import Line, Name, Section, setting

SUFFIX = ".tar.gz"


class About(Section):
    """What a person tells of a detector. Nothing of it can be checked."""

    origin: Line | None = setting(None, "Where its code is: an address, with the commit.", max_length=300)
    contact: Line | None = setting(None, "Whom to ask.", max_length=300)
    citation: Line | None = setting(None, "How to cite it.", max_length=1000)


class LeaderboardConfig(Section):
    """The leaderboard of the figures that the gates judge (docs/sharing.md)."""

    folder: str | None = setting(
        None, "Folder of records made elsewhere (`cobra submit-record`); empty: ours alone."
    )
    about: About = setting(About(), "What is told of the detectors made here.")


class SweepTerms(Section):
    """An attack at several budgets."""

    attack: AttackSettings
    eps: list[Eps] = setting(..., "Budgets, rising, in place of the attack's own.", min_length=1)


class SuiteTerms(Section):
    """What every detector of a data set is put to, so that figures can be compared."""

    subset: TestSubset
    attacks: dict[Name, AttackSettings] = Field(
        description="The suite: the parts of gates.claim that any score with a gradient can be put to."
    )
    doubled: AttackSettings | None = setting(None, "For gate 1; empty: not asked for.")
    sweep: SweepTerms | None = setting(None, "For gates 2 and 10; empty: not asked for.")


class TermsSettings(Section):
    """The settings of the job that publishes the leaderboard's terms, names resolved."""

    classes: dict[Name, list[str]]
    suites: dict[Name, SuiteTerms]
    bootstrap: BootstrapSettings


class RecordSettings(Section):
    """The settings of a job that makes a record, names resolved."""

    label: str
    about: About
    suite: list[Name]
    gates: GateSettings
    bootstrap: BootstrapSettings


def names_in(folder: Path) -> list[str]:
    """The names of the records in a folder: their paths without ending; none if there is no folder."""
    found = folder.glob(f"*/*/*/*{SUFFIX}") if folder.is_dir() else []
    return sorted(path.relative_to(folder).as_posix().removesuffix(SUFFIX) for path in found)


def archive_named(folder: Path, name: str) -> str:
    """The path of a record, named <data set>/<class>/<method>/seed<k>."""
    return f"{folder / name}{SUFFIX}"
