"""A detector followed through its training: its test scores, clean and attacked, at each epoch kept."""

from functools import partial
from pathlib import Path

from cobra.artifacts.checkpoints import Scratch
from cobra.attacks.evaluation import Evaluated, attack_test_images, one_by_one
from cobra.attacks.history_file import columns_of
from cobra.attacks.inputs import EvaluationInputs, score_and_guide
from cobra.attacks.settings import EvaluationSettings
from cobra.data.one_class import Images, TestImages
from cobra.detectors.detector import Detector
from cobra.errors import UserError
from cobra.training.snapshots import Snapshots


def open_snapshots(path: Path, opened: EvaluationInputs) -> Snapshots:
    """The snapshots of the detector under evaluation; raises UserError if `path` is of another training."""
    trained = opened.identity
    subject = {name: trained.subject[name] for name in ("dataset", "normal", "method", "seed")}
    snapshots = Snapshots.load(path, subject, {"data": trained.inputs["data"]})
    if snapshots.identity.settings != trained.settings["detector"]:
        raise UserError(f"{path} is of another training than the detector: give the file made beside it.")
    return snapshots


def follow_test_images(
    snapshots: Snapshots,
    training: Images,
    test: TestImages,
    settings: EvaluationSettings,
    *,
    seed: int,
    block_size: int,
    scratch: Scratch,
) -> Evaluated:
    """The columns `clean_e<epoch>` and `attacked_e<epoch>` of each epoch: the attack made anew on the
    detector as it was then, its memory bank that of the normal `training` images.
    """
    attack = settings.attack
    if attack is None:
        raise ValueError("there is no attack to make at each epoch")

    def attacked(epoch: int, *, scratch: Scratch) -> Evaluated:
        network = snapshots.network(epoch, training.pixels.device)
        detector = Detector.build(network, training, snapshots.identity)
        detector.kind = settings.score
        score, guide = score_and_guide(detector, settings)
        return attack_test_images(
            score, test, attack, seed=seed, block_size=block_size, scratch=scratch, guide=guide
        )

    return one_by_one({columns_of(epoch): partial(attacked, epoch) for epoch in snapshots.networks}, scratch)
