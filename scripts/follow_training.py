"""Attack a detector as it was at several epochs of its training; continues where a killed run stopped."""

from cobra.artifacts.checkpoints import Scratch
from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import write_run_record, write_table
from cobra.attacks.history_file import losses_metadata
from cobra.attacks.inputs import add_options, open_inputs
from cobra.attacks.over_epochs import follow_test_images, open_snapshots
from cobra.attacks.settings import EvaluationSettings
from cobra.data.one_class import training_images
from cobra.data.prepared import read_prepared
from cobra.detectors.scoring import score_table
from cobra.errors import UserError
from cobra.machine import options, script
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    add_options(parser)
    script.add_subject(parser, "attack")
    parser.add_argument("--snapshots", type=options.path, required=True, help="snapshots.pt of the detector")
    args = parser.parse_args()
    settings = validate_json(EvaluationSettings, args.settings, "--settings")
    attack = settings.attack
    if attack is None or attack.source is not None or attack.kind == "fab":
        raise UserError(
            "--settings has no attack that follows a score: give one, neither fab nor a transfer."
        )
    opened = open_inputs(args, settings, args.attack, __file__, kind="history")
    snapshots = open_snapshots(args.snapshots, opened)
    inputs = opened.identity.inputs | {"snapshots": file_digest(args.snapshots)}
    identity = opened.identity.model_copy(update={"inputs": inputs})
    images = training_images(read_prepared(args.data), args.normal, snapshots.settings.subset)
    with Scratch.hold(args.scratch, identity, args.output) as scratch:
        found = follow_test_images(
            snapshots,
            images.to(opened.test.images.pixels.device),
            opened.test,
            settings,
            seed=args.seed,
            block_size=opened.block_size,
            scratch=scratch,
        )
        table = score_table(opened.test, found.columns)
        write_table(args.output, table, identity, losses_metadata(snapshots.losses))
        write_run_record(args.output, identity, scratch.run_details() | found.budget.record())
        scratch.remove()


if __name__ == "__main__":
    script.run(main)
