import pytest

from cobra.artifacts.digests import code_digest
from cobra.artifacts.identity import make_identity
from cobra.data.settings import TrainingSubset
from cobra.errors import UserError


def test_identity_says_what_was_made_from_what():
    made = make_identity(
        "detector", {"seed": 1}, TrainingSubset(limit=5), "scripts/train_detector.py", inputs={"data": "d"}
    )
    assert made.settings == {"limit": 5}
    assert made.code == code_digest("scripts/train_detector.py")
    assert {"python", "numpy", "torch", "cobra-anomaly"} <= set(made.versions)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "x"},
        {"subject": {"seed": 2}},
        {"settings": {"a": 1}},
        {"code": "x"},
        {"inputs": {"data": "x"}},
        {"versions": {"python": "2"}},
        {"device": "cuda"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_of_an_identity_is_in_its_digest(identity, change):
    assert identity.model_copy(update=change).digest != identity.digest


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"kind": "scores"}, "a.pt has kind 'detector' where 'scores' is needed"),
        ({"subject": {"dataset": "digits", "seed": 1}}, "has seed 0 where 1 is needed"),
        ({"subject": {"attack": "pgd"}}, "has attack None where 'pgd' is needed"),
        ({"made_from": {"data": "d2"}}, "has data 'd1' where 'd2' is needed"),
    ],
)
def test_an_artifact_of_something_else_is_refused(identity, tmp_path, wanted, sentence):
    arguments = {"kind": "detector", "subject": {"seed": 0}, "made_from": {"data": "d1"}}
    identity.require(tmp_path / "a.pt", **arguments)
    with pytest.raises(UserError, match=sentence):
        identity.require(tmp_path / "a.pt", **(arguments | wanted))
