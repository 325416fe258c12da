"""Verifying: every kind of tampering is told in a sentence, also that of a forger who records its digest."""

import gzip
import shutil
import subprocess
import sys

import numpy as np
import pytest
from bundles import ONE, PGD, REPORTED, WORST, changed_record, reworded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cobra.artifacts.digests import digest
from cobra.artifacts.files import read_json, read_table, write_json, write_table
from cobra.errors import UserError
from cobra.sharing.archive import extract
from cobra.sharing.bundle import verify
from cobra.sharing.manifest import MANIFEST, read_manifest


def rewritten(root, path, change):
    """A score file with other columns, its identity kept."""
    table, identity = read_table(root / path)
    write_table(root / path, change(table), identity)


def recorded_anew(root):
    """The manifest of a forger: with the digests of what lies there now."""
    manifest = read_manifest(root)
    files = [_as_is(root, file) for file in manifest.files]
    return manifest.model_copy(update={"files": files})


def _as_is(root, file):
    content = (root / file.path).read_bytes()
    return file.model_copy(update={"sha256": digest(content), "size": len(content)})


def test_what_was_packed_is_found_whole_and_its_tables_to_follow(unpacked):
    findings = verify(unpacked, read_manifest(unpacked))
    assert findings.faults == []
    assert (findings.cells, findings.verdicts, findings.figures) == (3, 2, 1)
    assert findings.files == 30
    assert "30 files" in findings.words
    assert "3 cells" in findings.words


