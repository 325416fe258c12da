import re

import pytest
from pictures import greys, places, preparation, save_all

from cobra.data.image_decoding import UnreadableImageError
from cobra.data.readers import read_raw
from cobra.data.readers.listed_images import read_dagm_labels
from cobra.errors import UserError


def read(root, reader, classes, **settings):
    protocol = "one_vs_rest" if reader == "isic2018" else "defects"
    return read_raw(root, preparation(classes, reader, protocol, **settings))


def refusal(root, reader, classes, **settings):
    with pytest.raises(UserError) as caught:
        read(root, reader, classes, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


VISA = """object,split,label,image,mask
b,train,normal,b/Data/Images/Normal/0.JPG,
a,test,anomaly,a/Data/Images/Anomaly/1.JPG,a/Data/Masks/Anomaly/1.png
a,test,normal,a/Data/Images/Normal/2.JPG,
"""


def place_visa(root, listing=VISA):
    rows = [row.split(",") for row in VISA.splitlines()[1:]]
    save_all(root, [row[3] for row in rows] + ["a/Data/Images/Normal/unlisted.JPG"])
    (root / "split_csv").mkdir(exist_ok=True)
    (root / "split_csv/1cls.csv").write_bytes(listing if isinstance(listing, bytes) else listing.encode())


@pytest.mark.parametrize("above", [".", "VisA_20220922"])
def test_visa_is_read_by_its_list(tmp_path, above):
    place_visa(tmp_path / above)
    raw = read(tmp_path, "visa", "ab")
    assert places(raw) == [
        ("train", "b", "", "b/Data/Images/Normal/0.JPG"),
        ("test", "a", "anomaly", "a/Data/Images/Anomaly/1.JPG"),
        ("test", "a", "", "a/Data/Images/Normal/2.JPG"),
    ]
    assert greys(raw) == [0, 1, 2]


def test_a_listed_image_that_is_gone_is_told_when_it_is_loaded(tmp_path):
    place_visa(tmp_path)
    (tmp_path / "a/Data/Images/Normal/2.JPG").unlink()
    with pytest.raises(UnreadableImageError, match=r"^does not exist$"):
        read(tmp_path, "visa", "ab").load(2)


@pytest.mark.parametrize(
    ("listing", "sentence"),
    [
        ("", " has no column object, split, label, image: place the official file."),
        ("object,image,mask\n", " has no column split, label: place the official file."),
        (VISA.replace("a,test,normal", "c,test,normal"),
         ": line 4 has the object 'c', the split 'test' and the label 'normal', of which one is unknown: "
         "place the official file."),
        (VISA.replace("b,train", "b,val"),
         ": line 2 has the object 'b', the split 'val' and the label 'normal', of which one is unknown: "
         "place the official file."),
        (VISA.replace("anomaly,a", "bent,a"),
         ": line 3 has the object 'a', the split 'test' and the label 'bent', of which one is unknown: "
         "place the official file."),
        (VISA + "a\n", ": line 5 ends early: place the official file."),
        (VISA + "a,train,normal\n", ": line 5 ends early: place the official file."),
    ],
)  # fmt: skip
def test_another_list_is_a_sentence(tmp_path, listing, sentence):
    place_visa(tmp_path, listing)
    assert refusal(tmp_path, "visa", "ab") == f"{tmp_path}/split_csv/1cls.csv{sentence}"


NO_TABLE = {
    "no UTF-8": (b"\xff\xfe\n", r" cannot be read as text \(.+\)"),
    "open quote": (b'"' + 200_000 * b"x", r": line \d is no CSV \(.+\)"),
}


@pytest.mark.parametrize(("content", "fault"), NO_TABLE.values(), ids=NO_TABLE.keys())
def test_a_damaged_list_is_a_sentence(tmp_path, content, fault):
    place_visa(tmp_path, VISA.encode() + content)
    path = tmp_path / "split_csv/1cls.csv"
    assert re.fullmatch(rf"{path}{fault}: place the official file\.", refusal(tmp_path, "visa", "ab"))


def test_a_mark_at_the_beginning_of_a_list_is_no_part_of_it(tmp_path):
    place_visa(tmp_path, b"\xef\xbb\xbf" + VISA.encode())
    assert len(read(tmp_path, "visa", "ab").labels) == 3


ISIC = "image,MEL,NV,BCC\nI0,0.0,1.0,0.0\nI1,1,0,0\n"


def place_isic(root, truth=ISIC):
    """A validation part of the two images of `ISIC` and, in the same form, a training and a test part."""
    for part in ("Training", "Validation", "Test"):
        name = f"ISIC2018_Task3_{part}"
        save_all(root / f"{name}_Input", ["I0.jpg", "I1.jpg", "unlisted.jpg"])
        (root / f"{name}_GroundTruth").mkdir(exist_ok=True)
        path = root / f"{name}_GroundTruth/{name}_GroundTruth.csv"
        content = truth if part == "Validation" else ISIC
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root / "ISIC2018_Task3_Validation_GroundTruth/ISIC2018_Task3_Validation_GroundTruth.csv"


@pytest.mark.parametrize(("part", "title"), [("validation", "Validation"), ("test", "Test")])
def test_lesions_are_read_by_their_ground_truth(tmp_path, part, title):
    place_isic(tmp_path)
    raw = read(tmp_path, "isic2018", ["mel", "nv", "bcc"], test_part=part)
    assert places(raw) == [
        (split, diagnosis, "", f"ISIC2018_Task3_{name}_Input/{image}.jpg")
        for split, name in (("train", "Training"), ("test", title))
        for image, diagnosis in (("I0", "nv"), ("I1", "mel"))
    ]
    assert greys(raw) == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("truth", "sentence"),
    [
        (ISIC + "I2,0.0,0.0,0.0\n",
         ": line 4 (I2) has 0 diagnoses where one is expected: place the official file."),
        (ISIC.replace("0.0,1.0,0.0", "1.0,1.0,0.0"),
         ": line 2 (I0) has 2 diagnoses where one is expected: place the official file."),
        (ISIC.replace("NV", "XX"), " has no column NV: place the official file."),
    ],
)  # fmt: skip
def test_another_ground_truth_is_a_sentence(tmp_path, truth, sentence):
    path = place_isic(tmp_path, truth)
    assert refusal(tmp_path, "isic2018", ["mel", "nv"], test_part="validation") == f"{path}{sentence}"


