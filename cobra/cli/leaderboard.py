"""`cobra submit-record`, and what `cobra attack` does for a leaderboard: attack by terms, make a record."""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cobra.data.prepared import Prepared
from cobra.data.settings import TestSubset
from cobra.errors import UserError
from cobra.gates.suite import SUITE, Plan, standard_plan, standard_suite
from cobra.gates.verdict import Verdict
from cobra.machine import options
from cobra.settings.section import NAME, WORDS
from cobra.settings.validation import validate
from cobra.sharing.leaderboard.package import make_record, write_package
from cobra.sharing.leaderboard.record import Draws, Key
from cobra.sharing.leaderboard.settings import About
from cobra.sharing.leaderboard.submission import submit
from cobra.sharing.leaderboard.terms import read_terms

WORST = "worst"  # what the worst case over the suite is called in a record
SETTLED = ("eps", "attacks", "steps", "restarts", "limit")  # options that terms settle
STEPS, RESTARTS = 100, 2  # per attack, where neither options nor terms say
TELLING = {"origin": "address of the code", "contact": "whom to ask", "citation": "how to cite it"}


def submit_record_options(made: argparse.ArgumentParser) -> None:
    """Its options."""
    made.add_argument(
        "record", type=options.path, help="archive that `cobra attack --record` wrote (.tar.gz)"
    )
    made.add_argument(
        "--to", type=options.folder, required=True, help="folder of records (leaderboard.folder)"
    )
    made.add_argument(
        "--terms",
        type=options.path,
        default=Path("results/leaderboard/terms.json"),
        help="the leaderboard's terms (results/leaderboard/terms.json)",
    )
    made.set_defaults(run=submit_record)


def submit_record(args: argparse.Namespace) -> None:
    """Check all there is to check; write only if all is well."""
    path = submit(args.record, read_terms(args.terms), args.to)
    print(f"{path} joins the leaderboard with the next run: all that can be checked is as it says.")


def leaderboard_options(parser: argparse.ArgumentParser) -> None:
    """The options of `cobra attack` for a leaderboard."""
    made = parser.add_argument_group("for a leaderboard (docs/sharing.md)")
    made.add_argument(
        "--terms", type=options.path, help="its terms.json: attacks, eps and test images are taken from it"
    )
    made.add_argument(
        "--record", type=options.output, help="record to write (.tar.gz); needs --terms, --name, --normal"
    )
    made.add_argument(
        "--name", type=options.name, help="what the detector is called there: letters, digits, _ and -"
    )
    made.add_argument("--label", type=options.name, help="the same for people; left out: the name")
    for name, text in TELLING.items():
        made.add_argument(f"--{name}", type=options.name, help=text)


def require_complete(args: argparse.Namespace) -> None:
    """Raise UserError unless the options for a leaderboard fit together: before anything is computed."""
    given = [name for name in SETTLED if getattr(args, name) is not None]
    if args.terms is not None and given:
        raise UserError(f"--{given[0]} is settled by the leaderboard's terms: leave it out, or --terms.")
    if args.record is None:
        return
    missing = [name for name in ("terms", "name", "normal") if getattr(args, name) is None]
    if missing:
        raise UserError(f"--record needs --{missing[0]}, too: a record is of one detector, on one class.")
    if not re.fullmatch(NAME, args.name):
        raise UserError(f"--name {args.name!r} is no name: {WORDS[NAME]}.")
    about(args)


def about(args: argparse.Namespace) -> About:
    """What the options tell of the detector."""
    return validate(About, {name: getattr(args, name) for name in TELLING}, "cobra attack")


@dataclass(frozen=True)
class Task:
    """What is attacked, and by what; `draws` are None where there are no terms."""

    dataset: str
    plan: Plan
    subset: TestSubset
    draws: Draws | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """What it is, as settings of its artifacts."""
        swept = self.plan.swept.model_dump(mode="json") if self.plan.swept else None
        return {
            "attacks": {name: its.model_dump(mode="json") for name, its in self.plan.all_attacks.items()},
            "sweep": {"attack": swept, "eps": list(self.plan.budgets)} if swept else None,
            "subset": self.subset.model_dump(mode="json"),
        }


def task_of(args: argparse.Namespace, prepared: Prepared, eps: float, dataset: str) -> Task:
    """By the leaderboard's terms, or else by the options and their defaults: the suite at `eps`, on what is
    called `dataset`.
    """
    if args.terms is None:
        attacks = standard_suite(
            SUITE if args.attacks is None else args.attacks,
            eps,
            STEPS if args.steps is None else args.steps,
            RESTARTS if args.restarts is None else args.restarts,
        )
        subset = TestSubset(normal_limit=args.limit, anomaly_limit=args.limit)
        return Task(dataset, standard_plan(attacks), subset)
    terms = read_terms(args.terms)
    dataset = terms.dataset_of(prepared.digest)
    found = terms.datasets[dataset]
    if args.normal is not None and args.normal not in found.classes:
        raise UserError(
            f"--normal {args.normal} is no class of {dataset} on the leaderboard: choose among "
            f"{', '.join(found.classes)}."
        )
    swept, budgets = (found.sweep.attack, found.sweep.eps) if found.sweep else (None, [])
    plan = Plan(attacks=found.attacks, doubled=found.doubled, swept=swept, budgets=budgets)
    return Task(dataset, plan, found.subset, terms.draws)


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
        about=about(args),
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
