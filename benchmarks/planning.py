"""Time and memory that Snakemake takes to plan config/paper.yaml, by the number of jobs, none or all done.

    python benchmarks/planning.py --jobs 1000 10000 50000 --output planning.json

Works in a temporary copy of the checkout, where no job runs: "all done" is every output created empty, with
the records that Snakemake writes when a job ends.
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

from cobra.machine import options

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("Snakefile", "pyproject.toml", "workflow", "scripts", "cobra", "config", "profiles", "envs")
CONFIG = "sized.yaml"
PLAN = f"""
from pathlib import Path
from workflow.commands.plan import finish, planned
with planned([Path("{CONFIG}")]) as dag:
    {{statement}}
"""
SNAKEMAKE = (sys.executable, "-m", "snakemake", "--configfile", CONFIG, "-q", "all")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--jobs", type=options.positive, nargs="+", default=[1000, 10000, 50000], help="sizes, at least"
    )
    parser.add_argument("--output", type=options.output, help="JSON file to write")
    args = parser.parse_args()
    rows = [measured(jobs) for jobs in args.jobs]
    if args.output:
        args.output.write_text(json.dumps(rows, indent=1) + "\n")


def measured(jobs: int) -> dict[str, Any]:
    """A dry run and a run with nothing to do, on at least `jobs` jobs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in (ROOT / name for name in COPIED):
            if path.is_dir():
                shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(path, folder)
        row = {"jobs": write_config(folder, jobs), "dry_run": timed(folder, "-n")}
        in_plan(folder, "finish(dag)")
        row["nothing_to_do"] = timed(folder, "--cores", "2")
    print(json.dumps(row), flush=True)
    return row


def write_config(folder: Path, jobs: int) -> int:
    """The paper's configuration with as many seeds as make `jobs` jobs (for few, two of its tables); their
    number.
    """
    config = yaml.safe_load((folder / "config/paper.yaml").read_text())
    if jobs < 3000:  # the whole configuration has more
        config["tables"] = {name: config["tables"][name] for name in ("datasets", "losses")}
        del config["gates"], config["figures"]
    seeds = count = 0
    while count < jobs:
        seeds = seeds + 1 if seeds < 2 else -(-jobs * seeds // count)
        config["seeds"] = list(range(seeds))
        (folder / CONFIG).write_text(yaml.safe_dump(config, sort_keys=False))
        count = int(in_plan(folder, "print(len(dag.jobs))").split()[-1])
    return count


def in_plan(folder: Path, statement: str) -> str:
    """What a statement about the plan prints, in a process of its own."""
    words, env = [sys.executable, "-c", PLAN.format(statement=statement)], os.environ | {"PYTHONPATH": "."}
    return subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, text=True, check=True, env=env).stdout


def timed(folder: Path, *options: str) -> dict[str, float]:
    """Wall and CPU seconds and MiB of one run of Snakemake."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([*SNAKEMAKE, *options], cwd=folder, capture_output=True, text=True)
    wall = time.monotonic() - began
    if done.returncode:
        sys.exit(f"error: snakemake {' '.join(options)} failed:\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": round(wall, 1), "cpu": round(cpu, 1), "MiB": after.ru_maxrss // 1024}


if __name__ == "__main__":
    main()
