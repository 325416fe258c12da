"""Attacks on a score: `attack` for any detector, one module per strategy."""

from cobra.attacks.run import Attacked, attack

__all__ = ["Attacked", "attack"]
