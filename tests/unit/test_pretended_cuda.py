"""No path to a GPU mixes devices, waits or computes what cannot be repeated (pretended_cuda.py)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("pretended_cuda.py")
# Waits per step; "pgd in bf16" looks in fp32 at the recorded steps, "square" checks each look.
ALLOWED = {"pgd in bf16": 0.1, "square": 1.0}


@pytest.fixture(scope="module")
def waits():
    path = os.pathsep.join([str(ROOT), str(PROGRAM.parent)])
    env = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, PROGRAM], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_training_and_attacks_keep_the_device_busy(waits):
    assert {name: count for name, count in waits.items() if count > ALLOWED.get(name, 0)} == {}
    assert {"training", "training in bf16", "pgd", "apgd", "a3", "pgd on ensemble"} <= waits.keys()


MISTAKES = {
    "on + torch.ones(4)": "of the CPU among the device's",
    "torch.cat([on, torch.ones(1)])": "of the CPU among the device's",
    "on.numpy()": "can't convert cuda:0",
    "torch.cumsum(on, 0)": "has no repeatable form",
}
TRY = """
import json, sys, torch, pretended_cuda as its
its.pretend()
said = {}
with its.Pretending():
    on = torch.arange(4.0).to(its.CUDA)
    assert its.WAITS == [1]
    for line in json.loads(sys.argv[1]):
        try:
            exec(line)
        except Exception as error:
            said[line] = str(error)
print(json.dumps(said))
"""


def test_the_pretence_finds_what_it_is_for():
    command = [sys.executable, "-c", TRY, json.dumps(list(MISTAKES))]
    done = subprocess.run(command, cwd=PROGRAM.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said.keys() == MISTAKES.keys()
    assert [line for line, sentence in MISTAKES.items() if sentence not in said[line]] == []
