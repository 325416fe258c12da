"""Colour images, 32x32: every class in turn is normal, all others are its anomalies."""

from cobra.data.catalog.entry import LOW, DatasetEntry, File, Layout, alike, per_class

KRIZHEVSKY = "Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009."
OFFICIAL = "Official training and test parts."

SMALL_COLOUR: dict[str, DatasetEntry] = {
    "svhn": DatasetEntry(
        **LOW,
        title="SVHN (cropped digits)",
        protocol="one_vs_rest",
        classes=per_class(
            "0123456789",
            [4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659],
            [1744, 5099, 4149, 2882, 2523, 2384, 1977, 2019, 1660, 1595],
        ),
        layouts=(
            Layout(
                reader="svhn",
                files=(
                    File(
                        name="train_32x32.mat",
                        urls=("http://ufldl.stanford.edu/housenumbers/train_32x32.mat",),
                        size=182_040_794,
                        checksum="md5:e26dedcc434d2e4c54c9b2d4a06d8373",
                    ),
                    File(
                        name="test_32x32.mat",
                        urls=("http://ufldl.stanford.edu/housenumbers/test_32x32.mat",),
                        size=64_275_384,
                        checksum="md5:eb5a983be6a315427106f1b164d9cef3",
                    ),
                ),
            ),
        ),
        flips=False,
        split=OFFICIAL + " The extra part is not used.",
        access="licence",
        licence="non-commercial use only, as its page states",
        citation="Netzer et al.: Reading Digits in Natural Images. NIPS workshop, 2011.",
        homepage="http://ufldl.stanford.edu/housenumbers/",
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
            Layout(
                reader="cifar10",
                files=(
                    File(
                        name="cifar-10-python.tar.gz",
                        urls=("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
                        size=170_498_071,
                        checksum="md5:c58f30108f718f92721af3b95e74349a",
                    ),
                ),
            ),
            Layout(
                reader="strips",  # ours: labels.npy and lossless strips of images, see docs/data.md
                files=(File(name="train.tar", into="train"), File(name="test.tar", into="test")),
            ),
        ),
        flips=True,
        split=OFFICIAL,
        access="free",
        licence="none stated by its authors",
        citation=KRIZHEVSKY,
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
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
        layouts=(
            Layout(
                reader="cifar100",
                files=(
                    File(
                        name="cifar-100-python.tar.gz",
                        urls=("https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",),
                        size=169_001_437,
                        checksum="md5:eb9058c3a382ffc7106e4002c42a8d85",
                    ),
                ),
            ),
        ),
        flips=True,
        split=OFFICIAL,
        access="free",
        licence="none stated by its authors",
        citation=KRIZHEVSKY,
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
    ),
}  # fmt: skip
