"""Which variables stand in the environment once cobra is imported, asked of processes of their own."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from cobra.machine.arithmetic import KERNELS, VARIABLES, is_x86_64_v3, square_root

TELL = """
import json, os
{first}
import cobra, torch
from cobra.machine import arithmetic
from cobra.machine.device import describe_device, prepare_device
prepare_device("cpu", 1)
print(json.dumps({{
    "set": {{name: os.environ.get(name) for name in arithmetic.VARIABLES}},
    "kernels": torch.backends.cpu.get_cpu_capability(),
    "device": describe_device(torch.device("cpu")),
    "processor": arithmetic.processor_name(),
}}))
"""

needs_v3 = pytest.mark.skipif(not is_x86_64_v3(), reason="needs Linux on an x86-64-v3 processor")


def run(first="", **environment):
    kept = {name: value for name, value in os.environ.items() if name not in {*VARIABLES, "COBRA_MACHINE"}}
    command = [sys.executable, "-c", TELL.format(first=first)]
    return subprocess.run(command, env=kept | environment, capture_output=True, text=True)


def told(first="", **environment):
    done = run(first, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_v3
def test_portable_is_what_one_gets():
    found = told()
    assert found["set"] == VARIABLES
    assert found["kernels"] == "AVX2"
    assert found["device"] == "cpu (portable, avx2 kernels, 1 threads)"


@needs_v3
def test_a_value_of_the_site_does_not_make_portable_mean_something_else():
    assert told(MKL_CBWR="AVX2,STRICT", ATEN_CPU_CAPABILITY="avx512")["set"] == VARIABLES


@needs_v3
def test_plain_kernels_are_kept_and_named():
    found = told(ATEN_CPU_CAPABILITY="default")
    assert found["set"] == VARIABLES | {KERNELS: "default"}
    assert found["device"] == "cpu (portable, default kernels, 1 threads)"


def test_fast_takes_back_what_a_parent_set_and_names_the_processor():
    found = told(COBRA_MACHINE="fast", **VARIABLES)
    assert found["set"] == dict.fromkeys(VARIABLES)
    assert found["device"] == f"cpu ({found['processor']}, 1 threads)"


def test_fast_leaves_what_the_user_chose():
    assert told(COBRA_MACHINE="fast", MKL_CBWR="AVX2")["set"]["MKL_CBWR"] == "AVX2"


def test_where_torch_came_first_nothing_is_claimed():
    found = told(first="import torch")
    assert found["set"] == dict.fromkeys(VARIABLES)
    assert found["device"] == f"cpu ({found['processor']}, 1 threads)"


def test_an_unknown_mode_is_refused_in_one_sentence():
    done = run(COBRA_MACHINE="quick")
    assert done.returncode == 1
    assert "COBRA_MACHINE=quick is not a way to compute: set it to portable or fast." in done.stderr


def test_square_roots_are_rounded_correctly():
    """NumPy takes float32 roots by the processor's own instruction, which IEEE 754 has round correctly."""
    x = np.random.default_rng(0).uniform(0, 10, 200_000).astype(np.float32)
    x[:4] = [0, 1, np.finfo(np.float32).tiny, np.finfo(np.float32).max]
    assert np.array_equal(square_root(torch.from_numpy(x)).numpy(), np.sqrt(x))


def test_square_roots_have_a_gradient():
    x = torch.tensor([0.25, 4.0], requires_grad=True)
    square_root(x).sum().backward()
    assert x.grad.tolist() == [1.0, 0.25]
