r"""Whole classes without Snakemake, in pieces that fit a short allocation: prepare, train, score, attack.

    python workflow/run_classes.py --configfile config/paper.yaml --dataset fmnist --class tshirt \
        --methods cobra l_cl --attacks pgd1000 --minutes 9

Each call goes on where the last one stopped and ends before its minutes are over. Its status is 0 when all is
done, 3 when work is left (call again), 1 for an error. Files lie where the workflow would have put them.
"""

import argparse
import shlex
import time
from pathlib import Path

from class_jobs import Job, Names, Plan
from class_runs import Piece, told

from cobra import command
from cobra.code_book import FOLDER, write_code
from cobra.digests import code_digest, module_digests
from cobra.errors import UserError
from cobra.settings import jobs
from cobra.settings.checks import known
from cobra.settings.config import Config
from cobra.settings.reading import read_config

WORK_LEFT = 3  # status: call again


def main() -> None:
    began = time.monotonic()
    args = parsed()
    plan = planned(args)
    jobs_of_all = list(plan.jobs.values())
    todo = [job for job in jobs_of_all if not job.is_done()]
    if args.dry_run:
        print("\n".join(map(pasted, todo)))
        return
    write_code(plan.results / FOLDER, codes(plan))
    piece = Piece(began, 60 * args.minutes, args.device, args.block_size)
    done, stopped = piece.run(todo)
    print(told(jobs_of_all, todo, done, stopped))
    if len(done) < len(todo):
        raise SystemExit(WORK_LEFT)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="Status: 0 all is done, 3 work is left, 1 an error."
    )
    parser.add_argument("--configfile", type=Path, required=True)
    parser.add_argument("--dataset", required=True, help="one data set of the configuration")
    parser.add_argument("--class", dest="classes", nargs="+", help="normal classes; left out: all")
    parser.add_argument("--methods", nargs="+", required=True, help="trained methods of the configuration")
    parser.add_argument("--scores", nargs="+", help="of each method those named; left out: all of its scores")
    parser.add_argument(
        "--attacks", nargs="*", default=[], help="attacks, or combinations, whose parts are then made"
    )
    parser.add_argument("--seeds", type=int, nargs="+", help="left out: the configuration's")
    parser.add_argument("--results", type=Path, help="folder; left out: the configuration's")
    parser.add_argument("--minutes", type=float, default=9, help="after which this piece has ended")
    parser.add_argument("--device", default="auto", help="of all jobs: cpu, cuda, cuda:1 ...")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of a job")
    parser.add_argument(
        "--block-size", type=int, help="images attacked at once; smaller ones are saved more often"
    )
    parser.add_argument("-n", "--dry-run", action="store_true", help="print what is to do, to be pasted")
    return parser.parse_args()


def planned(args: argparse.Namespace) -> Plan:
    """All jobs that the arguments name; raises UserError for a name that the configuration has not."""
    if not Path("scripts/train_detector.py").is_file():
        raise UserError("There is no scripts/train_detector.py here: start at the top of the checkout.")
    config = read_config(args.configfile)
    require_known(args, config)
    plan = Plan(config, args.results or Path(config.results), args.threads)
    for normal in args.classes or config.classes(args.dataset):
        for method in args.methods:
            for seed in args.seeds or config.seeds:
                names: Names = {"dataset": args.dataset, "normal": normal, "method": method, "seed": seed}
                plan.train(names)
                add_scores(plan, names, args)
    return plan


def add_scores(plan: Plan, names: Names, args: argparse.Namespace) -> None:
    """Clean and attacked scores of a detector."""
    method = str(names["method"])
    for score in plan.config.scores_of(method):
        if args.scores and score not in args.scores:
            continue
        plan.score(names, score)
        for attack in args.attacks:
            for part in jobs.parts_for(plan.config, method, score, attack):
                plan.attack(names, score, part)


def require_known(args: argparse.Namespace, config: Config) -> None:
    """Every name is one of the configuration's."""
    try:
        known("--dataset", args.dataset, config.datasets)
        for option, names, there in (
            ("--class", args.classes, config.classes(args.dataset)),
            ("--methods", args.methods, list(config.ours)),
            ("--scores", args.scores, list(config.scores)),
            ("--attacks", args.attacks, [*config.attacks, *config.combinations]),
            ("--seeds", map(str, args.seeds or ()), list(map(str, config.seeds))),
        ):
            for name in names or ():
                known(option, name, there)
    except ValueError as error:
        raise UserError(f"{error}.") from None


def codes(plan: Plan) -> dict[str, dict[str, str]]:
    """The files behind each digest of code, as the workflow writes them down."""
    used = {(job.script, job.modules) for job in plan.jobs.values()}
    return {code_digest(script, *more): module_digests(script, *more) for script, more in used}


def pasted(job: Job) -> str:
    """The command as a person would paste it."""
    return f"{shlex.join(['python', *job.command])} 2> {shlex.quote(str(job.log))}"


if __name__ == "__main__":
    command.run(main)
