"""The benchmarks' harness: order, ratios, tables; nothing here measures a time."""

import json
import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest
import torch
from processes import kill, said, started
from samples import unit_images

from benchmarks import attack_step
from benchmarks.lib import harness, own_process, timing
from benchmarks.lib.peers import LIBRARIES, Problem, TwoClasses, peers
from benchmarks.lib.subjects import detector
from cobra.errors import UserError
from cobra.machine import gpu_slots
from workflow.lib.job_environment import MALLOC

CPU = torch.device("cpu")


def test_candidates_run_in_turn_each_round_beginning_with_the_next():
    now, ran = [0.0], []

    def candidate(name, seconds):
        def run():
            ran.append(name)
            now[0] += seconds

        return partial(timing.timed, run, lambda: now[0])

    candidates = {"fast": candidate("fast", 1), "slow": candidate("slow", 3)}
    rounds = timing.in_rounds(candidates, 3)
    assert ran == ["fast", "slow", "slow", "fast", "fast", "slow"]
    assert rounds == [{"fast": 1, "slow": 3}] * 3


def test_the_fastest_of_several_runs_counts_but_not_the_first():
    now, ran = [0.0], []

    def run():
        ran.append(0.1 if not ran else 1.0 if len(ran) == 1 else 0.5)
        now[0] += ran[-1]

    assert timing.fastest(run, lambda: now[0], least=2.2) == 0.5
    assert len(ran) == 5


def test_ratios_are_taken_within_rounds():
    """Of a machine that is ten times slower in one round, ratios show nothing."""
    rounds = [{"ours": 1.0, "other": 2.0}, {"ours": 10.0, "other": 30.0}, {"ours": 2.0, "other": 3.0}]
    found = timing.compared(rounds, "ours", units=2)
    assert found["other"] == {"seconds": 1.5, "ratio": 2.0, "least": 1.5, "most": 3.0}
    assert found["ours"] == {"seconds": 1.0, "ratio": 1.0, "least": 1.0, "most": 1.0}
    assert timing.ratio_cell(found["other"]) == "2.00 (1.50 to 3.00)"


def test_a_table_has_its_machine_and_its_notes():
    text = harness.markdown("A title", {"cores": 2, "load": 0.5}, [{"a": "1.0", "b": "x"}], ["one", "two"])
    assert (
        text
        == "## A title\n\ncores 2, load 0.5\n\n| a   | b   |\n|:----|:----|\n| 1.0 | x   |\n\n- one\n- two\n"
    )


def test_results_are_printed_and_written_as_json_and_markdown(tmp_path, capsys):
    output = tmp_path / "new" / "found.json"
    harness.publish(output, {"seconds": 0.5}, "text\n")
    assert json.loads(output.read_text()) == {"seconds": 0.5}
    assert output.with_suffix(".md").read_text() == "text\n" == capsys.readouterr().out[:5]
    harness.publish(None, {}, "text alone")
    assert len(list(output.parent.iterdir())) == 2


def test_the_machine_is_described():
    where = harness.machine(CPU)
    assert where["torch"] == torch.__version__
    assert where["cores"] == os.cpu_count()
    assert where["threads"] == 1
    assert where["device"].startswith("cpu (")


def test_peak_memory_never_falls():
    before = harness.peak_memory(CPU)["peak_mib"]
    block = torch.ones(64 << 18)  # 64 MiB
    held = harness.peak_memory(CPU)["peak_mib"]
    del block
    assert held >= before
    assert harness.peak_memory(CPU) == {"peak_mib": pytest.approx(held, abs=8)}


def test_memory_without_proc_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(harness, "STATUS", tmp_path / "none")
    with pytest.raises(UserError, match="measure memory on Linux"):
        harness.peak_memory(CPU)


def test_a_fresh_process_is_another_one():
    assert own_process.in_fresh_process(its_process)["pid"] != os.getpid()


def its_process():
    return {"pid": os.getpid(), "kept": {name: os.environ.get(name) for name in MALLOC}}


@pytest.mark.parametrize("outside", [{}, MALLOC])
def test_a_process_keeps_its_memory_as_told_and_lasts_between_calls(monkeypatch, outside):
    for name in MALLOC:
        monkeypatch.delenv(name, raising=False)
    for name, value in outside.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with own_process.own_process(as_job=True) as job, own_process.own_process(as_job=False) as other:
        assert job(its_process)["kept"] == MALLOC
        assert set(other(its_process)["kept"].values()) == {None}
        assert job(its_process)["pid"] == job(its_process)["pid"] != other(its_process)["pid"]
    assert dict(os.environ) == before


