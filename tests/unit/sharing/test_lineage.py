"""Histories in a bundle: whether they were made from the snapshots recorded."""

import pytest
from bundles import identity

from cobra.artifacts.identity import Identity
from cobra.sharing.bundle import Contents, pack
from cobra.sharing.lineage import Artifact, lineage_faults
from cobra.training.snapshots import Snapshots

SUBJECT = {"dataset": "digits", "normal": "1", "method": "cobra", "seed": 0}
OWN = {"schedule": {"snapshots": 2}}
FOLDER = "out/digits/1/cobra/seed0"


def artifacts(**inputs):
    """Prepared data, a detector, its snapshots, and a history made from them but for `inputs`."""
    about = SUBJECT | {"score": "similarity", "attack": "pgd"}
    made_from = {"data": "d", "detector": "sha of detector.pt", "snapshots": "sha of snapshots.pt"}
    return [
        Artifact("images.parquet", "m", identity("prepared", {"dataset": "digits"}, {}, {"manifest": "d"})),
        Artifact("detector.pt", "sha of detector.pt", identity("detector", SUBJECT, OWN, {"data": "d"})),
        Artifact("snapshots.pt", "sha of snapshots.pt", identity("snapshots", SUBJECT, OWN, {"data": "d"})),
        Artifact("pgd.parquet", "h", identity("history", about, {"detector": OWN}, made_from | inputs)),
    ]


def geometry(**inputs):
    """The same with a geometry in place of the history, which takes the snapshots alone."""
    made_from = {"data": "d", "snapshots": "sha of snapshots.pt"}
    own = identity("geometry", SUBJECT, {"detector": OWN}, made_from | inputs)
    return [*artifacts()[:-1], Artifact("geometry.parquet", "g", own)]


def test_a_geometry_of_what_is_recorded_has_no_fault():
    assert list(lineage_faults(geometry())) == []


@pytest.mark.parametrize("name", ["data", "snapshots"])
def test_a_geometry_made_from_something_else_is_told(name):
    (fault,) = lineage_faults(geometry(**{name: "e" * 64}))
    assert fault.startswith(f"geometry.parquet was made from another {name} (eeeeeeeeeeee...)")


def test_a_history_of_what_is_recorded_has_no_fault():
    assert list(lineage_faults(artifacts())) == []


@pytest.mark.parametrize("name", ["data", "detector", "snapshots"])
def test_a_history_made_from_something_else_is_told(name):
    (fault,) = lineage_faults(artifacts(**{name: "e" * 64}))
    assert fault.startswith(f"pgd.parquet was made from another {name} (eeeeeeeeeeee...)")


def test_a_history_without_its_snapshots_is_told():
    known = [artifact for artifact in artifacts() if artifact.path != "snapshots.pt"]
    assert list(lineage_faults(known)) == [
        "pgd.parquet was made from a snapshots that is not recorded: make it again."
    ]


def test_snapshots_stay_out_and_their_identity_is_written_down(made, tmp_path):
    own: Identity = identity("snapshots", SUBJECT, {}, {"data": "d"})
    path = tmp_path / FOLDER / "snapshots.pt"
    path.parent.mkdir(parents=True)
    Snapshots({}, [], own).save(path)
    contents = Contents(left_out={f"{FOLDER}/snapshots.pt": "detector"})
    manifest = pack(tmp_path / "b.tar.gz", tmp_path, contents)
    (left,) = manifest.left_out
    assert left.identity.kind == "snapshots"
