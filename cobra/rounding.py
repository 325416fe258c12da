"""Operations that torch rounds differently on different processors, rounded correctly.

torch hands the square root of float32 tensors to MKL's vector library, which approximates it by an instruction
whose result is the processor maker's choice, and which no setting governs (15 % of the roots were off by a bit
on an Intel Xeon). Its arctangent and common logarithm differ, too; nothing here uses them.
"""

from torch import Tensor


def square_root(x: Tensor) -> Tensor:
    """The square root, rounded to `x`'s format (float32): by way of float64, whose errors are far below."""
    return x.double().sqrt().to(x.dtype)
