"""The error that is meant for users, and errors of memory, device and disk told apart from errors of
the content. Does not import torch.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Something a person can mend: one sentence saying what is wrong, where, and what to do."""


ALLOCATION = re.compile(r"out of memory|can't allocate memory|CUBLAS_STATUS_ALLOC_FAILED", re.IGNORECASE)
DEVICE = re.compile(r"CUDA|cuDNN|cuBLAS|NVIDIA", re.IGNORECASE)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the memory of the processor or of a GPU did not suffice: torch has an exception for the latter
    (a RuntimeError by that name), and for the former a RuntimeError with a text.
    """
    return isinstance(error, MemoryError) or _says(error, ALLOCATION)


def what_helps(error: BaseException) -> str:
    """The sentence for a person whose machine has too little memory."""
    reason = str(error).split(". ")[0].strip() or "the processor's memory is full"
    return (
        f"Memory does not suffice ({reason}): set precision to bf16 or batch_size lower in detector.schedule "
        "if this is a training, give a smaller --block-size if images are scored or attacked, or run fewer "
        "jobs at once or on a larger machine."
    )


def is_of_the_machine(error: BaseException) -> bool:
    """Whether memory, a device or a disk failed, so that what was worked on may be sound."""
    return isinstance(error, OSError | MemoryError) or _says(error, ALLOCATION) or _says(error, DEVICE)


def _says(error: BaseException, pattern: re.Pattern[str]) -> bool:
    return isinstance(error, RuntimeError) and bool(pattern.search(f"{type(error).__name__} {error}"))


@contextmanager
def blamed_on_content(message: str) -> Iterator[None]:
    """Whatever goes wrong within, while a file's content is taken in, becomes a UserError with `message`;
    errors of the machine, and a UserError, pass through.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if is_of_the_machine(error):
            raise
        raise UserError(message) from error
