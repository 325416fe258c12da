"""Operations that torch rounds differently on different processors, rounded correctly.

torch hands the square root of float32 tensors to MKL's vector library, which starts from an approximate
instruction whose result differs between makers of processors; no setting governs it (15 % of the roots were
off by a bit on an Intel Xeon). atan and log10 differ, too; nothing here uses them.
"""

from torch import Tensor


def square_root(x: Tensor) -> Tensor:
    """The square root, rounded to `x`'s format (float32): by way of float64, whose errors are far below."""
    return x.double().sqrt().to(x.dtype)
