"""What `cobra attack` does for a leaderboard: attack by its terms, and write a record."""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

from cobra.data.prepared import Prepared
from cobra.data.settings import TestSubset
from cobra.errors import UserError
from cobra.gates.suite import Plan, standard_plan, standard_suite
from cobra.gates.verdict import Verdict
from cobra.machine import options
from cobra.settings.section import NAME
from cobra.settings.validation import validate
from cobra.sharing.leaderboard.package import make_record, write_package
from cobra.sharing.leaderboard.record import Draws, Key
from cobra.sharing.leaderboard.settings import About
from cobra.sharing.leaderboard.terms import DatasetTerms, read_terms

WORST = "worst"  # what the worst case over the suite is called in a record
SETTLED = ("eps", "attacks", "steps", "restarts", "limit")  # options that terms settle
STEPS, RESTARTS = 100, 2  # per attack, where neither options nor terms say
TELLING = ("origin", "contact", "citation")


@dataclass(frozen=True)
class Task:
    """What is attacked, and by what; `draws` are None where there are no terms."""

    dataset: str
    plan: Plan
    subset: TestSubset
    draws: Draws | None = None


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options for a leaderboard."""
    made = parser.add_argument_group("for a leaderboard (docs/sharing.md)")
    made.add_argument(
        "--terms", type=Path, help="its terms.json: attacks, eps and test images are taken from it"
    )
    made.add_argument(
        "--record", type=Path, help="record to write (.tar.gz); needs --terms, --name, --normal"
    )
    made.add_argument(
        "--name", type=options.name, help="what the detector is called there: letters, digits, _ and -"
    )
    made.add_argument("--label", type=options.name, help="the same for people; left out: the name")
    for name, text in zip(TELLING, ("address of the code", "whom to ask", "how to cite it"), strict=True):
        made.add_argument(f"--{name}", type=options.name, help=text)


def require_complete(args: argparse.Namespace) -> None:
    """Raise UserError unless the options for a leaderboard fit together: before anything is computed."""
    if args.terms is not None:
        given = [name for name in SETTLED if getattr(args, name) is not None]
        if given:
            raise UserError(f"--{given[0]} is settled by the leaderboard's terms: leave it out, or --terms.")
    if args.record is None:
        return
    missing = [name for name in ("terms", "name", "normal") if getattr(args, name) is None]
    if missing:
        raise UserError(f"--record needs --{missing[0]}, too: a record is of one detector, on one class.")
    if not re.fullmatch(NAME, args.name):
        raise UserError(f"--name {args.name!r} is no name: use letters, digits, '_' and '-', a letter first.")
    validate(About, stated(args), "cobra attack")


def stated(args: argparse.Namespace) -> dict[str, str | None]:
    """What the options tell of the detector."""
    return {name: getattr(args, name) for name in TELLING}


def task_of(
    args: argparse.Namespace, prepared: Prepared, eps: float, kinds: tuple[str, ...], dataset: str
) -> Task:
    """By the leaderboard's terms, or else by the options and their defaults: `kinds` of attacks at `eps`, on
    what is called `dataset`.
    """
    if args.terms is not None:
        terms = read_terms(args.terms)
        dataset = terms.dataset_of(prepared.digest)
        found = terms.datasets[dataset]
        if args.normal is not None and args.normal not in found.classes:
            raise UserError(
                f"--normal {args.normal} is no class of {dataset} on the leaderboard: choose among "
                f"{', '.join(found.classes)}."
            )
        return Task(dataset, _plan(found), found.subset, terms.draws)
    attacks = standard_suite(
        kinds if args.attacks is None else args.attacks,
        eps,
        STEPS if args.steps is None else args.steps,
        RESTARTS if args.restarts is None else args.restarts,
    )
    subset = TestSubset(normal_limit=args.limit, anomaly_limit=args.limit)
    return Task(dataset, standard_plan(attacks), subset)


def _plan(terms: DatasetTerms) -> Plan:
    swept = terms.sweep
    return Plan(
        attacks=terms.attacks,
        doubled=terms.doubled,
        swept=swept.attack if swept else None,
        budgets=swept.eps if swept else [],
    )


def write_record(
    args: argparse.Namespace, task: Task, folder: Path, verdicts: list[Verdict], script: str
) -> str:
    """The record of the score files in `folder`; what to do with it, in a sentence."""
    if task.draws is None:
        raise ValueError("a record is made by terms")
    paths: dict[Key, Path] = {("attack", name): folder / f"{name}.parquet" for name in task.plan.attacks}
    paths |= {("doubled", "doubled"): folder / "doubled.parquet"} if task.plan.doubled else {}
    paths |= {("sweep", "sweep"): folder / "sweep.parquet"} if task.plan.swept else {}
    record = make_record(
        paths,
        script,
        label=args.name if args.label is None else args.label,
        about=About.model_validate(stated(args)),
        suite=list(task.plan.attacks),
        claim=WORST,
        gates=verdicts,
        draws=task.draws,
    )
    write_package(args.record, record, paths)
    if record.failed:
        failed = ", ".join(map(str, record.failed))
        return f"{args.record} is written, but would be refused: the figure fails gate {failed}."
    return f"{args.record} is written: send it to those who keep the leaderboard."