def test_verification_needs_no_torch(bundle, tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('torch was imported')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from cobra.cli import main; main()"
    command = [sys.executable, "-c", code, "verify", str(bundle)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "3 cells of tables, 2 verdicts and the numbers of 1 figures follow" in done.stdout


# What is changed in an unpacked bundle, and what must be told of it.
TAMPERING = {
    "a file less": (lambda root: (root / WORST).unlink(), f"{WORST} is missing"),
    "another byte": (
        lambda root: (root / REPORTED).write_bytes(b"table,row,method,clean_auroc,robust_aurox\n"),
        f"{REPORTED} is not the file recorded",
    ),
    "another detector": (
        lambda root: (root / ONE / "detector.pt").write_bytes(b"weights of another"),
        f"{ONE}/detector.pt is not the file that the results were made from",
    ),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_a_file_that_is_another_than_recorded_is_told(unpacked, name):
    change, told = TAMPERING[name]
    change(unpacked)
    assert any(told in fault for fault in verify(unpacked, read_manifest(unpacked)).faults)


def higher(table):
    """Attacked scores that look better than they are."""
    column = table.column_names.index("attacked")
    return table.set_column(column, "attacked", [table["clean"].to_numpy()])


def other_input(root, path, **inputs):
    table, identity = read_table(root / path)
    write_table(root / path, table, identity.model_copy(update={"inputs": identity.inputs | inputs}))


def other_settings(root, path):
    table, identity = read_table(root / path)
    write_table(root / path, table, identity.with_settings(detector={"own": "another"}))


def other_verdict(root):
    content, identity = read_json(root / ONE / "gates/similarity.json")
    content["verdicts"][0]["verdict"] = "fail"
    write_json(root / ONE / "gates/similarity.json", content, identity)


def other_data(root):
    path = root / "out/prepared/images.parquet"
    table, identity = read_table(path)
    write_table(path, table.slice(1), identity)


# The same by a forger who writes the new digests into the manifest.
FORGERY = {
    "figure in a csv": (
        lambda root: reworded(root / "out/tables/main.csv", "38.214", "48.214"),
        "out/tables/main.csv does not follow from the files behind it: line 4: robust_auroc is 48.214 where "
        "38.214 follows.",
    ),
    "interval in a csv": (
        lambda root: reworded(root / "out/tables/main.csv", "24.679", "34.679"),
        "line 4: robust_low is 34.679",
    ),
    "line less in a csv": (
        lambda root: reworded(root / "out/tables/main.csv", "digits,0", "#"),
        "out/tables/main.csv does not follow",
    ),
    "figure in a page": (
        lambda root: reworded(root / "out/tables/main.md", "38.2", "48.2"),
        "out/tables/main.md does not say what the files behind it say",
    ),
    "word in a page": (
        lambda root: reworded(root / "out/tables/main.html", "COBRA", "BOA"),
        "out/tables/main.html does not say",
    ),
    "number behind a figure": (
        lambda root: reworded(root / "out/figures/budget.csv", "similarity,0,1,2,", "similarity,0,1,2,1"),
        "out/figures/budget.csv does not follow",
    ),
    "verdict in a table": (
        lambda root: reworded(root / "out/tables/gates.csv", "pass", "fail"),
        "out/tables/gates.csv does not follow from the files behind it: line 2: verdict is fail",
    ),
    "figure in the audit's csv": (
        lambda root: reworded(root / "out/audit.csv", "pass", "fail"),
        "out/audit.csv does not follow from the files behind it: line 2: finding is fail",
    ),
    "word in the audit": (
        lambda root: reworded(root / "out/audit.html", "none", "some"),
        "out/audit.html does not say what the files behind it say",
    ),
    "verdict": (other_verdict, "line 3: verdict is pass where fail follows"),
    "scores": (lambda root: rewritten(root, WORST, higher), "robust_auroc is"),
    "scores, whose parts are known": (
        lambda root: rewritten(root, PGD, higher),
        f"{WORST} was made from another pgd (",
    ),
    "scores of another detector": (
        lambda root: other_input(root, PGD, detector="0" * 64),
        f"{PGD} was made from another detector (000000000000...) than the recorded one",
    ),
    "scores on other data": (
        lambda root: other_input(root, PGD, data="1" * 64),
        f"{PGD} was made from another data (111111111111...)",
    ),
    "verdicts on other scores": (
        lambda root: rewritten(root, WORST, lambda table: table.append_column("more", [np.zeros(24)])),
        f"{ONE}/gates/similarity.json was made from another claim",
    ),
    "scores that tell of other settings": (
        lambda root: other_settings(root, PGD),
        f"{PGD} tells of other settings than those of {ONE}/detector.pt",
    ),
    "run record": (
        lambda root: changed_record(root / ONE / "scores/similarity/pgd.run.json", identity={}),
        f"{ONE}/scores/similarity/pgd.run.json tells of another artifact",
    ),
    "misplaced scores": (
        lambda root: shutil.copy(root / WORST, root / PGD),
        "are both said to be scores/digits/1/cobra/0/similarity/worst",
    ),
    "prepared data": (other_data, "images.parquet has another content than its identity says"),
    "half a file": (
        lambda root: (root / PGD).write_bytes((root / PGD).read_bytes()[:99]),
        f"{PGD} is damaged",
    ),
}


@pytest.mark.parametrize("name", FORGERY)
def test_a_change_is_told_though_its_digest_was_recorded(unpacked, name):
    change, told = FORGERY[name]
    change(unpacked)
    faults = verify(unpacked, recorded_anew(unpacked)).faults
    assert any(told in fault for fault in faults), faults
    assert all(str(unpacked) not in fault for fault in faults)


def test_a_last_digit_that_another_processor_rounds_otherwise_is_no_fault(unpacked):
    reworded(unpacked / "out/tables/main.csv", "24.679", "24.680")
    reworded(unpacked / "out/tables/main.md", "24.7", "24.6")
    assert verify(unpacked, recorded_anew(unpacked)).faults == []


def test_a_folder_that_is_no_bundle_is_told(tmp_path):
    with pytest.raises(UserError, match=f"has no {MANIFEST}: name a bundle"):
        read_manifest(tmp_path)


def test_where_the_same_was_made_again_its_times_are_no_fault(unpacked):
    reworded(unpacked / ONE / "training.csv", "0.5", "0.6")
    manifest = read_manifest(unpacked)
    assert verify(unpacked, manifest, lasting=True).faults == []
    assert verify(unpacked, manifest).faults == [
        f"{ONE}/training.csv is not the file recorded (its SHA-256 differs): get the bundle anew."
    ]


@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_byte_is_told_or_changes_nothing(bundle, made, tmp_path, place, flip):
    content = bytearray(gzip.decompress(bundle.read_bytes()))
    content[int(place * len(content))] ^= flip
    damaged, folder = tmp_path / "damaged.tar.gz", tmp_path / "extracted"
    damaged.write_bytes(gzip.compress(bytes(content), 1))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        manifest = extract(damaged, folder)
    except UserError:
        return
    if not verify(folder, manifest).faults:
        assert all((folder / path).read_bytes() == (made[0] / path).read_bytes() for path in made[1].files)
