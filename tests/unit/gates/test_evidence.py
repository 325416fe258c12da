"""Score files as evidence for the gates: each is to be of the detector and the images at hand."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from samples import byte_images

from cobra.artifacts.files import write_table
from cobra.data.one_class import TestImages
from cobra.errors import UserError
from cobra.gates.evidence import read_evidence
from cobra.gates.settings import GateSettings
from tests.unit.gates.test_attack_strength import TRUTH, scores

IMAGES = byte_images(40, side=8)
SUBJECT = {"dataset": "digits", "normal": "0", "method": "cobra", "seed": 0, "score": "similarity"}
OTHER = {"method": "standard", "score": "margin"}
ONES = {"data": "d1", "detector": "d2"}
# Of each file: what it is about beside SUBJECT, what it was made from, its columns.
FILES = {
    "worst": ({}, {"apgd": "d3"}, {"attacked": 40}),
    "apgd": ({}, ONES, {"attacked": 40, "r1_s9": 45, "r1_s10": 40}),
    "square": ({}, ONES, {"attacked": 60, "r1_s10": 60}),
    "twice": ({}, ONES, {"attacked": 39, "r1_s20": 39}),
    "eps": ({}, ONES, {"eps_0.5": 2, "eps_0.0156863": 60}),
    "worst of standard": (OTHER | {"attack": "worst"}, {"apgd": "d3"}, {"attacked": 5}),
}


@pytest.fixture
def gathered(tmp_path, identity):
    """Writes the score files of a detector and gathers them, one of them changed."""

    def made(changed="", ids=IMAGES.ids, **changes):
        for name, (subject, inputs, columns) in FILES.items():
            mine = name == changed
            attack = {"kind": "square" if name == "square" else "apgd", "eps": 0.1}
            own = {
                "kind": "sweep" if name == "eps" else "scores",
                "subject": SUBJECT | {"attack": name} | subject,
                "inputs": inputs,
                "settings": {"evaluation": {"attack": attack}, "eps": [4 / 255, 0.5]},
            }
            for section in ("subject", "inputs"):
                own[section] = {k: changes.get(k, v) if mine else v for k, v in own[section].items()}
            rows = {
                "image_id": (ids if mine else IMAGES.ids).numpy(),
                "is_anomaly": TRUTH,
                "clean": scores(95),
            }
            table = pa.table(rows | {column: scores(auroc) for column, auroc in columns.items()})
            write_table(tmp_path / name, table, identity.model_copy(update=own))
        settings = GateSettings(
            claim="worst", parts=["apgd", "square"], doubled="twice", sweep="eps", undefended=OTHER
        )
        own = identity.model_copy(update={"subject": SUBJECT | {"attack": "worst"}, "inputs": ONES})
        test = TestImages(IMAGES, torch.from_numpy(TRUTH), ["a"] * 40)
        named = {"claim": "worst", "doubled": "twice", "sweep": "eps", "undefended": "worst of standard"}
        paths = [tmp_path / name for name in settings.parts]
        given = {role: tmp_path / name for role, name in named.items()}
        return read_evidence(len, test, own, settings, paths, **given)

    return made


def test_evidence_is_what_the_files_say(gathered):
    found = gathered()
    np.testing.assert_array_equal(found.clean, scores(95))
    np.testing.assert_array_equal(found.claim, scores(40))
    assert {name: part.role for name, part in found.parts.items()} == {
        "apgd": "white-box",
        "square": "black-box",
    }
    assert found.parts["apgd"].recorded() == [9, 10]
    np.testing.assert_array_equal(found.doubled.attacked, scores(39))
    assert {eps: found.auroc(each) for eps, each in found.sweep.items()} == pytest.approx(
        {4 / 255: 60, 0.5: 2}
    )
    assert found.undefended == pytest.approx(5)
    assert found.images is IMAGES
    assert found.score is len


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "changes", [{"method": "cl"}, {"seed": 1}, {"attack": "no"}, {"normal": "3"}], ids=str
)
def test_a_file_about_something_else_is_no_evidence(gathered, name, changes):
    with pytest.raises(UserError, match=f"{name} has {next(iter(changes))} .* where .* is needed"):
        gathered(name, **changes)


@pytest.mark.parametrize("name", ["apgd", "square", "twice", "eps"])
@pytest.mark.parametrize("made_from", ["data", "detector"])
def test_a_file_made_from_another_detector_or_data_is_no_evidence(gathered, name, made_from):
    with pytest.raises(UserError, match=f"{name} has {made_from} 'else' where 'd[12]' is needed"):
        gathered(name, **{made_from: "else"})


@pytest.mark.parametrize("name", ["worst", "apgd", "eps"])
def test_a_file_about_other_images_is_no_evidence(gathered, name):
    with pytest.raises(UserError, match=f"{name} is not about the test images at hand"):
        gathered(name, ids=IMAGES.ids.flip(0))
