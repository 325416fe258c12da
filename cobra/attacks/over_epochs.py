"""A detector followed through its training: its test scores, clean and attacked, at each epoch kept."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from torch import Tensor

from cobra.artifacts.checkpoints import Scratch
from cobra.attacks.evaluation import Evaluated, attack_test_images, one_by_one, total_budget
from cobra.attacks.history_file import columns_of
from cobra.attacks.inputs import EvaluationInputs, of_another_epoch
from cobra.attacks.settings import AttackSettings, EvaluationSettings
from cobra.data.one_class import Images, TestImages
from cobra.detectors.detector import Detector
from cobra.detectors.scoring import Score
from cobra.errors import UserError
from cobra.training.snapshots import Snapshots

Opened = Callable[[int], tuple[Score, Score | None]]


def open_snapshots(path: Path, opened: EvaluationInputs) -> Snapshots:
    """The snapshots of the detector under evaluation; raises UserError if `path` is of another training."""
    trained = opened.identity
    subject = {name: trained.subject[name] for name in ("dataset", "normal", "method", "seed")}
    snapshots = Snapshots.load(path, subject, {"data": trained.inputs["data"]})
    if snapshots.identity.settings != trained.settings["detector"]:
        raise UserError(f"{path} is of another training than the detector: give the file made beside it.")
    return snapshots


def opened_by_epoch(snapshots: Snapshots, images: Images, settings: EvaluationSettings) -> Opened:
    """Score and guide of an epoch; the memory bank is that of the normal training `images` as the network of
    that epoch embeds them.
    """

    def opened(epoch: int) -> tuple[Score, Score | None]:
        network = snapshots.network(epoch, images.pixels.device)
        return of_another_epoch(Detector.build(network, images, snapshots.identity), settings)

    return opened


def follow_test_images(
    epochs: list[int],
    opened: Opened,
    test: TestImages,
    settings: AttackSettings,
    *,
    seed: int,
    block_size: int,
    scratch: Scratch,
) -> Evaluated:
    """The columns `clean_e<epoch>` and `attacked_e<epoch>` of each epoch: the attack made anew on the
    detector as it was then.
    """

    def attacked(epoch: int, part: Scratch) -> Evaluated:
        score, guide = opened(epoch)
        return attack_test_images(
            score, test, settings, seed=seed, block_size=block_size, scratch=part, guide=guide
        )

    found = one_by_one({f"e{epoch}": partial(attacked, epoch) for epoch in epochs}, scratch)
    columns: dict[str, Tensor] = {}
    for epoch, its in zip(epochs, found.values(), strict=True):
        clean, worst = columns_of(epoch)
        columns |= {clean: its.columns["clean"], worst: its.columns["attacked"]}
    return Evaluated(columns, total_budget(found))
