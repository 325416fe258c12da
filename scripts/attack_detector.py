"""Attack a detector's score on the test images; continues where a killed run stopped."""

from cobra import command, trial
from cobra.artifacts import write_run_record, write_table
from cobra.checkpoints import Scratch
from cobra.errors import UserError
from cobra.evaluation import attack_test_images
from cobra.scoring import score_table
from cobra.settings.attack import EvaluationSettings
from cobra.settings.errors import validate_json


def main() -> None:
    parser = command.parser(__doc__)
    trial.add_options(parser)
    command.add_subject(parser, "attack")
    args = parser.parse_args()
    settings = validate_json(EvaluationSettings, args.settings, "--settings")
    if settings.attack is None:
        raise UserError("--settings has no attack: give one.")
    kind = "radii" if settings.attack.kind == "fab" else "scores"
    opened = trial.open_trial(args, settings, args.attack, __file__, kind=kind)
    with Scratch.hold(args.scratch, opened.identity) as scratch:
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
        write_run_record(args.output, opened.identity, scratch.circumstances() | found.budget.record())
        scratch.remove()


if __name__ == "__main__":
    command.run(main)
