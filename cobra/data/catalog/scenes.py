"""Photographs at high resolution: objects, skin lesions, driving scenes."""

from cobra.data.catalog.entry import (
    HIGH,
    NO_ROTATION,
    DatasetEntry,
    File,
    Layout,
    alike,
    high_detector,
    per_class,
)

OBJECTS = (
    "acorn", "airliner", "ambulance", "american_alligator", "banjo", "barn", "bikini", "digital_clock",
    "dragonfly", "dumbbell", "forklift", "goblet", "grand_piano", "hotdog", "hourglass", "manhole_cover",
    "mosque", "nail", "parking_meter", "pillow", "revolver", "rotary_dial_telephone", "schooner",
    "snowmobile", "soccer_ball", "stingray", "strawberry", "tank", "toaster", "volcano",
)  # fmt: skip
DIAGNOSES = ("mel", "nv", "bcc", "akiec", "bkl", "df", "vasc")
LESIONS = [1113, 6705, 514, 327, 1099, 115, 142]
VALIDATION = per_class(DIAGNOSES, LESIONS, [21, 123, 15, 8, 22, 1, 3])
TEST = per_class(DIAGNOSES, LESIONS, [171, 909, 93, 43, 217, 44, 35])
ISIC = (
    "https://isic-archive.s3.amazonaws.com/challenges/2018/",
    "https://isic-challenge-data.s3.amazonaws.com/2018/",
)


def isic_files(part: str, test_part: str | None, size: int | None = None) -> tuple[File, ...]:
    """Images and ground truth of one part of ISIC 2018 task 3; no checksums are published."""
    names = (f"ISIC2018_Task3_{part}_Input.zip", f"ISIC2018_Task3_{part}_GroundTruth.zip")
    return tuple(
        File(
            name=name,
            urls=tuple(address + name for address in ISIC),
            size=bytes_of,
            part=test_part,
        )
        for name, bytes_of in zip(names, (size, None), strict=True)
    )


SCENES: dict[str, DatasetEntry] = {
    "imagenet30": DatasetEntry(
        **HIGH,
        title="ImageNet-30",
        protocol="one_vs_rest",
        classes=alike(OBJECTS, 1300, 100),
        layouts=(
            Layout(
                reader="imagenet30",
                files=(File(name="ImageNet-30-train.zip"), File(name="ImageNet-30-test.zip")),
            ),
        ),
        fit="crop",
        flips=True,
        split="Training and test folders of Hendrycks et al.",
        access="by hand",
        licence="ImageNet terms of access (research and education, non-commercial)",
        citation="Hendrycks, Mazeika, Kadavath, Song: Using Self-Supervised Learning Can Improve Model "
        "Robustness and Uncertainty. NeurIPS 2019.",
        homepage="https://github.com/hendrycks/ss-ood",
        detector=high_detector(),
    ),
    "isic2018": DatasetEntry(
        **HIGH,
        title="ISIC 2018, task 3",
        protocol="one_vs_rest",
        classes=VALIDATION,
        normal=("nv",),  # ours, as the literature does; the switch to one-vs-rest is classes: all
        layouts=(
            Layout(
                reader="isic2018",
                files=(
                    *isic_files("Training", None, 2_771_732_744),
                    *isic_files("Validation", "validation"),
                    *isic_files("Test", "test"),
                ),
            ),
        ),
        fit="crop",
        flips=True,
        split="The training part trains, the validation part tests, as the literature does (ours).",
        test_parts={"validation": VALIDATION, "test": TEST},
        access="licence",
        licence="CC BY-NC 4.0 (ISIC; HAM10000)",
        citation="Codella et al.: Skin Lesion Analysis Toward Melanoma Detection 2018. arXiv:1902.03368; "
        "Tschandl, Rosendahl, Kittler: The HAM10000 dataset. Scientific Data, 2018.",
        homepage="https://challenge.isic-archive.com/data/#2018",
        # A lesion has no upright position: a turned one is no anomaly (ours).
        detector=high_detector(kinds=NO_ROTATION),
    ),
    "cityscapes": DatasetEntry(
        **HIGH,
        title="Cityscapes (coverage of anomaly labels)",
        protocol="defects",
        classes={"scenes": None},  # the numbers follow from the labels chosen
        layouts=(
            Layout(
                reader="cityscapes",
                files=(
                    File(name="leftImg8bit_trainvaltest.zip"),
                    File(name="gtFine_trainvaltest.zip"),
                ),
            ),
        ),
        flips=True,
        split="Of the labelled scenes (train and val) 70 % of the normal ones train, all others test (ours).",
        access="by hand",
        licence="Cityscapes terms of use (registration; non-commercial)",
        citation="Cordts et al.: The Cityscapes Dataset for Semantic Urban Scene Understanding. CVPR 2016.",
        homepage="https://www.cityscapes-dataset.com/downloads/",
        detector=high_detector(5_000),
        # Ours: the authors ship a prepared folder and say nowhere which labels are anomalous.
        options={
            "train_share": 0.7,
            "coverage": {
                "labels": ["person", "rider", "truck", "bus", "train", "motorcycle", "bicycle"],
                "normal_below": 0.05,
                "anomalous_above": 0.10,
            },
        },
    ),
}
