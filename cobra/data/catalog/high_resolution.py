"""Images of 224x224 pixels: industrial inspection and scenes (good images against defective ones), and
photographs of objects and skin lesions (every class in turn is normal).
"""

from cobra.data.catalog.entry import (
    HIGH,
    NO_ROTATION,
    Counts,
    DatasetEntry,
    File,
    alike,
    file_at,
    high_detector,
    per_class,
    read_by,
)

DRIVE = "https://www.mydrive.ch/shares/"
DRIVE_FOLDER = "/download/420938113-1629960298/"
ZENODO = "https://zenodo.org/records/"
OBJECTS = (
    "acorn", "airliner", "ambulance", "american_alligator", "banjo", "barn", "bikini", "digital_clock",
    "dragonfly", "dumbbell", "forklift", "goblet", "grand_piano", "hotdog", "hourglass", "manhole_cover",
    "mosque", "nail", "parking_meter", "pillow", "revolver", "rotary_dial_telephone", "schooner",
    "snowmobile", "soccer_ball", "stingray", "strawberry", "tank", "toaster", "volcano",
)  # fmt: skip
# Categories of MVTec AD that look alike from all sides, or lie in their photographs at any angle.
TURNED_ALIKE = (
    "carpet", "grid", "leather", "tile", "wood", "bottle", "hazelnut", "metal_nut", "screw",
)  # fmt: skip
DIAGNOSES = ("mel", "nv", "bcc", "akiec", "bkl", "df", "vasc")
LESIONS = [1113, 6705, 514, 327, 1099, 115, 142]
ISIC_VALIDATION = per_class(DIAGNOSES, LESIONS, [21, 123, 15, 8, 22, 1, 3])
ISIC_TEST = per_class(DIAGNOSES, LESIONS, [171, 909, 93, 43, 217, 44, 35])
ISIC_FOLDERS = (
    "https://isic-archive.s3.amazonaws.com/challenges/2018/",
    "https://isic-challenge-data.s3.amazonaws.com/2018/",
)


def isic_files(part: str, test_part: str | None, size: int | None = None) -> tuple[File, File]:
    """Images and ground truth of one part of ISIC 2018 task 3; no checksums are published."""
    images, truth = (f"ISIC2018_Task3_{part}_{what}.zip" for what in ("Input", "GroundTruth"))
    return (
        file_at(images, *ISIC_FOLDERS, size=size, part=test_part),
        file_at(truth, *ISIC_FOLDERS, part=test_part),
    )


