"""Attack a detector as it was at several epochs of its training; continues where a killed run stopped."""

from pathlib import Path

from cobra import command, trial
from cobra.artifacts import write_run_record, write_table
from cobra.checkpoints import Scratch
from cobra.data.one_class import training_images
from cobra.data.store import read_prepared
from cobra.digests import file_digest
from cobra.errors import UserError
from cobra.following import follow_test_images, open_snapshots, opened_by_epoch
from cobra.history import losses_metadata
from cobra.scoring import score_table
from cobra.settings.attack import EvaluationSettings
from cobra.settings.errors import validate_json


def main() -> None:
    parser = command.parser(__doc__)
    trial.add_options(parser)
    command.add_subject(parser, "attack")
    parser.add_argument("--snapshots", type=Path, required=True, help="snapshots.pt of the detector")
    args = parser.parse_args()
    settings = validate_json(EvaluationSettings, args.settings, "--settings")
    attack = settings.attack
    if attack is None or attack.source is not None or attack.kind == "fab":
        raise UserError(
            "--settings has no attack that follows a score: give one, neither fab nor a transfer."
        )
    opened = trial.open_trial(args, settings, args.attack, __file__, kind="history")
    snapshots = open_snapshots(args.snapshots, opened)
    inputs = opened.identity.inputs | {"snapshots": file_digest(args.snapshots)}
    identity = opened.identity.model_copy(update={"inputs": inputs})
    images = training_images(read_prepared(args.data), args.normal, snapshots.settings.subset)
    with Scratch.hold(args.scratch, identity) as scratch:
        found = follow_test_images(
            list(snapshots.networks),
            opened_by_epoch(snapshots, images.to(opened.test.images.pixels.device), settings),
            opened.test,
            attack,
            seed=args.seed,
            block_size=opened.block_size,
            scratch=scratch,
        )
        table = score_table(opened.test, found.columns)
        write_table(args.output, table, identity, losses_metadata(snapshots.losses))
        write_run_record(args.output, identity, scratch.circumstances() | found.budget.record())
        scratch.remove()


if __name__ == "__main__":
    command.run(main)
