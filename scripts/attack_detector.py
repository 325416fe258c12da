"""Attack a detector's score on the test images; continues where a killed run stopped."""

from cobra.artifacts.checkpoints import Scratch
from cobra.artifacts.files import write_run_record, write_table
from cobra.attacks.evaluation import attack_test_images
from cobra.attacks.inputs import add_options, open_inputs
from cobra.attacks.settings import EvaluationSettings
from cobra.detectors.scoring import score_table
from cobra.errors import UserError
from cobra.machine import script
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    add_options(parser)
    script.add_subject(parser, "attack")
    args = parser.parse_args()
    settings = validate_json(EvaluationSettings, args.settings, "--settings")
    if settings.attack is None:
        raise UserError("--settings has no attack: give one.")
    kind = "radii" if settings.attack.kind == "fab" else "scores"
    opened = open_inputs(args, settings, args.attack, __file__, kind=kind)
    with Scratch.hold(args.scratch, opened.identity, args.output) as scratch:
        found = attack_test_images(
            opened.score,
            opened.test,
            settings.attack,
            seed=args.seed,
            block_size=opened.block_size,
            scratch=scratch,
            guide=opened.guide,
        )
        write_table(args.output, score_table(opened.test, found.columns), opened.identity)
        write_run_record(args.output, opened.identity, scratch.run_details() | found.budget.record())
        scratch.remove()


if __name__ == "__main__":
    script.run(main)
