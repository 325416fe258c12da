"""How long planned jobs will take: from the times of jobs that ran, else from the machine's speed."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TypeVar

from snakemake.jobs import Job

from cobra.attacks.settings import EvaluationSettings, SweepSettings
from cobra.experiment.config import Config
from cobra.experiment.cost import (
    Recorded,
    Work,
    attack_work,
    predicted_seconds,
    test_images,
    training_images,
    training_work,
)
from cobra.machine.progress import in_words
from cobra.settings.section import canonical_json
from cobra.training.crafting.settings import ROTATIONS
from cobra.training.networks.settings import ModelSettings
from cobra.training.settings import DetectorSettings

Chosen = TypeVar("Chosen", DetectorSettings, EvaluationSettings, SweepSettings)
RULES = {
    "detector": "train_detector",
    "scores": "attack_detector",
    "sweep": "sweep_detector",
    "history": "follow_training",
}  # of an identity
WITH_ATTACK = ("attack_detector", "follow_training")  # their settings are an evaluation's
UNKNOWN = "not counted: none ran here yet"
BASELINE = "train_baseline"  # of which nothing is known but recorded times
START_UP = 5.0  # seconds of imports and reading, on two CPU cores


class Trained(NamedTuple):
    """What of a detector's settings decides how long attacks on it take."""

    model: ModelSettings = ModelSettings()
    snapshots: int = 0
    groups: int = 2


def prediction(jobs: list[Job], names: dict[str, Any]) -> Iterator[str]:
    """Hours by rule, and how they were come by; `names` are those of the Snakefile."""
    config = names["CONFIG"]
    recorded = list(recorded_jobs(names["paths"].results, config))
    trained_of = cache(partial(trained, config))  # asked of thousands of jobs
    by_rule: dict[str, list[tuple[float | None, str]]] = defaultdict(list)
    for job in jobs:
        if job.rule.name in (*RULES.values(), BASELINE):
            dataset, its_class = job.wildcards.dataset, job.wildcards.normal
            detector = trained_of(dataset, job.wildcards.method, config.singled_out(dataset, its_class))
            by_rule[job.rule.name].append(seconds_of(job, detector, recorded, config))
        else:
            folder = Path(job.benchmark).relative_to(names["paths"].logs).parts[0]
            by_rule[job.rule.name].append(timed_seconds(folder, names["paths"].logs))
    yield "\nhow long, one job after another:"
    on_device = 0.0
    for rule, found in sorted(by_rule.items()):
        known = [value for value, _ in found if value is not None]
        on_device += sum(known) * (rule in (*RULES.values(), BASELINE))
        said = in_words(sum(known)) if known else "?"
        yield f"  {said:>8} {rule} ({', '.join(sorted({basis for _, basis in found}))})"
    yield f"  {in_words(on_device):>8} of it on a device"


def trained(config: Config, dataset: str, method: str, normal: str | None) -> Trained:
    """The detector of a method; of one that is not ours, which is unknown, the default network."""
    if method not in config.ours:
        return Trained()
    settings = config.detector_settings(dataset, method, normal)
    return Trained(settings.model, settings.schedule.snapshots, settings.crafting.count)


def seconds_of(
    job: Job, detector: Trained, recorded: list[Recorded], config: Config
) -> tuple[float | None, str]:
    """Seconds that such a job will take, and what that rests on."""
    work = work_of(job.rule.name, dict(job.wildcards.items()), job.params.settings, detector, config)
    seconds = predicted_seconds(work, recorded)
    if seconds is not None:
        return START_UP + seconds, "from recorded times"
    if job.rule.name == BASELINE:
        return None, UNKNOWN
    speed, device = machine_speed(detector.model, config.side(job.wildcards.dataset))
    return START_UP + work.amount / speed, f"from gradients timed just now on {device}: none ran here yet"


@cache
def timed_seconds(folder: str, logs: Path) -> tuple[float | None, str]:
    """The median time of the jobs of a rule that computes next to nothing, by Snakemake's benchmarks."""
    rows = [path.read_text().splitlines()[1:] for path in (logs / folder).rglob("*.benchmark.tsv")]
    times = [float(row.split("\t")[0]) for lines in rows for row in lines]
    return (median(times), "from recorded times") if times else (None, UNKNOWN)


@cache
def machine_speed(model: ModelSettings, side: int) -> tuple[float, str]:
    """Multiply-adds per second of this machine, and its device in words."""
    from cobra.experiment.machine_speed import measured_speed  # torch, only where it is needed
    from cobra.machine.device import describe_device, prepare_device

    device = prepare_device("auto", threads=1)
    return measured_speed(model, side, device), describe_device(device)


def recorded_jobs(results: Path, config: Config) -> Iterator[Recorded]:
    """The jobs whose run records lie below `results`, of data sets that are in the configuration."""
    for path in results.rglob("*.run.json"):
        record = json.loads(path.read_text())
        identity = record["identity"]
        rule = RULES.get(identity["kind"])
        subject, settings = identity["subject"], identity["settings"]
        if rule is None or subject["dataset"] not in config.datasets or not record["wall_seconds"]:
            continue
        its = settings if rule == "train_detector" else settings["detector"]
        rule = BASELINE if rule == "train_detector" and "baseline" in settings else rule
        model = ModelSettings.model_validate(its.get("model", {}))
        groups = ROTATIONS if its.get("crafting", {}).get("groups") == "rotations" else 2
        detector = Trained(model, its.get("schedule", {}).get("snapshots", 0), groups)
        given = {
            **dict.fromkeys(WITH_ATTACK, settings.get("evaluation")),
            "sweep_detector": {name: settings.get(name) for name in ("evaluation", "eps")},
        }.get(rule, settings)
        work = work_of(rule, subject, canonical_json(given), detector, config)
        yield Recorded(work, record["wall_seconds"])


def work_of(rule: str, subject: Mapping[str, Any], settings: str, detector: Trained, config: Config) -> Work:
    """The work of a training, attack, sweep or history; alike are, in this order, those of the same rule,
    kind of attack, data set and method.
    """
    dataset, method = subject["dataset"], subject["method"]
    side = config.side(dataset)
    if rule == BASELINE:
        return Work((rule, dataset, method), 1.0)
    if rule == "train_detector":
        training = parsed(DetectorSettings, settings)
        images = training_images(config, dataset, subject["normal"], training.subset.limit)
        return Work((rule, dataset, method), training_work(training, images, side))
    sweep = parsed(SweepSettings, settings) if rule == "sweep_detector" else None
    evaluation = sweep.evaluation if sweep else parsed(EvaluationSettings, settings)
    if evaluation.attack is None:
        raise ValueError("an attack job without an attack")
    images = test_images(config, dataset, subject["normal"], evaluation.subset)
    times = len(sweep.eps) if sweep else detector.snapshots if rule == "follow_training" else 1
    amount = attack_work(evaluation.attack, detector.model, images, side, evaluation.score, detector.groups)
    return Work((rule, evaluation.attack.kind, dataset, method), amount * times)


@cache
def parsed(section: type[Chosen], settings: str) -> Chosen:
    """Settings of a job; jobs of other classes and seeds have the same."""
    return section.model_validate_json(settings)
