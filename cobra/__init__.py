"""COBRA: adversarially robust one-class anomaly detection, its training, attacks and evaluation."""

from cobra.machine import arithmetic

__version__ = "0.2.0"

arithmetic.choose()  # before anything imports torch
