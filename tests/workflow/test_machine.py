"""The setting `machine` decides under which arithmetic jobs compute, and reruns nothing."""

import json

import pytest

from cobra.machine.arithmetic import is_x86_64_v3, processor_name

DETECTOR = "results/digits/0/standard/seed0/detector.pt"

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(
        not is_x86_64_v3(), reason="portable arithmetic needs Linux on an x86-64-v3 processor"
    ),
]


def device(project):
    """What the detector's run record says of its making."""
    record = json.loads((project / DETECTOR).with_suffix(".run.json").read_text())
    assert record["processors"] == [processor_name()]
    return record["identity"]["device"]


def test_fast_arithmetic_reaches_the_jobs_and_the_artifacts_say_so(project):
    assert device(project) == "cpu (portable, avx2 kernels, 1 threads)"
    project.configure({"machine": "fast"})
    assert project.plan() == {}
    (project / DETECTOR).unlink()
    project.make(DETECTOR)
    assert device(project) == f"cpu ({processor_name()}, 1 threads)"


def test_another_word_is_refused(project):
    project.configure({"machine": "quick"})
    done = project.snakemake("-n")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "machine" in said
    assert "'portable' or 'fast'" in said
    assert "Traceback" not in said
