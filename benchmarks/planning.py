"""How long Snakemake plans: config/paper.yaml at several sizes, before anything has run and when all is done.

    python benchmarks/planning.py --jobs 1000 10000 50000 --output planning.json

Works in a temporary copy of the checkout. "Done" is made by creating every output, empty, with the records
that Snakemake writes when a job ends; no job runs.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("Snakefile", "pyproject.toml", "workflow", "scripts", "cobra", "config", "profiles", "envs")
CONFIG = "sized.yaml"
PLAN = f"""
from pathlib import Path
from workflow.commands.plan import finish, planned
with planned([Path("{CONFIG}")]) as dag:
    {{statement}}
"""
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--configfile", CONFIG]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, nargs="+", default=[1000, 10000, 50000], help="sizes, at least")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    args = parser.parse_args()
    rows = [measured(jobs) for jobs in args.jobs]
    if args.output:
        args.output.write_text(json.dumps(rows, indent=1) + "\n")


def measured(jobs: int) -> dict[str, Any]:
    """Times of a dry run and of a run with nothing to do, on at least `jobs` jobs."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        copy_checkout(copy)
        count = write_config(copy, jobs)
        row = {"jobs": count, "dry_run": timed(copy, "-n", "-q", "all")}
        finish_all(copy)
        row["nothing_to_do"] = timed(copy, "--cores", "2", "-q", "all")
    print(json.dumps(row), flush=True)
    return row


def copy_checkout(folder: Path) -> None:
    folder.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, folder / name)


def write_config(folder: Path, jobs: int) -> int:
    """The paper's configuration with as many seeds as make `jobs` jobs; for few, with two tables alone."""
    config = yaml.safe_load((folder / "config/paper.yaml").read_text())
    if jobs < 3000:
        config["tables"] = {name: config["tables"][name] for name in ("datasets", "losses")}
        config.pop("gates")
        config.pop("figures")
    seeds = 0
    count = 0
    while count < jobs:
        seeds = seeds + 1 if seeds < 2 else -(-jobs * seeds // count)
        config["seeds"] = list(range(seeds))
        (folder / CONFIG).write_text(yaml.safe_dump(config, sort_keys=False))
        count = planned(folder)
    return count


def planned(folder: Path) -> int:
    return int(in_plan(folder, "print(len(dag.jobs))").split()[-1])


def finish_all(folder: Path) -> None:
    """Every output created, in the order of the jobs, with Snakemake's records."""
    in_plan(folder, "finish(dag)")


def in_plan(folder: Path, statement: str) -> str:
    """What a statement on the plan prints, in a process of its own."""
    code = PLAN.format(statement=statement)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, stdout=subprocess.PIPE, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(folder / "workflow")},
    )  # fmt: skip
    return done.stdout


def timed(folder: Path, *args: str) -> dict[str, float]:
    """Wall and CPU seconds and MiB of one Snakemake run."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([*SNAKEMAKE, *args], cwd=folder, capture_output=True, text=True)
    wall = time.monotonic() - began
    if done.returncode:
        sys.exit(f"error: snakemake {' '.join(args)} failed:\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": round(wall, 1), "cpu": round(cpu, 1), "MiB": after.ru_maxrss // 1024}


if __name__ == "__main__":
    main()
