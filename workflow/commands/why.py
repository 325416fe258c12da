"""Say what `snakemake` would run, because of what, and how long it would take; runs nothing.

python -m workflow.commands.why [--configfile CONFIG] [--assume RATES] [TARGET ...]
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from snakemake.dag import DAG

from cobra.artifacts.files import read_table
from cobra.data.prepared import manifest_path
from cobra.machine import options, script
from workflow.commands.hours import prediction
from workflow.commands.plan import planned
from workflow.lib.reasons import jobs_to_run, reasons
from workflow.lib.records import unrecorded_mismatches


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--configfile", type=options.path, help="configuration file; left out: the demo's")
    parser.add_argument(
        "--assume", type=options.path, metavar="FILE", help="rates of another device (JSON): docs/running.md"
    )
    parser.add_argument(
        "targets", nargs="*", help="files or rules; left out: all that the configuration names"
    )
    args = parser.parse_args()
    with planned([args.configfile] if args.configfile else [], args.targets) as dag:
        print("\n".join(explanation(dag, args.assume, args.targets)))


def explanation(dag: DAG, assume: Path | None = None, targets: Sequence[str] = ()) -> Iterator[str]:
    """The whole answer, line by line."""
    names = dag.workflow.globals
    jobs = jobs_to_run(dag)
    yield f"{len(jobs)} of {sum(bool(job.output) for job in dag.jobs)} jobs would run"
    yield from reasons(dag)
    if jobs:
        yield from prediction(dag, assume, targets)
    yield from news_of_folders(names)
    for path, differences in unrecorded_mismatches(dag.workflow).items():
        yield f"\n{path} is not what this configuration makes ({'; '.join(differences)}): remove it"


def news_of_folders(names: dict[str, Any]) -> Iterator[str]:
    """Files in folders of images that no reader reads, if they came after the data were prepared: these need
    not be prepared again, so nothing else would tell of them.
    """
    contents, paths = names["contents"], names["paths"]
    for dataset in contents.config.datasets:
        images = Path(paths.prepared.format(dataset=dataset))
        if manifest_path(images).is_file() and (now := contents.left_out(dataset)):
            told = read_table(manifest_path(images))[1].settings["deviations"]
            yield from (f"\n{dataset}: {remark}" for remark in now if remark not in told)


if __name__ == "__main__":
    script.run(main)
