"""What a user's detector rests on: its module, what it imports from beside it, and the files it reads."""

from functools import partial

import pytest
import torch
from samples import FEW_IMAGES as IMAGES
from samples import SCORE, own, wrote

from cobra.artifacts.files import write_json
from cobra.detectors.settings import OwnDetectorSettings
from cobra.detectors.user_code import source_digests, source_files
from cobra.detectors.user_code_isolation import undeclared
from cobra.detectors.user_detector import OwnDetector
from cobra.errors import UserError

MEAN = "images.mean(dim=(1, 2, 3))"


def digests(name="guest:score", **more):
    return source_digests(OwnDetectorSettings(score=name, **more))


def test_modules_beside_it_that_it_imports_are_in_its_identity(guest_folder):
    (guest_folder / "pack").mkdir()
    files = {
        "guest.py": "import torch, helper\nfrom pack import layers\ndef score(x):\n    from late import f\n",
        "helper.py": "import deeper\n",
        "deeper.py": "",
        "late.py": "",
        "unused.py": "",
        "pack/__init__.py": "",
        "pack/layers.py": "from . import sizes\nfrom .. import guest\n",
        "pack/sizes.py": "",
    }
    for name, text in files.items():
        (guest_folder / name).write_text(text)
    helpers = {"helper.py", "deeper.py", "late.py", "pack/__init__.py", "pack/layers.py", "pack/sizes.py"}
    before = digests()
    assert set(before) == {"file guest:score", *(f"module {name}" for name in helpers)}
    (guest_folder / "unused.py").write_text("1")
    assert digests() == before
    for name in helpers:
        (guest_folder / name).write_text(files[name] + "# changed")
        assert digests() != before
        (guest_folder / name).write_text(files[name])


def test_modules_that_were_imported_by_a_name_are_too_and_installed_ones_are_not(guest_folder):
    (guest_folder / "hidden.py").write_text("value = 1")
    (guest_folder / ".venv/site-packages").mkdir(parents=True)
    (guest_folder / ".venv/site-packages/installed.py").write_text("")
    chosen = "import importlib, sys\nsys.path.append('.venv/site-packages')\n"
    chosen += "for name in ('hidden', 'installed'):\n    importlib.import_module(name)\n"
    wrote(guest_folder, chosen + SCORE)
    assert set(digests()) == {"file guest:score", "module hidden.py"}


def test_a_detector_of_one_file_has_the_identity_it_had(guest_folder):
    wrote(guest_folder, SCORE)
    assert set(digests()) == {"file guest:score"}


def test_a_module_with_a_slip_of_syntax_has_a_digest_and_is_refused(guest_folder):
    (guest_folder / "guest.py").write_text("def score(images:\n")
    assert set(digests()) == {"file guest:score"}
    with pytest.raises(UserError, match=r"cannot be imported \(SyntaxError"):
        own("guest:score")


def test_a_folder_of_weights_may_be_declared(guest_folder):
    (guest_folder / "guest.py").write_text(SCORE)
    (guest_folder / "weights/deep").mkdir(parents=True)
    (guest_folder / "weights/deep/a.bin").write_bytes(b"1")
    before = digests(files=["weights"])
    (guest_folder / "weights/deep/a.bin").write_bytes(b"2")
    assert digests(files=["weights"]) != before


def test_weights_that_are_read_and_not_declared_are_noticed(guest_folder):
    torch.save(torch.ones(1), guest_folder / "weights.pt")
    (guest_folder / "later.txt").write_text("2")
    reads = "import torch\nfrom pathlib import Path\nW = torch.load('weights.pt')\ndef score(images):\n"
    reads += f"    return {MEAN} * W * float(Path('later.txt').read_text())\n"
    wrote(guest_folder, reads)(IMAGES)
    (guest_folder / "ours.txt").write_text("")
    (guest_folder / "ours.txt").read_text()
    assert undeclared(OwnDetectorSettings(score="guest:score")) == ["later.txt", "weights.pt"]
    assert undeclared(OwnDetectorSettings(score="guest:score", files=["weights.pt"])) == ["later.txt"]
    assert undeclared(OwnDetectorSettings(score="guest:score", files=["."])) == []


def test_a_descriptor_is_not_used_for_files_that_changed_since(guest_folder, identity):
    (guest_folder / "helper.py").write_text("")
    (guest_folder / "guest.py").write_text("import helper\n" + SCORE)
    settings = OwnDetectorSettings(score="guest:score")
    made = identity.with_settings(own=settings.model_dump(mode="json"))
    made = made.model_copy(update={"inputs": {"data": "d1"} | digests()})
    write_json(guest_folder / "detector.json", {}, made)
    load = partial(OwnDetector.load, guest_folder / "detector.json", lambda: IMAGES, torch.device("cpu"))
    assert load().identity == made
    (guest_folder / "helper.py").write_text("1")
    with pytest.raises(
        UserError, match=r"The module helper\.py changed since .*detector\.json was made: run"
    ):
        load()


def test_a_detector_rests_on_its_module_and_its_declared_files(guest_folder):
    (guest_folder / "guest.py").write_text(SCORE)
    (guest_folder / "weights.pt").write_bytes(b"1")
    settings = OwnDetectorSettings(score="guest:score", files=["weights.pt"])
    files = [guest_folder / "guest.py", guest_folder / "weights.pt"]
    assert [path.resolve() for path in source_files(settings)] == files
    before = source_digests(settings)
    assert source_digests(settings) == before
    (guest_folder / "weights.pt").write_bytes(b"2")
    weights = source_digests(settings)
    (guest_folder / "guest.py").write_text(SCORE + "# changed")
    module = source_digests(settings)
    assert len({str(found) for found in (before, weights, module)}) == 3


def test_a_module_is_found_without_running_it(guest_folder):
    (guest_folder / "broken.py").write_text("1 / 0")
    assert source_files(OwnDetectorSettings(fit="broken:fit"))[0].name == "broken.py"
    (guest_folder / "pack").mkdir()
    (guest_folder / "pack" / "__init__.py").touch()
    (guest_folder / "pack" / "part.py").touch()
    found = source_files(OwnDetectorSettings(fit="pack.part:fit"))
    assert [path.resolve() for path in found] == [guest_folder / "pack" / "part.py"]


def test_files_of_one_name_in_two_folders_are_told_apart(guest_folder):
    (guest_folder / "guest.py").write_text(SCORE)
    for name in ("a", "b"):
        (guest_folder / name).mkdir()
        (guest_folder / name / "weights.pt").write_bytes(b"1")
    before = digests(files=["a/weights.pt", "b/weights.pt"])
    (guest_folder / "a" / "weights.pt").write_bytes(b"2")
    assert digests(files=["a/weights.pt", "b/weights.pt"]) != before


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"score": "guest:f", "files": ["gone.pt"]},
            "files names gone.pt, which does not exist: correct the",
        ),
        ({"score": "nowhere:f"}, "The module of nowhere:f is not found: correct the name, or run from the f"),
        ({"fit": "nowhere.part:f"}, r"The module of nowhere\.part:f is not found"),
    ],
)
def test_a_file_that_is_missing_is_refused(guest_folder, settings, sentence):
    (guest_folder / "guest.py").write_text(SCORE)
    with pytest.raises(UserError, match=sentence):
        source_digests(OwnDetectorSettings(**settings))
