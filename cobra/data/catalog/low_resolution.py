"""Images of 32x32 pixels (digits: 16x16): every class in turn is normal, all others are its anomalies."""

from dataclasses import replace

from cobra.data.catalog.entry import LOW, DatasetEntry, File, Layout, alike, file_at, per_class, read_by

DIGITS = tuple("0123456789")
OFFICIAL = "Official training and test parts."
HOUSE_NUMBERS = "http://ufldl.stanford.edu/housenumbers/"
TORONTO = "https://www.cs.toronto.edu/~kriz/"
KRIZHEVSKY = "Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009."
IDX_NAMES = (
    "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
)  # fmt: skip


def idx_files(folders: tuple[str, ...], facts: tuple[tuple[int, str, str], ...]) -> tuple[Layout]:
    """The four files of an IDX set: of each the size, and the MD5 of the .gz and of what it holds."""
    return read_by(
        "idx",
        *(
            file_at(name, *folders, size=size, checksum=f"md5:{packed}", content=f"md5:{content}")
            for name, (size, packed, content) in zip(IDX_NAMES, facts, strict=True)
        ),
    )


CIFAR100 = file_at(
    "cifar-100-python.tar.gz",
    TORONTO,
    size=169_001_437,
    checksum="md5:eb9058c3a382ffc7106e4002c42a8d85",
)

LOW_RESOLUTION: dict[str, DatasetEntry] = {
    "digits": DatasetEntry(
        title="Optical digits (scikit-learn)",
        protocol="one_vs_rest",
        classes=per_class(
            DIGITS,
            [125, 127, 124, 128, 127, 127, 127, 125, 122, 126],
            [53, 55, 53, 55, 54, 55, 54, 54, 52, 54],
        ),
        layouts=read_by("digits"),
        group="low",
        resolution=16,
        eps=0.1,  # ours: the paper has no such data
        flips=False,
        split="Ours: the first 70 % of each class, in the file's order, train.",
        access="embedded",
        licence="CC BY 4.0",
        citation="Alpaydin, Kaynak: Optical Recognition of Handwritten Digits. UCI, 1998.",
        homepage="https://archive.ics.uci.edu/dataset/80",
        options={"train_share": 0.7},
    ),
    "mnist": DatasetEntry(
        **LOW,
        title="MNIST",
        protocol="one_vs_rest",
        classes=per_class(
            DIGITS,
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
            [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
        ),
        layouts=idx_files(
            (
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
            ),
            (
                (9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873", "6bbc9ace898e44ae57da46a324031adb"),
                (28_881, "d53e105ee54ea40749a09fcbcd1e9432", "a25bea736e30d166cdddb491f175f624"),
                (1_648_877, "9fb629c4189551a2d022fa330f9573f3", "2646ac647ad5339dbf082846283269ea"),
                (4_542, "ec29112dd5afa0611ce80d1b7f02629c", "27ae3e4e09519cfbb04c329615203637"),
            ),
        ),
        fit="pad",
        flips=False,
        split=OFFICIAL,
        access="free",
        licence="CC BY-SA 3.0 (Y. LeCun, C. Cortes, C. Burges)",
        citation="LeCun, Cortes, Burges: The MNIST database of handwritten digits, 1998.",
        homepage="http://yann.lecun.com/exdb/mnist/",
    ),
    "fmnist": DatasetEntry(
        **LOW,
        title="Fashion-MNIST",
        protocol="one_vs_rest",
        classes=alike(
            (
                "tshirt", "trouser", "pullover", "dress", "coat",
                "sandal", "shirt", "sneaker", "bag", "ankle_boot",
            ),
            6000,
            1000,
        ),
        layouts=idx_files(
            (
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            ),
            (
                (26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
                (29_515, "25c81989df183df01b3e8a0aad5dffbe", "9018921c3c673c538a1fc5bad174d6f9"),
                (4_422_102, "bef4ecab320f06d8554ea6380940ec79", "8181f5470baa50b63fa0f6fddb340f0a"),
                (5_148, "bb300cfdad3c16e7a12a480ee83cd310", "15d484375f8d13e6eb1aabb0c3f46965"),
            ),
        ),
        fit="pad",
        flips=True,
        split=OFFICIAL,
        access="free",
        licence="MIT (Zalando SE)",
        citation="Xiao, Rasul, Vollgraf: Fashion-MNIST. arXiv:1708.07747, 2017.",
        homepage="https://github.com/zalandoresearch/fashion-mnist",
    ),
    "svhn": DatasetEntry(
        **LOW,
        title="SVHN (cropped digits)",
        protocol="one_vs_rest",
        classes=per_class(
            DIGITS,
            [4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659],
            [1744, 5099, 4149, 2882, 2523, 2384, 1977, 2019, 1660, 1595],
        ),
        layouts=read_by(
            "svhn",
            file_at(
                "train_32x32.mat", HOUSE_NUMBERS,
                size=182_040_794, checksum="md5:e26dedcc434d2e4c54c9b2d4a06d8373",
            ),
            file_at(
                "test_32x32.mat", HOUSE_NUMBERS,
                size=64_275_384, checksum="md5:eb5a983be6a315427106f1b164d9cef3",
            ),
        ),
        flips=False,
        split=OFFICIAL + " The extra part is not used.",
        access="licence",
        licence="non-commercial use only, as its page states",
        citation="Netzer et al.: Reading Digits in Natural Images. NIPS workshop, 2011.",
        homepage=HOUSE_NUMBERS,
    ),
    "cifar10": DatasetEntry(
        **LOW,
        title="CIFAR-10",
        protocol="one_vs_rest",
        classes=alike(
            (
                "airplane", "automobile", "bird", "cat", "deer",
                "dog", "frog", "horse", "ship", "truck",
            ),
            5000,
            1000,
        ),
        layouts=(
            *read_by(
                "cifar10",
                file_at(
                    "cifar-10-python.tar.gz", TORONTO,
                    size=170_498_071, checksum="md5:c58f30108f718f92721af3b95e74349a",
                ),
            ),
            # Ours: labels.npy and lossless strips of images, see docs/data.md.
            *read_by("strips", File(name="train.tar", into="train"), File(name="test.tar", into="test")),
        ),
        flips=True,
        split=OFFICIAL,
        access="free",
        licence="none stated by its authors",
        citation=KRIZHEVSKY,
        homepage=TORONTO + "cifar.html",
    ),
    "cifar100": DatasetEntry(
        **LOW,
        title="CIFAR-100 (20 superclasses)",
        protocol="one_vs_rest",
        classes=alike(
            (
                "aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables",
                "household_electrical_devices", "household_furniture", "insects", "large_carnivores",
                "large_man-made_outdoor_things", "large_natural_outdoor_scenes",
                "large_omnivores_and_herbivores", "medium_mammals", "non-insect_invertebrates", "people",
                "reptiles", "small_mammals", "trees", "vehicles_1", "vehicles_2",
            ),
            2500,
            500,
        ),
        layouts=read_by("cifar100", CIFAR100),
        flips=True,
        split=OFFICIAL,
        access="free",
        licence="none stated by its authors",
        citation=KRIZHEVSKY,
        homepage=TORONTO + "cifar.html",
    ),
}  # fmt: skip
LOW_RESOLUTION["cifar100_released"] = replace(
    LOW_RESOLUTION["cifar100"],
    title="CIFAR-100 (the released code's 20 groups)",
    classes=alike(tuple(f"group_{number}" for number in range(20)), 2500, 500),
    layouts=read_by("cifar100_released", CIFAR100),
)
