"""Take in a detector that is not ours: check that its function scores images, and write down what it is."""

from cobra.artifacts.files import write_json
from cobra.artifacts.identity import make_identity
from cobra.data.one_class import as_unit, training_images
from cobra.data.prepared import read_prepared
from cobra.data.settings import TrainingSubset
from cobra.detectors.settings import OwnDetectorSettings
from cobra.detectors.user_code import source_digests
from cobra.detectors.user_code_isolation import warn_of_undeclared
from cobra.detectors.user_detector import own_score, require_score
from cobra.gates.score_soundness import warn_of
from cobra.machine import options, script
from cobra.machine.device import describe_device, prepare_device
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    script.add_subject(parser, "dataset", "normal", "method", "seed")
    script.add_machine(parser)
    parser.add_argument("--data", type=options.path, required=True, help="prepared images.npy")
    parser.add_argument("--output", type=options.output, required=True, help="detector.json")
    args = parser.parse_args()
    settings = validate_json(OwnDetectorSettings, args.settings, "--settings")
    device = prepare_device(args.device, args.threads)
    prepared = read_prepared(args.data)
    prepared.identity.require(args.data, "prepared", {"dataset": args.dataset})
    training = training_images(prepared, args.normal, TrainingSubset()).to(device).pixels
    score = own_score(settings, lambda: as_unit(training[:]), device)
    require_score(score, as_unit(training[:2]))
    warn_of(settings.name, score, as_unit(training[:2]))
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
    script.run(main)
