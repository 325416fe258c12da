"""The jobs that benchmarks/extrapolate.py counts without Snakemake are those that Snakemake plans."""

import pytest
from projects import ROOT

PLANNED = """
import sys
from pathlib import Path
sys.path[:0] = ["{benchmarks}", "."]
import yaml
from workflow.commands.plan import planned
from paper_jobs import Judged, Trained, asked_by
from cobra.settings.config import Config

def detector(names):
    return Trained(names.dataset, names.normal, names.method, int(names.seed))

def judged(rule, name):
    of_rule = [job.wildcards for job in plan if job.rule.name == rule]
    return {{Judged(detector(its), its.score, getattr(its, name)) for its in of_rule}}

path = Path("config/{config}.yaml")
asked = asked_by(Config.model_validate(yaml.safe_load(path.read_text())))
with planned([path], ["demo", "figures"]) as dag:
    plan = list(dag.jobs)
    assert {{detector(job.wildcards) for job in plan if job.rule.name == "train_detector"}} == asked.trainings
    assert judged("attack_detector", "attack") == asked.attacks
    assert judged("sweep_detector", "sweep") == asked.sweeps
    assert judged("follow_training", "attack") == asked.histories
print(len(asked.trainings), len(asked.attacks), len(asked.sweeps), len(asked.histories))
"""

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize(("config", "counts"), [("paper", "834 2382 140 0"), ("config", "12 26 0 0")])
def test_the_jobs_counted_are_those_that_snakemake_plans(fresh, config, counts):
    done = fresh.run("python", "-c", PLANNED.format(benchmarks=ROOT / "benchmarks", config=config))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[-2] == counts
