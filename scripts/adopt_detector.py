"""Take in a detector that is not ours: check that its function scores images, and write down what it is."""

from pathlib import Path

from cobra import command
from cobra.artifacts import write_json
from cobra.data.one_class import as_unit, training_images
from cobra.data.store import read_prepared
from cobra.gates.beforehand import warn_of
from cobra.own_detector import own_score, require_score
from cobra.provenance import make_identity
from cobra.reads import warn_of_undeclared
from cobra.runtime import describe_device, prepare_device
from cobra.settings.data import TrainingSubset
from cobra.settings.errors import validate_json
from cobra.settings.own import OwnDetectorSettings
from cobra.user_code import source_digests


def main() -> None:
    parser = command.parser(__doc__)
    command.add_subject(parser, "dataset", "normal", "method", "seed")
    command.add_machine(parser)
    parser.add_argument("--data", type=Path, required=True, help="prepared images.npy")
    parser.add_argument("--output", type=Path, required=True, help="detector.json")
    args = parser.parse_args()
    settings = validate_json(OwnDetectorSettings, args.settings, "--settings")
    device = prepare_device(args.device, args.threads)
    prepared = read_prepared(args.data)
    prepared.identity.require(args.data, "prepared", {"dataset": args.dataset})
    training = training_images(prepared, args.normal, TrainingSubset()).to(device).pixels
    score = own_score(settings, lambda: as_unit(training[:]), device)
    require_score(score, as_unit(training[:2]))
    warn_of(settings.score or settings.fit or "", score, as_unit(training[:2]))
    warn_of_undeclared(settings)
    identity = make_identity(
        "detector",
        {"dataset": args.dataset, "normal": args.normal, "method": args.method, "seed": args.seed},
        {"own": settings.model_dump(mode="json")},
        __file__,
        inputs={"data": prepared.digest} | source_digests(settings),
        device=describe_device(device),
    )
    write_json(args.output, {}, identity)


if __name__ == "__main__":
    command.run(main)
