"""Small data sets of image files: products, textures, lesions, objects, streets."""

from itertools import product

import numpy as np
from miniatures import Miniature
from packing import jpeg, png, table, tarred, zipped

from cobra.data.catalog import DATASETS

ANY = "any"  # a split that the reader draws
STRAY = {"license.txt": b"terms", "README": b"read me"}
MVTEC = {"bottle": ["broken_large", "contamination"], "grid": ["bent"], "metal_nut": ["flip"]}
VISA = ("candle", "pcb1", "pipe_fryum")
CITIES = {"train": "aachen", "val": "munster"}
# Pixels of a thousand that anomalous labels cover, and how such a scene is to be taken (None: left out).
COVERED = {
    0: "",
    20: "",
    35: "",
    48: "",
    49: "",
    50: None,
    75: None,
    100: None,
    101: "covered",
    500: "covered",
}
ROAD, CAR, PERSON, BICYCLE = 7, 26, 24, 33


def mvtec():
    """A tar of <category>/{train/good,test/good,test/<defect>,ground_truth/<defect>}; grid is grey."""
    made, tree = Miniature(), {"license.txt": b"terms", "readme.txt": b""}
    for category, defects in MVTEC.items():
        folders = [("train", "good")] * 3 + [("test", "good")] * 2 + 2 * [("test", d) for d in defects]
        for number, (split, kind) in enumerate(folders):
            image = made.image(split, category, "" if kind == "good" else kind, grey=category == "grid")
            tree[f"{category}/{split}/{kind}/{number:03}.png"] = png(image)
            if kind != "good":
                tree[f"{category}/ground_truth/{kind}/{number:03}_mask.png"] = png(
                    np.zeros((48, 64), dtype=np.uint8)
                )
    made.files["mvtec_anomaly_detection.tar.xz"] = tarred(tree, "xz")
    return made


def visa():
    """A tar of <object>/Data/Images/{Normal,Anomaly} and of the split."""
    made, tree, rows = Miniature(), {"LICENSE-DATASET": b""}, []
    listed = [("train", "normal")] * 3 + [("test", "normal")] * 2 + [("test", "anomaly")] * 2
    for name, (number, (split, label)) in product(VISA, enumerate(listed)):
        path = f"{name}/Data/Images/{label.title()}/{number:03}.JPG"
        tree[path] = jpeg(made.image(split, name, "" if label == "normal" else label))
        mask = "" if label == "normal" else f"{name}/Data/Masks/Anomaly/{number:03}.png"
        rows.append((name, split, label, path, mask))
    tree["split_csv/1cls.csv"] = table(("object", "split", "label", "image", "mask"), rows)
    tree["split_csv/2cls_fewshot.csv"] = table(("object", "split", "label", "image", "mask"), rows[:3])
    made.files["VisA_20220922.tar"] = tarred(tree)
    return made


def dagm_labels(defective):
    """A Labels.txt, per image whether it is defective."""
    lines = [
        f"{number}\t{int(bad)}\t{number:04}.PNG\t0\t{f'{number:04}_label.PNG' if bad else 0}"
        for number, bad in enumerate(defective, start=1)
    ]
    return "\r\n".join(["1", *lines, ""]).encode()


def dagm():
    """A zip per texture: ClassN/{Train,Test} with Label/Labels.txt; both parts have defective images."""
    made = Miniature()
    for category in DATASETS["dagm"].classes:
        tree = {}
        for part, defective in (("Train", [False, True, False]), ("Test", [False, True])):
            tree[f"{category}/{part}/Label/Labels.txt"] = dagm_labels(defective)
            for number, bad in enumerate(defective, start=1):
                split = "train" if part == "Train" and not bad else "test"
                image = png(made.image(split, category, "defect" if bad else "", size=(64, 64), grey=True))
                tree[f"{category}/{part}/{number:04}.PNG"] = image
                if bad:
                    tree[f"{category}/{part}/Label/{number:04}_label.PNG"] = image
        made.files[f"{category}.zip"] = zipped(tree)
    return made


def isic2018():
    """Six zips, each with a folder of its own name; the test part must not be taken."""
    made = Miniature()
    heading = ("image", "MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
    for part, split, each in (("Training", "train", 2), ("Validation", "test", 1), ("Test", None, 1)):
        name, rows, tree = f"ISIC2018_Task3_{part}", [], {}
        for number, diagnosis in enumerate(list(DATASETS["isic2018"].classes) * each):
            rows.append(
                (f"ISIC_{number:07}", *("1.0" if d.lower() == diagnosis else "0.0" for d in heading[1:]))
            )
            tree[f"{name}_Input/ISIC_{number:07}.jpg"] = jpeg(made.image(split, diagnosis))
        stray = {f"{name}_{kind}/LICENSE.txt": b"terms" for kind in ("Input", "GroundTruth")}
        stray[f"{name}_Input/ATTRIBUTION.txt"] = b"thanks"
        truth = {f"{name}_GroundTruth/{name}_GroundTruth.csv": table(heading, rows)}
        made.files[f"{name}_Input.zip"] = zipped(tree | stray)
        made.files[f"{name}_GroundTruth.zip"] = zipped(truth | stray)
    return made


def imagenet30():
    """Two zips of one_class_{train,test}/<class>, the test part with a folder more."""
    made = Miniature()
    for split, each, more in (("train", 2, ""), ("test", 1, "images/")):
        tree = {
            f"one_class_{split}/{name}/{more}{name}_{number}.JPEG": jpeg(made.image(split, name))
            for name, number in product(DATASETS["imagenet30"].classes, range(each))
        }
        made.files[f"ImageNet-30-{split}.zip"] = zipped(tree)
    return made


def scene_labels(covered):
    """Label numbers of a scene of 1000 pixels: road and a car, so many pixels of people and bicycles."""
    labels = np.full(1000, ROAD, dtype=np.uint8)
    labels[-400:] = CAR
    labels[: covered // 2] = PERSON
    labels[covered // 2 : covered] = BICYCLE
    return labels.reshape(20, 50)


def cityscapes():
    """Scenes and their labels; what little is covered is normal, what much is covered anomalous."""
    made, images, truth = Miniature(), dict(STRAY), dict(STRAY)
    for (part, city), (number, (covered, defect)) in product(CITIES.items(), enumerate(COVERED.items())):
        name = f"{part}/{city}/{city}_{number:06}_000019"
        split = ANY if defect == "" else "test" if defect else None
        images[f"leftImg8bit/{name}_leftImg8bit.png"] = png(made.image(split, "scenes", defect or ""))
        truth[f"gtFine/{name}_gtFine_labelIds.png"] = png(scene_labels(covered))
        truth[f"gtFine/{name}_gtFine_color.png"] = png(made.image(None, ""))
        truth[f"gtFine/{name}_gtFine_polygons.json"] = b"{}"
    hidden = "test/berlin/berlin_000000_000019"  # its labels are not public
    images[f"leftImg8bit/{hidden}_leftImg8bit.png"] = png(made.image(None, ""))
    truth[f"gtFine/{hidden}_gtFine_labelIds.png"] = png(scene_labels(0))
    made.files["leftImg8bit_trainvaltest.zip"] = zipped(images)
    made.files["gtFine_trainvaltest.zip"] = zipped(truth)
    return made


PHOTOGRAPHS = {
    "mvtec": mvtec,
    "visa": visa,
    "dagm": dagm,
    "isic2018": isic2018,
    "imagenet30": imagenet30,
    "cityscapes": cityscapes,
}
