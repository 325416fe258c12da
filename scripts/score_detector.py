"""Score the unperturbed test images with a detector."""

from cobra import command, trial
from cobra.artifacts import write_table
from cobra.scoring import clean_scores, score_table
from cobra.settings.attack import EvaluationSettings
from cobra.settings.errors import validate_json


def main() -> None:
    parser = command.parser(__doc__)
    trial.add_options(parser)
    args = parser.parse_args()
    settings = validate_json(EvaluationSettings, args.settings, "--settings")
    opened = trial.open_trial(args, settings, "clean", __file__)
    clean = clean_scores(opened.score, opened.test, opened.block_size)
    write_table(args.output, score_table(opened.test, {"clean": clean}), opened.identity)


if __name__ == "__main__":
    command.run(main)
