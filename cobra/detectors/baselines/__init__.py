"""Other detectors than ours, trained and judged as ours are, one module each: its `Settings` and `Fitted`.

A module is imported by the name that the settings give, so its code counts only for the methods that name
it, and none is imported before one does. `parts` holds what several of them share.
"""

from pathlib import Path

from cobra.registry import Registry

BASELINES = Registry(__name__, Path(__file__).parent)
