"""How many images are attacked at once: as many as the machine bears. It changes no score beyond rounding.

In gradient attacks rounding grows: a sign that flips at one step leads elsewhere many steps later. So that
the cut into blocks does not matter at all on a CPU, scores are computed on multiples of eight images: below
that matrix products round otherwise, from there on an image's score is the same bits in any batch (measured).
"""

import sys
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from cobra.attacks.attack import attack
from cobra.attacks.settings import AttackSettings
from cobra.detectors.scoring import Score
from cobra.errors import is_out_of_memory

PER_THREAD = 256  # images of 32x32 pixels per CPU thread; more are no faster (measured, width 8 and 64)
SMALL = 32 * 32
LEAST, MOST = 8, 4096
PROBES = 8, 32  # images of the attacks by which a GPU's memory is measured
SHARE = 0.7  # of the GPU's free memory
EIGHT = 8

Found = TypeVar("Found")


def steady(score: Score) -> Score:
    """`score` computed on batches filled up to a multiple of eight with copies of the last image."""

    def filled(images: Tensor) -> Tensor:
        lacking = -len(images) % EIGHT
        if lacking == 0 or len(images) == 0:
            return score(images)
        copies = images[-1:].detach().expand(lacking, -1, -1, -1)
        return score(torch.cat([images, copies]))[: len(images)]

    filled.__wrapped__ = score  # type: ignore[attr-defined]
    return filled


def in_fitting_blocks(work: Callable[[slice], Found], images: int, size: int) -> list[Found]:
    """What `work` makes of each block of so many `images`, in their order. A block for which memory does not
    suffice is halved, and so are those after it; the log says so.
    """
    found, start = [], 0
    while start < images:
        try:
            found.append(work(slice(start, start + size)))
            start += size
            continue
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or size <= LEAST:
                raise
        # here, where the error is gone, and with it all that its frames held
        size = max(size // 2, LEAST)
        torch.cuda.empty_cache()
        print(f"out of memory: going on with {size} images at once", file=sys.stderr)
    return found


def block_size(score: Score, example: Tensor, threads: int) -> int:
    """Images per block for images like `example` [1, C, H, W]: on a GPU as its free memory allows, measured
    by attacks of two sizes; on a CPU by its threads and the number of pixels.
    """
    if example.is_cuda:
        return gpu_block_size(score, example)
    pixels = example.shape[-2] * example.shape[-1]
    return max(LEAST, PER_THREAD * min(SMALL, pixels) // pixels * threads)


def gpu_block_size(score: Score, example: Tensor) -> int:
    """The largest power of two of images whose attack fits into a share of the free memory."""
    follows = score(example.clone().requires_grad_()).requires_grad
    settings = AttackSettings(kind="apgd" if follows else "noise", eps=0.01, steps=3, restarts=1)
    _peak(score, example, PROBES[0], settings)  # what is made once (workspaces, constants) is no image's
    small, large = (_peak(score, example, count, settings) for count in PROBES)
    each = max((large - small) / (PROBES[1] - PROBES[0]), example.numel() * example.element_size())
    torch.cuda.empty_cache()
    free, _ = torch.cuda.mem_get_info(example.device)
    count = int(SHARE * free / each)
    return min(max(1 << max(count.bit_length() - 1, 0), LEAST), MOST)


def _peak(score: Score, example: Tensor, count: int, settings: AttackSettings) -> int:
    """Bytes that a short attack on so many images needs at its height, beyond what is held before it. Of the
    attacks by gradients APGD remembers most.
    """
    images, ids = example.repeat(count, 1, 1, 1), torch.arange(count, device=example.device)
    device, is_anomaly = example.device, torch.ones_like(ids, dtype=torch.bool)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    attack(score, images, is_anomaly, settings, image_ids=ids, seed=0)
    return torch.cuda.max_memory_allocated(device) - before
