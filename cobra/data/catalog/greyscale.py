"""Greyscale images, 32x32 (digits: 16x16): every class in turn is normal, all others are its anomalies."""

from cobra.data.catalog.entry import LOW, DatasetEntry, File, Layout, alike, per_class

DIGITS = tuple("0123456789")
IDX_NAMES = (
    "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
)  # fmt: skip
OFFICIAL = "Official training and test parts."


def idx_files(
    addresses: tuple[str, ...], sizes: list[int], packed: list[str], contents: list[str]
) -> tuple[File, ...]:
    """The four files of an IDX set, with the MD5 of the .gz and of what it holds."""
    return tuple(
        File(
            name=name,
            urls=tuple(address + name for address in addresses),
            size=size,
            checksum=f"md5:{md5}",
            content=f"md5:{content}",
        )
        for name, size, md5, content in zip(IDX_NAMES, sizes, packed, contents, strict=True)
    )


GREYSCALE: dict[str, DatasetEntry] = {
    "digits": DatasetEntry(
        title="Optical digits (scikit-learn)",
        protocol="one_vs_rest",
        classes=per_class(
            DIGITS,
            [125, 127, 124, 128, 127, 127, 127, 125, 122, 126],
            [53, 55, 53, 55, 54, 55, 54, 54, 52, 54],
        ),
        layouts=(Layout(reader="digits"),),
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
        layouts=(
            Layout(
                reader="idx",
                files=idx_files(
                    (
                        "https://ossci-datasets.s3.amazonaws.com/mnist/",
                        "https://storage.googleapis.com/cvdf-datasets/mnist/",
                    ),
                    [9_912_422, 28_881, 1_648_877, 4_542],
                    [
                        "f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
                        "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c",
                    ],
                    [
                        "6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624",
                        "2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637",
                    ],
                ),
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
        layouts=(
            Layout(
                reader="idx",
                files=idx_files(
                    (
                        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
                    ),
                    [26_421_880, 29_515, 4_422_102, 5_148],
                    [
                        "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
                        "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310",
                    ],
                    [
                        "f4a8712d7a061bf5bd6d2ca38dc4d50a", "9018921c3c673c538a1fc5bad174d6f9",
                        "8181f5470baa50b63fa0f6fddb340f0a", "15d484375f8d13e6eb1aabb0c3f46965",
                    ],
                ),
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
}  # fmt: skip
