"""Score files of attacks on a score that is a formula, for the studies that read such files."""

from pathlib import Path
from typing import Any

from samples import two_groups, wavy

from cobra.artifacts.checkpoints import Scratch
from cobra.artifacts.files import write_table
from cobra.artifacts.identity import Identity
from cobra.attacks.evaluation import Evaluated, attack_test_images
from cobra.attacks.settings import AttackSettings
from cobra.detectors.scoring import score_table

TEST = two_groups(normal=6, anomalies=7)
FULL = {"eps": 0.3, "steps": 4, "restarts": 6}


def attacked_file(folder: Path, identity: Identity, name: str, **changes: Any) -> tuple[Path, Evaluated]:
    """An attack's score file, `name`.parquet, and what it found."""
    settings = AttackSettings.model_validate(FULL | changes)
    found = attack_test_images(
        wavy, TEST, settings, seed=0, block_size=5, scratch=Scratch(folder / name, "cpu")
    )
    path = folder / f"{name}.parquet"
    own = {
        "kind": "scores",
        "subject": identity.subject | {"score": "similarity", "attack": name},
        "settings": {"evaluation": {"attack": settings.model_dump(mode="json")}},
    }
    write_table(path, score_table(TEST, found.columns), identity.model_copy(update=own))
    return path, found
