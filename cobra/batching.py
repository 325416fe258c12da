"""How many images are attacked at once: as many as the machine bears. It changes no score beyond rounding.

In gradient attacks rounding grows: a sign that flips at one step leads elsewhere many steps later. So that
the cut into blocks does not matter at all on a CPU, scores are computed on multiples of eight images: below
that matrix products round otherwise, from there on an image's score is the same bits in any batch (measured).
"""

import torch
from torch import Tensor

from cobra.scoring import Score, checked

PER_THREAD = 256  # images of 32x32 pixels per CPU thread; more are no faster (measured, width 8 and 64)
SMALL = 32 * 32
LEAST, MOST = 8, 4096
SHARE = 0.7  # of the GPU's free memory


EIGHT = 8


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


def block_size(score: Score, example: Tensor, threads: int) -> int:
    """Images per block for images like `example` [1, C, H, W]: on a GPU as its free memory allows, measured
    by two small gradients; on a CPU by its threads and the number of pixels.
    """
    if example.is_cuda:
        return gpu_block_size(score, example)
    pixels = example.shape[-2] * example.shape[-1]
    return max(LEAST, PER_THREAD * min(SMALL, pixels) // pixels * threads)


def gpu_block_size(score: Score, example: Tensor) -> int:
    """The largest power of two of images whose gradient fits into a share of the free memory."""
    small, large = (_peak(score, example.expand(count, -1, -1, -1)) for count in (LEAST, 2 * LEAST))
    each = max((large - small) / LEAST, example.numel() * example.element_size())
    torch.cuda.empty_cache()
    free, _ = torch.cuda.mem_get_info(example.device)
    count = int(SHARE * free / each)
    return min(max(1 << max(count.bit_length() - 1, 0), LEAST), MOST)


def _peak(score: Score, images: Tensor) -> int:
    """Bytes that a gradient needs at its height, beyond what is held before it."""
    before = torch.cuda.memory_allocated(images.device)
    torch.cuda.reset_peak_memory_stats(images.device)
    images = images.clone().requires_grad_()
    scores = checked(score, images)
    if scores.requires_grad:
        torch.autograd.grad(scores.sum(), images)
    return torch.cuda.max_memory_allocated(images.device) - before
