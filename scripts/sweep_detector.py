"""Attack a detector's score at several budgets; continues where a killed run stopped."""

from cobra.artifacts.checkpoints import Scratch
from cobra.artifacts.files import write_run_record, write_table
from cobra.attacks.evaluation import sweep_test_images
from cobra.attacks.inputs import add_options, open_inputs
from cobra.attacks.settings import SweepSettings
from cobra.detectors.scoring import score_table
from cobra.errors import UserError
from cobra.machine import script
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    add_options(parser)
    script.add_subject(parser, "sweep")
    args = parser.parse_args()
    settings = validate_json(SweepSettings, args.settings, "--settings")
    attack = settings.evaluation.attack
    if attack is None:
        raise UserError("--settings has no evaluation.attack: give one.")
    opened = open_inputs(args, settings.evaluation, args.sweep, __file__, kind="sweep")
    identity = opened.identity.with_settings(eps=settings.eps)
    with Scratch.hold(args.scratch, identity, args.output) as scratch:
        found = sweep_test_images(
            opened.score,
            opened.test,
            attack,
            settings.eps,
            seed=args.seed,
            block_size=opened.block_size,
            scratch=scratch,
            guide=opened.guide,
        )
        write_table(args.output, score_table(opened.test, found.columns), identity)
        write_run_record(args.output, identity, scratch.run_details() | found.budget.record())
        scratch.remove()


if __name__ == "__main__":
    script.run(main)
