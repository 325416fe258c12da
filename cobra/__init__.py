"""COBRA: adversarially robust one-class anomaly detection, its training, attacks and evaluation."""

__version__ = "0.1.0"
