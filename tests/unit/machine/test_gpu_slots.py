import os
import tempfile
from contextlib import ExitStack

import pytest
from processes import complained, kill, said, started

from cobra.errors import UserError
from cobra.machine import gpu_slots

JOB = """
import os, sys
from cobra.machine import gpu_slots
gpu_slots.POLL = 0.02
device = gpu_slots.claim()
assert os.environ["CUDA_VISIBLE_DEVICES"] == device
print(device, flush=True)
sys.stdin.read()
"""
VARIABLES = ("CUDA_VISIBLE_DEVICES", "COBRA_JOBS_PER_GPU", *gpu_slots.ALLOCATION)


@pytest.fixture(autouse=True)
def _machine(monkeypatch, tmp_path):
    """A machine without GPUs, whose locks lie in the test's folder."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "locks").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "locks"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(gpu_slots, "DRIVER", tmp_path / "driver")
    monkeypatch.setenv("PATH", str(tmp_path))


def devices_of(count, **environment):
    """Start so many jobs at once; the device of each, in the order of their start."""
    with ExitStack() as stack:
        jobs = [stack.enter_context(started(JOB, **environment)) for _ in range(count)]
        return [said(job) for job in jobs]


@pytest.mark.parametrize(
    ("named", "devices"),
    [
        ("", []),
        ("0", ["0"]),
        ("0,1", ["0", "1"]),
        (" 2, 0 ", ["2", "0"]),
        ("GPU-8e1c,GPU-11aa", ["GPU-8e1c", "GPU-11aa"]),
        ("MIG-GPU-8e1c/1/0", ["MIG-GPU-8e1c/1/0"]),
        ("-1", []),
        ("0,-1,1", ["0"]),
        ("NoDevFiles", []),
    ],
)
def test_devices_are_those_that_cuda_would_show(monkeypatch, named, devices):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert gpu_slots.visible_devices() == devices


GPUS = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5ba0d6)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-63feeb45)
"""
PARTITIONED = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5ba0d6)
  MIG 3g.20gb     Device  0: (UUID: MIG-c7384736-a75d-5afc-978f-d2f1294409fd)
  MIG 1g.5gb      Device  1: (UUID: MIG-a28ad590-3fda-56dd-84fc-0a0b96edc58d)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-63feeb45)
"""
SLICES = ["MIG-c7384736-a75d-5afc-978f-d2f1294409fd", "MIG-a28ad590-3fda-56dd-84fc-0a0b96edc58d"]


def answer(tmp_path, text):
    """Have `nvidia-smi -L` print a text."""
    query = tmp_path / "nvidia-smi"
    query.write_text(f"#!/bin/sh\n[ $1 = -L ] && echo '{text}'\n")
    query.chmod(0o755)


def show_gpus(count):
    """Have the driver show so many folders."""
    for number in range(count):
        (gpu_slots.DRIVER / f"gpus/0000:{number}7:00.0").mkdir(parents=True)


def test_without_the_variable_all_devices_of_the_driver_are_used():
    show_gpus(2)
    assert gpu_slots.visible_devices() == ["0", "1"]


def test_where_the_driver_shows_no_folder_nvidia_smi_is_asked(tmp_path):
    assert gpu_slots.visible_devices() == []
    answer(tmp_path, GPUS)
    assert gpu_slots.visible_devices() == ["0", "1"]


def test_each_slice_of_a_gpu_is_a_slot(tmp_path):
    show_gpus(2)
    (gpu_slots.DRIVER / "capabilities/gpu0/mig/gi1").mkdir(parents=True)
    answer(tmp_path, PARTITIONED)
    assert gpu_slots.slots() == [(SLICES[0], 0), (SLICES[1], 0), ("1", 0)]


@pytest.mark.parametrize("text", ["", "NVIDIA-SMI has failed", "No devices found."])
def test_an_nvidia_smi_without_a_driver_means_no_devices(tmp_path, text):
    answer(tmp_path, text)
    assert gpu_slots.visible_devices() == []


@pytest.mark.parametrize("given", ["", "0", "-1", "1.5", "two", " ", "²"])
def test_a_number_of_jobs_that_is_none_is_refused(monkeypatch, given):
    monkeypatch.setenv("COBRA_JOBS_PER_GPU", given)
    with pytest.raises(UserError, match=f"COBRA_JOBS_PER_GPU is {given!r}: set it to how many jobs"):
        gpu_slots.jobs_per_gpu()


def test_a_device_is_shared_only_when_all_are_in_use(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    assert gpu_slots.slots() == [("3", 0), ("5", 0)]
    monkeypatch.setenv("COBRA_JOBS_PER_GPU", "2")
    assert gpu_slots.slots() == [("3", 0), ("5", 0), ("3", 1), ("5", 1)]


@pytest.mark.parametrize("named", [None, "", "-1"])
def test_without_devices_nothing_is_claimed_and_nothing_changed(monkeypatch, tmp_path, named, capsys):
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert gpu_slots.claim() is None
    assert os.environ.get("CUDA_VISIBLE_DEVICES") == named
    assert list((tmp_path / "locks").iterdir()) == []
    assert capsys.readouterr().err == ""


def test_jobs_started_at_once_have_a_device_each():
    assert sorted(devices_of(3, CUDA_VISIBLE_DEVICES="0,GPU-8e1c,MIG-GPU-8e1c/1/0")) == [
        "0",
        "GPU-8e1c",
        "MIG-GPU-8e1c/1/0",
    ]


def test_one_job_more_waits_says_so_and_gets_the_device_of_one_that_was_killed():
    there = {"CUDA_VISIBLE_DEVICES": "0,1"}
    with started(JOB, **there) as first, started(JOB, **there) as second:
        held = {said(job): job for job in (first, second)}
        assert held.keys() == {"0", "1"}
        with started(JOB, **there) as third:
            assert complained(third) == "all slots of GPU 0, 1 are taken: waiting for one"
            kill(held["1"])
            assert said(third) == "1"
            assert complained(third) == "on GPU 1"


def test_two_jobs_share_a_device_if_they_may():
    assert devices_of(2, CUDA_VISIBLE_DEVICES="7", COBRA_JOBS_PER_GPU="2") == ["7", "7"]


@pytest.mark.parametrize("name", gpu_slots.ALLOCATION)
def test_allocations_call_different_devices_by_the_same_number(name):
    with started(JOB, CUDA_VISIBLE_DEVICES="0", **{name: "41"}) as mine:
        assert said(mine) == "0"
        assert devices_of(1, CUDA_VISIBLE_DEVICES="0", **{name: "42"}) == ["0"]
        with started(JOB, CUDA_VISIBLE_DEVICES="0", **{name: "41"}) as other:
            assert "waiting for one" in complained(other)
