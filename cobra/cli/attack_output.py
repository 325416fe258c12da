"""The folder of `cobra attack`: of one detector on one set of images, and in one process at a time."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from tabulate import tabulate

from cobra.artifacts.files import (
    CLAIM,  # says what the results in the folder are of
    read_json,
    read_table,
    write_json,
    write_plain_json,
    write_table,
)
from cobra.artifacts.identity import Identity
from cobra.attacks.settings import EvaluationSettings
from cobra.cli.leaderboard import Task
from cobra.data.one_class import TestImages
from cobra.detectors.scoring import score_table
from cobra.detectors.settings import ScoreSettings
from cobra.errors import UserError
from cobra.gates.suite import SuiteResult
from cobra.machine.locks import held_alone
from cobra.metrics import ASKS, INVERTED, auroc


def held_output(folder: Path) -> AbstractContextManager[None]:
    """Hold --output; entered, it raises UserError if another process writes there."""
    refusal = f"--output {folder} is in use by another `cobra attack`: wait for it, or give another --output."
    return held_alone(folder, refusal)


def claim_of(args: argparse.Namespace, score: str) -> dict[str, str]:
    """What is attacked, by its `score`, and on what, by the names in the options: the same command again,
    after the detector or the images changed, is meant to make the results anew.
    """
    named = args.score or args.fit if args.detector is None else f"{args.detector.absolute()} ({score})"
    return {"detector": named, "data": str(args.data.absolute())}


def require_same(folder: Path, claim: Mapping[str, str], digests: Callable[[], Mapping[str, str]]) -> None:
    """Raise UserError if `folder` has results of something else than `claim`, or files of somebody else. What
    is called otherwise, or lies elsewhere, is the same if its content is, by `digests`.
    """
    path = folder / CLAIM
    if path.is_file():
        try:
            found = json.loads(path.read_text())
            different = [name for name, value in claim.items() if found[name] != value]
            if different and isinstance(known := found.get("digests"), dict):
                now = digests()
                different = [name for name in different if known.get(name) != now[name]]
        except (KeyError, TypeError, ValueError):
            raise UserError(f"{path} was not written by `cobra attack`: give another --output.") from None
        if different:
            raise UserError(
                f"--output {folder} has results of the {different[0]} {found[different[0]]}, not of "
                f"{claim[different[0]]}: give another --output, or remove that folder if you need it no more."
            )
    elif (folder / "images.npy").is_file() and not (folder / "images.parquet").is_file():
        raise UserError(
            f"--output {folder} has an images.npy that `cobra attack` did not write: give another --output."
        )


def write_claim(folder: Path, claim: Mapping[str, str], digests: Mapping[str, str]) -> None:
    """Say what the results in `folder` are of, before the first of them is there."""
    write_plain_json(folder / CLAIM, {**claim, "digests": dict(digests)})


def remove_outdated(folder: Path, inputs: Mapping[str, str]) -> None:
    """Remove score files and verdicts of our own that were made from another state of the detector or the
    images than `inputs`: beside the new ones they would be taken for results of the same.
    """
    results = [*folder.glob("*/*.parquet"), *folder.glob("*/gates.json")]
    outdated = [path for path in results if _inputs(path) not in (None, inputs)]
    for path in outdated:
        path.unlink()
    if outdated:
        print(
            f"{folder}: {len(outdated)} files of an earlier state of the detector or the images are removed",
            file=sys.stderr,
        )


def _inputs(path: Path) -> Mapping[str, str] | None:
    """What an artifact was made from; None of a file that is none."""
    try:
        _, identity = read_json(path) if path.suffix == ".json" else read_table(path)
    except UserError:
        return None
    return identity.inputs


def write_results(
    folder: Path, test: TestImages, found: SuiteResult, identity: Identity, task: Task, kind: ScoreSettings
) -> None:
    """The score files of the attacks and of the sweep, and the verdicts."""
    files = {
        name: ("scores", task.plan.all_attacks[name], columns) for name, columns in found.columns.items()
    }
    if task.plan.swept is not None:
        files["sweep"] = ("sweep", task.plan.swept, found.sweep)
    for name, (role, attack, columns) in files.items():
        evaluation = EvaluationSettings(subset=task.subset, score=kind, attack=attack).model_dump(mode="json")
        own = identity.model_copy(update={"kind": role, "subject": identity.subject | {"attack": name}})
        own = own.with_settings(evaluation=evaluation, eps=list(task.plan.budgets))
        write_table(folder / f"{name}.parquet", score_table(test, dict(columns)), own)
    verdicts = [verdict.model_dump() for verdict in found.verdicts]
    write_json(folder / "gates.json", {"verdicts": verdicts}, identity)


def in_words(normal: str, test: TestImages, found: SuiteResult) -> str:
    """Figures and verdicts for a person, and what the verdicts come to."""
    truth = test.is_anomaly.cpu().numpy()
    clean = auroc(found.clean, truth)
    attacked = [
        [name, auroc(columns["attacked"].cpu().numpy(), truth)]
        for name, columns in found.columns.items()
        if name != "doubled"
    ]
    figures = [["none", clean], *attacked, ["the worst per image", auroc(found.worst, truth)]]
    gates = [[verdict.gate, verdict.name, verdict.verdict, verdict.said] for verdict in found.verdicts]
    failed = ", ".join(str(verdict.gate) for verdict in found.verdicts if verdict.verdict == "fail")
    ending = "It passed the gates that apply."
    if failed:
        ending = f"Not to be called robust: it fails gate {failed}; a better attack may find less."
    elif clean < INVERTED:
        ending = "Not to be called robust."
    if clean < INVERTED:
        ending = f"Without an attack the AUROC is {clean:.1f}, far below 50: {ASKS}? {ending}"
    parts = (
        f"# {normal} normal, {len(truth)} test images",
        tabulate(figures, ["attack", "AUROC (%)"], "pipe", floatfmt=".1f"),
        tabulate(gates, ["gate", "name", "verdict", "why"], "pipe"),
        ending,
    )
    return "\n\n".join(parts) + "\n"