def claim_and_name(name):
    """What a process of a benchmark does with its device, short of computing on it."""
    if name in ("auto", "cuda"):
        gpu_slots.claim()
    return os.environ["CUDA_VISIBLE_DEVICES"]


def test_processes_of_a_benchmark_share_the_one_gpu(monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-8e1c")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # where the locks lie
    held = []
    monkeypatch.setattr(gpu_slots, "_held", held)
    name = own_process.shared_device("auto")
    assert name == "cuda:0"
    with own_process.own_process() as ours, own_process.own_process() as others:
        assert ours(claim_and_name, name) == others(claim_and_name, name) == "GPU-8e1c"
    held.pop().close()


@pytest.mark.parametrize("name", ["auto", "cuda", "cpu", "cuda:1"])
def test_a_device_keeps_its_name_where_there_is_no_gpu_to_share(monkeypatch, name):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert own_process.shared_device(name) == name


KILLED = """
import os, time
from benchmarks.lib import own_process
if __name__ == "__main__":
    with own_process.own_process() as run:
        print(run(os.getpid), flush=True)
        run(time.sleep, 600)
"""


def test_processes_of_a_benchmark_end_with_it():
    with started(KILLED) as benchmark:
        child = int(said(benchmark))
        kill(benchmark)
        for _ in range(200):
            if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split():
                return
            time.sleep(0.1)
        os.kill(child, signal.SIGKILL)
    pytest.fail("the process of a killed benchmark goes on")


def posed(steps=3):
    """A small problem."""
    return Problem(detector(16, 20, CPU, width=8), unit_images(8), 0.05, steps)


def test_the_two_class_view_asks_for_the_same_gradient():
    """Cross-entropy of [0, score - threshold] is softplus of the signed score: one factor per image."""
    problem = posed()
    model = TwoClasses(problem).eval()
    images = problem.images.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(model(images), problem.labels, reduction="sum")
    (theirs,) = torch.autograd.grad(loss, images)
    direction = 1 - 2 * problem.labels
    (ours,) = torch.autograd.grad((direction * problem.score(images)).sum(), images)
    factor = torch.sigmoid(direction * (problem.score(images).detach() - model.threshold))
    torch.testing.assert_close(theirs, factor[:, None, None, None] * ours, rtol=1e-3, atol=1e-7)
    assert ours.abs().amax(dim=(1, 2, 3)).min() > 0


@pytest.mark.filterwarnings("ignore")  # of the libraries, where they are installed
def test_all_candidates_that_are_here_move_the_score_the_way_it_was_asked():
    problem = posed()
    (others, missing), (own, _) = peers(problem), attack_step.ours(problem)
    assert set(others) | set(missing) == {"plain PyTorch loop", *LIBRARIES}
    gains = {name: problem.gain(run()) for name, run in (own | others).items()}
    assert min(gains.values()) > 0.5 * max(gains.values()) > 0


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    def absent(_):
        raise ModuleNotFoundError("No module named 'foolbox'", name="foolbox")

    monkeypatch.setitem(LIBRARIES, "foolbox", absent)
    assert peers(posed())[1]["foolbox"] == "No module named 'foolbox'"


def measured(batch=4):
    rounds = [{"ours": 2.0, "plain PyTorch loop": 4.0}]
    found = timing.compared(rounds, "ours", 10)
    return {
        "side": 224, "batch": batch, "steps": 10, "memory": 1000, "width": 64, "machine": {"cores": 2},
        "allocation": "job", "candidates": found, "gains": {"ours": 0.25, "plain PyTorch loop": 0.2},
        "missing": {"foolbox": "No module named 'foolbox'"}, "rounds": rounds,
    }  # fmt: skip


def test_the_table_of_steps_says_times_ratios_and_what_is_missing():
    text = attack_step.table(measured())
    assert "| plain PyTorch loop | 400.0         | 2.00 (2.00 to 2.00) | 0.2000           |" in text
    assert "- not measured: foolbox: No module named 'foolbox'" in text
    assert "ours computes on 8 images" in text
    assert "ours computes on" not in attack_step.table(measured(batch=16))