HIGH_RESOLUTION: dict[str, DatasetEntry] = {
    "mvtec": DatasetEntry(
        **HIGH,
        title="MVTec AD",
        protocol="defects",
        classes={
            "carpet": Counts(280, 28, 89),
            "grid": Counts(264, 21, 57),
            "leather": Counts(245, 32, 92),
            "tile": Counts(230, 33, 84),
            "wood": Counts(247, 19, 60),
            "bottle": Counts(209, 20, 63),
            "cable": Counts(224, 58, 92),
            "capsule": Counts(219, 23, 109),
            "hazelnut": Counts(391, 40, 70),
            "metal_nut": Counts(220, 22, 93),
            "pill": Counts(267, 26, 141),
            "screw": Counts(320, 41, 119),
            "toothbrush": Counts(60, 12, 30),
            "transistor": Counts(213, 60, 40),
            "zipper": Counts(240, 32, 119),
        },
        layouts=read_by(
            "defect_folders",
            file_at(
                "mvtec_anomaly_detection.tar.xz",
                f"{DRIVE}150996/b52ecdcbf521176e9db9c731f2304b27{DRIVE_FOLDER}",
                f"{DRIVE}38536/3830184030e49fe74747669442f0f282{DRIVE_FOLDER}",
                size=5_264_982_680,
                checksum="sha256:cf4313b13603bec67abb49ca959488f7eedce2a9f7795ec54446c649ac98cd3d",
            ),
        ),
        flips=True,
        split="Official folders train/good, test/good and test/<defect> of each category.",
        access="licence",
        licence="CC BY-NC-SA 4.0 (MVTec Software GmbH)",
        citation="Bergmann, Fauser, Sattlegger, Steger: MVTec AD. CVPR 2019.",
        homepage="https://www.mvtec.com/company/research/datasets/mvtec-ad",
        detector=high_detector(10_000),
        class_detector={name: {"crafting": {"hard": {"kinds": NO_ROTATION}}} for name in TURNED_ALIKE},
    ),
    "visa": DatasetEntry(
        **HIGH,
        title="VisA",
        protocol="defects",
        classes={
            "candle": Counts(900, 100, 100),
            "capsules": Counts(542, 60, 100),
            "cashew": Counts(450, 50, 100),
            "chewinggum": Counts(453, 50, 100),
            "fryum": Counts(450, 50, 100),
            "macaroni1": Counts(900, 100, 100),
            "macaroni2": Counts(900, 100, 100),
            "pcb1": Counts(904, 100, 100),
            "pcb2": Counts(901, 100, 100),
            "pcb3": Counts(905, 101, 100),
            "pcb4": Counts(904, 101, 100),
            "pipe_fryum": Counts(450, 50, 100),
        },
        layouts=read_by(
            "visa",
            file_at(
                "VisA_20220922.tar",
                "https://amazon-visual-anomaly.s3.us-west-2.amazonaws.com/",
                "https://amazon-visual-anomaly.s3.amazonaws.com/",
                size=1_929_840_640,
                checksum="sha256:2eb8690c803ab37de0324772964100169ec8ba1fa3f7e94291c9ca673f40f362",
            ),
        ),
        flips=True,
        split="Official one-class split, split_csv/1cls.csv.",
        access="free",
        licence="CC BY 4.0",
        citation="Zou, Jeong, Pemula, Zhang, Dabeer: SPot-the-Difference. ECCV 2022.",
        homepage="https://github.com/amazon-science/spot-diff",
        detector=high_detector(),
    ),
    "dagm": DatasetEntry(
        **HIGH,
        title="DAGM 2007",
        protocol="defects",
        classes={
            f"Class{number}": Counts(
                images - train_defects, images - test_defects, train_defects + test_defects
            )
            for number, (images, train_defects, test_defects) in enumerate(
                [(575, 79, 71), (575, 66, 84), (575, 66, 84), (575, 82, 68), (575, 70, 80), (575, 83, 67)]
                + 4 * [(1150, 150, 150)],
                start=1,
            )
        },
        layouts=read_by(
            "dagm",
            *(
                file_at(f"Class{number}.zip", f"{ZENODO}12750201/files/", f"{ZENODO}8086136/files/")
                for number in range(1, 11)
            ),
        ),
        flips=True,
        split="Good images of Train train; good images of Test and all defective images test (ours).",
        access="free",
        licence="CC BY 4.0",
        citation="Wieler, Hahn: Weakly Supervised Learning for Industrial Optical Inspection. DAGM 2007.",
        homepage=f"{ZENODO}12750201",
        # These textures look alike from all sides: a turned one is no anomaly (ours).
        detector=high_detector(5_000, kinds=NO_ROTATION),
    ),
    "imagenet30": DatasetEntry(
        **HIGH,
        title="ImageNet-30",
        protocol="one_vs_rest",
        classes=alike(OBJECTS, 1300, 100),
        layouts=read_by("imagenet30", File(name="ImageNet-30-train.zip"), File(name="ImageNet-30-test.zip")),
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
        classes=ISIC_VALIDATION,
        normal=("nv",),  # ours, as the literature does; the switch to one-vs-rest is classes: all
        layouts=read_by(
            "isic2018",
            *isic_files("Training", None, 2_771_732_744),
            *isic_files("Validation", "validation"),
            *isic_files("Test", "test"),
        ),
        fit="crop",
        flips=True,
        split="The training part trains, the validation part tests, as the literature does (ours).",
        test_parts={"validation": ISIC_VALIDATION, "test": ISIC_TEST},
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
        layouts=read_by(
            "cityscapes", File(name="leftImg8bit_trainvaltest.zip"), File(name="gtFine_trainvaltest.zip")
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
