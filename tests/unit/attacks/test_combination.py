import numpy as np
import pyarrow as pa
import pytest

from cobra.attacks.combination import combined, common_settings, worst_scores
from cobra.errors import UserError


def table(attacked, ids=(4, 7, 9, 2)):
    return pa.table(
        {
            "image_id": list(ids),
            "is_anomaly": [False, False, True, True],
            "class_name": list("aabc"),
            "clean": np.array([0.0, 0.0, 1.0, 1.0], dtype=np.float32),
            "attacked": np.array(attacked, dtype=np.float32),
        }
    )


def test_the_highest_score_of_normal_and_the_lowest_of_anomalous_images_count():
    found = combined({"pgd": table([0.1, 0.5, 0.9, 0.2]), "apgd": table([0.3, 0.4, 0.7, 0.2])})
    assert found["attacked"].to_numpy().tolist() == pytest.approx([0.3, 0.5, 0.7, 0.2])
    assert found["strongest"].to_pylist() == ["apgd", "pgd", "apgd", "pgd"]  # of equals the first
    assert found["clean"].to_pylist() == [0.0, 0.0, 1.0, 1.0]
    assert found["attacked"].type == pa.float32()
    assert found["image_id"].to_pylist() == [4, 7, 9, 2]


def test_the_worst_of_several_scores_is_taken_per_image():
    first, second = np.array([1, 4, 2, 3], np.float32), np.array([3, 0, 5, 1], np.float32)
    found = worst_scores(np.array([False, False, True, True]), [first, second])
    assert found.tolist() == [3, 4, 2, 1]
    assert found.dtype == np.float32


def test_scores_of_other_images_are_refused():
    with pytest.raises(
        UserError, match="under apgd are not of the images of those under pgd: make both anew"
    ):
        combined({"pgd": table([0] * 4), "apgd": table([0] * 4, ids=(4, 7, 2, 9))})


def scored(identity, **changes):
    settings = {"evaluation": {"attack": None}, "detector": {"a": 1}, "data": ["remark"]}
    return identity.model_copy(update={"settings": settings, **changes})


def test_a_combination_carries_on_what_its_parts_are(identity):
    made = scored(identity)
    assert common_settings({"pgd": made, "apgd": made}) == {
        "parts": {"pgd": {"attack": None}, "apgd": {"attack": None}},
        "detector": {"a": 1},
        "data": ["remark"],
    }


@pytest.mark.parametrize("name", ["data", "detector"])
def test_scores_of_another_detector_or_of_other_data_are_refused(identity, name):
    inputs = {"data": "d1", "detector": "d2"}
    made = scored(identity, inputs=inputs)
    other = scored(identity, inputs=inputs | {name: "other"})
    with pytest.raises(UserError, match="under apgd and pgd are of different detectors or data"):
        common_settings({"pgd": made, "apgd": other})


def test_parts_may_follow_other_detectors(identity):
    inputs = {"data": "d1", "detector": "d2"}
    made = {
        "pgd": scored(identity, inputs=inputs),
        "transfer": scored(identity, inputs=inputs | {"source": "d3"}),
    }
    assert list(common_settings(made)["parts"]) == ["pgd", "transfer"]
