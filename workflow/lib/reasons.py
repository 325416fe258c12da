"""Why jobs run: Snakemake's reasons, its differences of settings, code and files spelt out."""

import ast
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from snakemake.dag import DAG
from snakemake.jobs import Job

from cobra.artifacts.differences import module_differences, settings_differences
from cobra.artifacts.provenance import read_code

DERIVED = "what they read is made again"
CONTENT = "the content of the files that they read changed"
DIGEST = re.compile("[0-9a-f]{64}")


def write_reasons(dag: DAG, path: Path) -> None:
    """Add to the file `path` why the jobs run that are about to: afterwards nobody could tell."""
    if jobs_to_run(dag):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            print(f"# {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", *reasons(dag), "", sep="\n", file=file)


def jobs_to_run(dag: DAG) -> list[Job]:
    """The jobs of a plan that make something and are to run."""
    return [job for job in dag.needrun_jobs() if job.output]


def reasons(dag: DAG) -> Iterator[str]:
    """By cause the jobs that are to run, line by line; those that follow from others come last."""
    grouped: dict[str, list[Job]] = defaultdict(list)
    for job in jobs_to_run(dag):
        grouped["; ".join(causes(dag, job, dag.workflow.globals))].append(job)
    for cause, alike in sorted(grouped.items(), key=lambda group: group[0] == DERIVED):
        yield f"\nbecause {cause}:"
        yield from counted(alike)


def counted(jobs: list[Job]) -> Iterator[str]:
    """Jobs by rule, each with an example."""
    example = {job.rule.name: job.output[0] for job in reversed(jobs)}
    for rule, count in sorted(Counter(job.rule.name for job in jobs).items()):
        yield f"  {count:6} {rule}{'' if count == 1 else ', such as'} {example[rule]}"


def causes(dag: DAG, job: Job, names: dict[str, Any]) -> list[str]:
    """Why a job is to run."""
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
