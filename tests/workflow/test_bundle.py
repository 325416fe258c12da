"""Sharing results: packed, verified, and extended in a fresh checkout without data and checkpoints.

What Snakemake plans there is counted. Absent data and checkpoints bring nothing by themselves; files made
again as recorded bring nothing either once they have their times back.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from projects import CONFIG, checkout

from cobra.sharing.bundle import restore_times, unpack_bundle
from cobra.sharing.manifest import read_manifest

BUNDLE = "bundle.tar.gz"
PACK = f"python -m workflow.commands.bundle --configfile {CONFIG} --output {BUNDLE}"
COBRA = 'python -c "from cobra.cli import main; main()"'
ARRAY = "results/prepared/digits/images.npy"
TABLES = {"make_table": 2, "trace_table": 2, "make_audit": 1, "demo": 1}
JUDGED = {"train_detector": 4, "attack_detector": 6, **TABLES}

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def bundle(finished, tmp_path_factory):
    """The bundle of the finished project, made in a copy of it."""
    author = finished.copy(tmp_path_factory.mktemp("author") / "project")
    done = author.paste(PACK)
    assert "9 files left out and written down" in done.stdout, done.stderr
    return author / BUNDLE


@pytest.fixture(scope="module")
def received(bundle, tmp_path_factory):
    """A fresh checkout into which somebody unpacked it."""
    project = checkout(tmp_path_factory.mktemp("received") / "project")
    (project / CONFIG).unlink()
    unpack_bundle(bundle, project.folder)
    return project


@pytest.fixture(scope="module")
def restored(received, tmp_path_factory):
    """The same after the array was made again and got its time back, all figures being verified."""
    project = received.copy(tmp_path_factory.mktemp("restored") / "project")
    project.make(ARRAY)
    done = project.paste(f"{COBRA} verify --restore-times .")
    assert "2 files were given their recorded times back" in done.stdout, done.stderr
    assert "15 cells of tables" in done.stdout, done.stderr
    return project


@pytest.fixture(scope="module")
def placed(restored, finished, tmp_path_factory):
    """The same with the author's checkpoints copied in."""
    project = restored.copy(tmp_path_factory.mktemp("placed") / "project")
    for path in finished.folder.rglob("detector.pt"):
        shutil.copyfile(path, project / path.relative_to(finished.folder).as_posix())
    assert restore_times(project.folder, read_manifest(project.folder)) == 4
    return project


CLASS = {"datasets.digits.classes": ["0", "1", "2"]}
ATTACK = {"attacks.pgd.steps": 4}
TABLE = {"bootstrap.resamples": 200}
EPOCHS = {"detector.schedule.epochs": 3}

# Where, what is changed in the configuration, and the jobs that it brings.
CASES = {
    "unpacked: nothing to do": ("received", {}, {}),
    "unpacked: a class brings the data, and all that is made from them": (
        "received",
        CLASS,
        {"prepare_dataset": 1, "train_detector": 6, "attack_detector": 9, **TABLES},
    ),
    "unpacked: changed training is noticed though checkpoints are absent": (
        "received",
        EPOCHS,
        {"prepare_dataset": 1, **JUDGED},
    ),
    "array restored: a class brings its own jobs": (
        "restored",
        CLASS,
        {"train_detector": 2, "attack_detector": 3, **TABLES},
    ),
    "array restored: an attack brings the checkpoints that are absent": ("restored", ATTACK, JUDGED),
    "checkpoints placed: an attack brings itself": ("placed", ATTACK, {"attack_detector": 6, **TABLES}),
}
REFUSALS = {
    "unfinished": (
        f"The results of {CONFIG} are unfinished or out of date (1 make_audit, 2 make_table, 2 trace_table)"
    ),
    "nothing": f"There are no results of {CONFIG}",
}


@pytest.fixture(scope="module")
def found(received, restored, placed, finished, tmp_path_factory):
    """The plan of each case, and what packing says of it, two at a time: Snakemake takes seconds to start."""
    places = {"received": received, "restored": restored, "placed": placed}
    folder = tmp_path_factory.mktemp("cases")

    def planned(name):
        place, changes, _ = CASES[name]
        project = places[place].copy(folder / name)
        project.configure(changes)
        return project.plan()

    def refused(name):
        project = checkout(folder / name) if name == "nothing" else received.copy(folder / name)
        project.configure(TABLE)
        return project.paste(PACK)

    with ThreadPoolExecutor(2) as pool:
        plans, refusals = pool.map(planned, CASES), pool.map(refused, REFUSALS)
        return dict(zip([*CASES, *REFUSALS], [*plans, *refusals], strict=True))


@pytest.mark.parametrize("name", CASES)
def test_where_a_bundle_was_unpacked_exactly_what_a_change_concerns_runs(found, name):
    assert found[name] == CASES[name][2]


@pytest.mark.parametrize("name", REFUSALS)
def test_results_that_are_not_finished_are_not_packed(found, name):
    assert found[name].returncode == 1
    assert (
        found[name].stderr.strip() == f"error: {REFUSALS[name]}: run `snakemake --configfile {CONFIG}` first."
    )


def test_tar_unpacks_the_same(received, bundle, tmp_path):
    shutil.unpack_archive(bundle, tmp_path, filter="data")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 60
    for path in files:
        there = received / path.relative_to(tmp_path).as_posix()
        assert there.read_bytes() == path.read_bytes()
        assert path.name == "bundle.json" or there.stat().st_mtime == path.stat().st_mtime
