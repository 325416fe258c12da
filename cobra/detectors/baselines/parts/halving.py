"""The sides of maps that are halved again and again."""

from cobra.errors import UserError


def halved(side: int, times: int, where: str) -> int:
    """The side after so many halvings, which the setting `where` asks for; raises UserError if one of them
    cannot halve it.
    """
    if side % 2**times:
        raise UserError(
            f"baseline.{where} asks for {times} halvings of a side of {side} pixels, which {2**times} does "
            "not divide: take away channels, or set another resolution of the data set."
        )
    return side // 2**times
