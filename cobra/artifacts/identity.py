"""The identity that every artifact carries, and the versions it rests on."""

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cobra.artifacts.digests import code_digest, digest
from cobra.errors import UserError
from cobra.settings.section import Section, canonical_json


class Identity(Section):
    """What an artifact is: equal identities on equal devices mean equal bytes.

    `subject` names it (data set, class, method, seed, ...); `inputs` holds the digests of the
    artifacts it was made from.
    """

    kind: str
    subject: dict[str, str | int]
    settings: dict[str, Any]
    code: str
    inputs: dict[str, str]
    versions: dict[str, str]
    device: str

    @property
    def digest(self) -> str:
        """Names the work of making this artifact; resumable state lies under it."""
        return digest(canonical_json(self))

    def with_settings(self, **more: Any) -> "Identity":
        """The same with further settings."""
        return self.model_copy(update={"settings": self.settings | more})

    def require(
        self,
        path: Path,
        kind: str,
        subject: Mapping[str, str | int],
        made_from: Mapping[str, str] | None = None,
    ) -> None:
        """Raise UserError, saying what differs, unless the artifact at `path` is what is asked for.

        `made_from` are the digests of the inputs that it must have been made from.
        """
        wanted = {"kind": kind, **subject, **(made_from or {})}
        have = {"kind": self.kind, **self.subject, **self.inputs}
        for name, value in wanted.items():
            if have.get(name) != value:
                raise UserError(
                    f"{path} has {name} {have.get(name)!r} where {value!r} is needed: "
                    "give the right one, or have the workflow make it anew (snakemake --force FILE)."
                )


def make_identity(
    kind: str,
    subject: dict[str, str | int],
    settings: Section | dict[str, Any],
    script: str,
    *modules: str,
    inputs: dict[str, str] | None = None,
    device: str = "cpu",
    libraries: Iterable[str] = (),
) -> Identity:
    """The identity of what `script` (its `__file__`), with `modules` that it imports by name, is to make;
    `libraries` are those it rests on beside the usual ones.
    """
    return Identity(
        kind=kind,
        subject=subject,
        settings=settings.model_dump(mode="json") if isinstance(settings, Section) else settings,
        code=code_digest(Path(script).resolve(), *modules),
        inputs=inputs or {},
        versions=library_versions(libraries),
        device=device,
    )


def run_record_path(artifact: Path) -> Path:
    """Where the run record of `artifact` lies."""
    return artifact.with_suffix(".run.json")


def library_versions(more: Iterable[str] = ()) -> dict[str, str]:
    """Versions of what the numbers rest on, of `more` libraries, too."""
    versions = {"python": platform.python_version()}
    for package in ("cobra-anomaly", "numpy", "torch", *more):
        if package in versions:
            continue
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # run from a checkout that is not installed
            versions[package] = "not installed"
    return versions