@pytest.mark.parametrize(("content", "fault"), NO_TABLE.values(), ids=NO_TABLE.keys())
def test_a_damaged_ground_truth_is_a_sentence(tmp_path, content, fault):
    path = place_isic(tmp_path, ISIC.encode() + content)
    said = refusal(tmp_path, "isic2018", ["mel", "nv"], test_part="validation")
    assert re.fullmatch(rf"{path}{fault}: place the official file\.", said)


def dagm_labels(*defective):
    rows = [f"{number}\t{bad}\t{number:04}.PNG\t0\t0" for number, bad in enumerate(defective, start=1)]
    return "\r\n".join(["1", *rows, ""]).encode()


def place_dagm(root, category="Class1", **labels):
    for part, defective in (("Train", (0, 1)), ("Test", (1, 0))):
        save_all(root / category / part, ["0001.PNG", "0002.PNG", "Label/0001_label.PNG"])
        (root / category / part / "Label/Labels.txt").write_bytes(labels.get(part, dagm_labels(*defective)))


@pytest.mark.parametrize("above", [".", "Class1"])
def test_textures_are_read_with_all_defects_in_the_test_part(tmp_path, above):
    place_dagm(tmp_path / above)
    assert places(read(tmp_path, "dagm", ["Class1"])) == [
        ("train", "Class1", "", "Class1/Train/0001.PNG"),
        ("test", "Class1", "defect", "Class1/Train/0002.PNG"),
        ("test", "Class1", "defect", "Class1/Test/0001.PNG"),
        ("test", "Class1", "", "Class1/Test/0002.PNG"),
    ]


def test_an_incomplete_dagm_is_a_sentence(tmp_path):
    official = "place DAGM 2007 in the layout that its authors distribute."
    assert refusal(tmp_path, "dagm", ["Class1"]) == f"{tmp_path} has no Class1/Train: {official}"
    place_dagm(tmp_path, Train=dagm_labels(0))
    unlisted = f"{tmp_path}/Class1/Train/0002.PNG is not in its Labels.txt: place the complete data set."
    assert refusal(tmp_path, "dagm", ["Class1"]) == unlisted
    labels = tmp_path / "Class1/Train/Label/Labels.txt"
    labels.unlink()
    assert refusal(tmp_path, "dagm", ["Class1"]) == f"{labels} does not exist: {official}"


@pytest.mark.parametrize("line", ["2\t1", "2\t2\t0002.PNG", "2 yes 0002.PNG 0 0"])
def test_a_line_that_is_no_label_is_told(tmp_path, line):
    path = tmp_path / "Labels.txt"
    path.write_bytes(dagm_labels(0) + line.encode())
    with pytest.raises(UserError) as caught:
        read_dagm_labels(path)
    assert str(caught.value) == f"{path}: line 3 is no label ({line!r}): place the official file."


def test_labels_that_are_no_text_are_a_sentence(tmp_path):
    path = tmp_path / "Labels.txt"
    path.write_bytes(b"1\n\xff\xfe")
    with pytest.raises(
        UserError, match=r"Labels\.txt cannot be read as text \(.+\): place the official file\.$"
    ):
        read_dagm_labels(path)
