"""Errors of memory, device and disk are not blamed on the file that was being read."""

import errno

import pytest
import torch
from samples import byte_images, tiny_network

from cobra.artifacts.checkpoints import read_torch, write_torch
from cobra.detectors.detector import Detector
from cobra.errors import UserError, blamed_on_content, is_of_the_machine, is_out_of_memory

MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    MemoryError(),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
]
DEVICE = [
    torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    RuntimeError("Found no NVIDIA driver on your system."),
    OSError(errno.EIO, "Input/output error"),
]
CONTENT = [
    RuntimeError("Error(s) in loading state_dict for Network: size mismatch for stem.weight"),
    KeyError("network"),
    ValueError("1 validation error for ModelSettings"),
    EOFError("Ran out of input"),
]


def processor_error() -> RuntimeError:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**15)
    return caught.value


@pytest.mark.parametrize("error", [*MEMORY, processor_error()], ids=str)
def test_memory_that_does_not_suffice_is_known(error):
    assert is_out_of_memory(error)
    assert is_of_the_machine(error)


@pytest.mark.parametrize("error", DEVICE, ids=str)
def test_device_and_disk_are_known_and_are_not_memory(error):
    assert is_of_the_machine(error)
    assert not is_out_of_memory(error)


@pytest.mark.parametrize("error", CONTENT, ids=repr)
def test_what_is_wrong_with_content_is_told_as_that(error):
    assert not is_of_the_machine(error)
    with pytest.raises(UserError, match=r"^a\.pt is damaged$"), blamed_on_content("a.pt is damaged"):
        raise error


def test_what_is_told_to_a_person_already_stays_as_it_is():
    with pytest.raises(UserError, match="install timm"), blamed_on_content("a.pt is damaged"):
        raise UserError("install timm")


@pytest.mark.parametrize("error", [*MEMORY, *DEVICE], ids=str)
@pytest.mark.parametrize("where", ["torch.load", "cobra.detectors.detector.restored_network"])
def test_a_detector_is_not_called_damaged_when_the_machine_fails(
    tmp_path, identity, monkeypatch, error, where
):
    path = tmp_path / "detector.pt"
    Detector.build(tiny_network(), byte_images(4), identity).save(path)

    def fails(*args, **kwargs):
        raise error

    monkeypatch.setattr(where, fails)
    with pytest.raises(type(error)) as caught:
        Detector.load(path)
    assert caught.value is error


def test_memory_of_the_device_is_asked_for_after_the_file_was_read(tmp_path, monkeypatch):
    write_torch(tmp_path / "a.pt", {"x": [torch.zeros(3)]})

    def full(tensor, device):
        raise MEMORY[0]

    monkeypatch.setattr(torch.Tensor, "to", full)
    with pytest.raises(torch.OutOfMemoryError):
        read_torch(tmp_path / "a.pt", "meta")
