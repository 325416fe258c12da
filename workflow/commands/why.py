"""Say what `snakemake` would run, because of what, and how long it would take; runs nothing.

python -m workflow.commands.why [--configfile CONFIG] [--assume RATES] [TARGET ...]
"""

import argparse
import ast
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from snakemake.dag import DAG
from snakemake.jobs import Job

from cobra.artifacts.differences import module_differences, settings_differences
from cobra.artifacts.files import read_table
from cobra.artifacts.provenance import read_code
from cobra.data.prepared import manifest_path
from cobra.machine import options, script
from workflow.commands.hours import prediction
from workflow.commands.plan import planned
from workflow.lib.records import unrecorded_mismatches

DERIVED = "what they read is made again"
CONTENT = "the content of the files that they read changed"
DIGEST = re.compile("[0-9a-f]{64}")


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
    jobs = [job for job in dag.needrun_jobs() if job.output]
    yield f"{len(jobs)} of {sum(bool(job.output) for job in dag.jobs)} jobs would run"
    grouped: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        grouped["; ".join(causes(dag, job, names))].append(job)
    for cause, alike in sorted(grouped.items(), key=lambda group: group[0] == DERIVED):
        yield f"\nbecause {cause}:"
        yield from counted(alike)
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


def counted(jobs: list[Job]) -> Iterator[str]:
    """Jobs by rule, each with an example."""
    example = {job.rule.name: job.output[0] for job in reversed(jobs)}
    for rule, count in sorted(Counter(job.rule.name for job in jobs).items()):
        yield f"  {count:6} {rule}{'' if count == 1 else ', such as'} {example[rule]}"


def causes(dag: DAG, job: Job, names: dict[str, Any]) -> list[str]:
    """Why a job would run: Snakemake's reasons, its differences of settings, code and files spelt out."""
    reason, records = dag.reason(job), dag.workflow.persistence
    found: list[str] = []
    if reason.missing_output:
        known = records.has_metadata(job)
        found.append("their files are gone" if known else "they were never made")
    if reason.params_changed:
        changes = reason.params_changed
        found += differences(values(changes.only_old), values(changes.only_new), names)
    if reason.input_changed:
        before = {path for file in job.output for path in records.input(file) or []}
        found += input_differences(before, set(map(str, job.input)))
    found += [f"{path} is newer" for path in sorted(reason.updated_input - reason.updated_input_run)]
    if reason.code_changed:
        found.append("the rule's command changed")
    if reason.software_stack_changed:
        found.append("the software environment changed")
    if reason.forced:
        found.append("they were asked for by force")
    return found or [DERIVED]


def values(params: set[str]) -> list[Any]:
    """Params as Snakemake keeps them, a text that Python reads, as values."""
    return [ast.literal_eval(text) for text in sorted(params)]


def differences(old: list[Any], new: list[Any], names: dict[str, Any]) -> list[str]:
    """What differs between the params of two versions of a job, which have no names."""
    found = settings_differences(all_settings(old), all_settings(new))
    codes = [param for param in new if param in names["codes"].files]
    for code in codes:
        found += code_differences(old, code, names)
    kinds = (is_settings, lambda param: param in codes or read_code(names["paths"].code_book, param))
    others = [
        [param for param in params if not any(is_kind(param) for is_kind in kinds)] for params in (old, new)
    ]
    if any(others) and not found:
        both = [param for params in others for param in params]
        read = all(isinstance(param, str) and DIGEST.fullmatch(param) for param in both)
        found.append(CONTENT if read else f"{' '.join(others[0])} -> {' '.join(others[1])}")
    return found


def code_differences(old: list[Any], new: str, names: dict[str, Any]) -> list[str]:
    """The files of code that differ; that it is not known which, if the older run left no list of them."""
    codes = (param for param in old if not is_settings(param))  # settings are too long for a file's name
    before = next(filter(None, (read_code(names["paths"].code_book, param) for param in codes)), None)
    if before is None:
        return ["code changed (which files is not known: the run that made them left no list)"]
    return module_differences(before.modules, names["codes"].files[new])


def input_differences(before: set[str], after: set[str]) -> list[str]:
    """Files that a job reads anew, or no longer; of many the first."""
    found = {"new": sorted(after - before), "former": sorted(before - after)}
    return [f"{len(paths)} {kind} inputs, such as {paths[0]}" for kind, paths in found.items() if paths]


def all_settings(params: list[Any]) -> dict[str, Any]:
    """The settings in params that are canonical strings of them, as one dictionary."""
    return {
        name: value for param in params if is_settings(param) for name, value in json.loads(param).items()
    }


def is_settings(param: Any) -> bool:
    return isinstance(param, str) and param.startswith("{") and param.endswith("}")


if __name__ == "__main__":
    script.run(main)
