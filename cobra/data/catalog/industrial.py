"""Industrial inspection: per category, good images against defective ones."""

from cobra.data.catalog.entry import HIGH, NO_ROTATION, Counts, DatasetEntry, File, Layout, high_detector

DRIVE = "https://www.mydrive.ch/shares"
MVTEC_ARCHIVE = "download/420938113-1629960298/mvtec_anomaly_detection.tar.xz"
ZENODO = "https://zenodo.org/records"

INDUSTRIAL: dict[str, DatasetEntry] = {
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
        layouts=(
            Layout(
                reader="defect_folders",
                files=(
                    File(
                        name="mvtec_anomaly_detection.tar.xz",
                        urls=(
                            f"{DRIVE}/150996/b52ecdcbf521176e9db9c731f2304b27/{MVTEC_ARCHIVE}",
                            f"{DRIVE}/38536/3830184030e49fe74747669442f0f282/{MVTEC_ARCHIVE}",
                        ),
                        size=5_264_982_680,
                        checksum="sha256:cf4313b13603bec67abb49ca959488f7eedce2a9f7795ec54446c649ac98cd3d",
                    ),
                ),
            ),
        ),
        flips=True,
        split="Official folders train/good, test/good and test/<defect> of each category.",
        access="licence",
        licence="CC BY-NC-SA 4.0 (MVTec Software GmbH)",
        citation="Bergmann, Fauser, Sattlegger, Steger: MVTec AD. CVPR 2019.",
        homepage="https://www.mvtec.com/company/research/datasets/mvtec-ad",
        detector=high_detector(10_000),
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
        layouts=(
            Layout(
                reader="visa",
                files=(
                    File(
                        name="VisA_20220922.tar",
                        urls=(
                            "https://amazon-visual-anomaly.s3.us-west-2.amazonaws.com/VisA_20220922.tar",
                            "https://amazon-visual-anomaly.s3.amazonaws.com/VisA_20220922.tar",
                        ),
                        size=1_929_840_640,
                        checksum="sha256:2eb8690c803ab37de0324772964100169ec8ba1fa3f7e94291c9ca673f40f362",
                    ),
                ),
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
        layouts=(
            Layout(
                reader="dagm",
                files=tuple(
                    File(
                        name=f"Class{number}.zip",
                        urls=tuple(
                            f"{ZENODO}/{record}/files/Class{number}.zip" for record in (12750201, 8086136)
                        ),
                    )
                    for number in range(1, 11)
                ),
            ),
        ),
        flips=True,
        split="Good images of Train train; good images of Test and all defective images test (ours).",
        access="free",
        licence="CC BY 4.0",
        citation="Wieler, Hahn: Weakly Supervised Learning for Industrial Optical Inspection. DAGM 2007.",
        homepage="https://zenodo.org/records/12750201",
        # These textures look alike from all sides: a turned one is no anomaly (ours).
        detector=high_detector(5_000, kinds=NO_ROTATION),
    ),
}
