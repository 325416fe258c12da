"""Train a baseline on one normal class; where that takes long, continues where a killed run stopped."""

from cobra.artifacts.checkpoints import Scratch
from cobra.artifacts.files import write_run_record
from cobra.artifacts.identity import make_identity
from cobra.artifacts.paper_values import departures
from cobra.data.one_class import training_images
from cobra.data.prepared import read_prepared
from cobra.detectors.baseline_detector import BaselineDetector, Training
from cobra.detectors.baselines import BASELINES
from cobra.detectors.settings import BaselineSettings, kind_settings
from cobra.machine import options, script
from cobra.machine.device import describe_device, prepare_device
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    script.add_subject(parser, "dataset", "normal", "method", "seed")
    script.add_machine(parser)
    parser.add_argument("--data", type=options.path, required=True, help="prepared images.npy")
    parser.add_argument("--output", type=options.output, required=True, help="detector.pt")
    args = parser.parse_args()
    settings = validate_json(BaselineSettings, args.settings, "--settings")
    chosen = kind_settings(settings.baseline, "--settings: baseline")
    kind = settings.baseline["kind"]
    device = prepare_device(args.device, args.threads)
    prepared = read_prepared(args.data)
    prepared.identity.require(args.data, "prepared", {"dataset": args.dataset})
    differing = [*departures(settings, path=""), *departures(chosen, path=f"{kind}.")]
    identity = make_identity(
        "detector",
        {"dataset": args.dataset, "normal": args.normal, "method": args.method, "seed": args.seed},
        settings.model_dump(mode="json")
        | {"baseline": chosen.model_dump(mode="json"), "departures": differing},
        __file__,
        BASELINES.module(kind),
        inputs={"data": prepared.digest},
        device=describe_device(device),
    )
    images = training_images(prepared, args.normal, settings.subset).to(device)
    with Scratch.hold(args.scratch, identity, args.output) as scratch:
        detector = BaselineDetector.train(chosen, Training(images, args.seed, scratch), identity)
        detector.save(args.output)
        write_run_record(args.output, identity, scratch.run_details())
        scratch.remove()


if __name__ == "__main__":
    script.run(main)
