import pytest
import torch

from cobra.errors import UserError
from cobra.machine.device import describe_device, prepare_device


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_a_device_that_is_not_there_is_refused(name):
    with pytest.raises(UserError, match=f"--device {name} asked for.* use --device cpu"):
        prepare_device(name, 1)


@pytest.mark.parametrize("name", ["gpu", "cpu:x", ""])
def test_a_device_that_does_not_exist_is_refused(name):
    with pytest.raises(UserError, match="--device"):
        prepare_device(name, 1)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_gpu_that_torch_cannot_use_is_no_reason_to_compute_for_weeks_on_the_cpu(monkeypatch):
    monkeypatch.setattr("cobra.machine.gpu_slots.claim", lambda: "0")
    with pytest.raises(UserError, match=r"has GPU 0, but torch cannot use it: .* --device cpu"):
        prepare_device("auto", 1)
    assert prepare_device("cpu", 1) == torch.device("cpu")


def test_auto_takes_what_is_there():
    assert prepare_device("auto", 1).type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert prepare_device("cpu", 1) == torch.device("cpu")
    assert describe_device(torch.device("cpu")).endswith("1 threads)")


@pytest.mark.parametrize(("name", "claims"), [("auto", 1), ("cuda", 1), ("cuda:0", 0), ("cpu", 0)])
def test_a_slot_is_claimed_once_and_only_if_no_gpu_is_named(monkeypatch, name, claims):
    """A second claim would wait for the first one's process, which is the same."""
    made = []
    monkeypatch.setattr("cobra.machine.gpu_slots.claim", lambda: made.append("0") or "0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert prepare_device(name, 1).type == ("cpu" if name == "cpu" else "cuda")
    assert len(made) == claims
