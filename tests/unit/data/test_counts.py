import pytest

from cobra.data.counts import count, deviations, leaks, require_complete
from cobra.data.raw import Label
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError


def settings(protocol="one_vs_rest", **expected):
    return PreparationSettings(
        reader="x", protocol=protocol, classes=list(expected), expected=expected, resolution=8
    )


def labels(**numbers):
    """As many labels as given per class: training, normal test, defective test."""
    made = []
    for category, counts in numbers.items():
        for split, defect, number in zip(("train", "test", "test"), ("", "", "hole"), counts, strict=True):
            made += [Label(split, category, defect, f"{category}/{split}{i}{defect}") for i in range(number)]
    return made


def test_images_are_counted_by_class_and_place():
    assert count(labels(a=(3, 2, 1), b=(0, 1, 0))) == {"a": (3, 2, 1), "b": (0, 1, 0)}


def test_the_published_numbers_deviate_in_nothing():
    assert deviations(labels(a=(3, 2, 1)), settings(a=(3, 2, 1), b=(1, 1, 1))) == []  # b is absent altogether
    assert deviations(labels(a=(3, 2, 1)), settings(a=None)) == []


def test_other_numbers_are_told_with_the_published_ones():
    assert deviations(labels(a=(3, 2, 1), b=(1, 1, 0)), settings(a=(3, 2, 2), b=(1, 1, 0))) == [
        "a has 3/2/1 training/normal test/defective test images (published: 3/2/2)"
    ]


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({"a": (1, 1, 0)}, "Class 'b' has no training and no normal test image"),
        ({"a": (1, 1, 0), "b": (0, 1, 0)}, "Class 'b' has no training image"),
        ({"a": (1, 0, 0), "b": (1, 1, 0)}, "Class 'a' has no normal test image"),
    ],
)
def test_every_class_is_needed_where_it_is_an_anomaly_of_the_others(found, sentence):
    with pytest.raises(UserError, match=sentence) as caught:
        require_complete(labels(**found), settings(a=None, b=None), ["a"])
    assert "\n" not in str(caught.value)
    require_complete(labels(a=(1, 1, 0), b=(1, 1, 0)), settings(a=None, b=None), ["a"])


def test_of_categories_only_those_used_are_needed():
    products = settings("defects", a=None, b=None)
    require_complete(labels(a=(1, 1, 1)), products, ["a"])
    with pytest.raises(UserError, match="Class 'a' has no defective test image: place the complete data set"):
        require_complete(labels(a=(1, 1, 0)), products, ["a"])
    with pytest.raises(UserError, match="Class 'b' has no training and no normal test and no defective test"):
        require_complete(labels(a=(1, 1, 1)), products, ["a", "b"])


def test_test_images_that_were_trained_on_are_told():
    made = labels(a=(2, 2, 0), b=(1, 1, 0))
    assert leaks(made, list("123456")) == []
    assert leaks(made, list("123453")) == [
        "1 images are in the data under another label (the first: b/test0)"
    ]
    assert leaks(made, list("123451")) == [
        "1 test images are training images too (the first: b/test0)",
        "1 images are in the data under another label (the first: b/test0)",
    ]
    assert leaks(made, list("122455")) == ["2 test images are training images too (the first: a/test0)"]
