"""Train a detector of one normal class; continues where a killed run stopped."""

from cobra.artifacts.checkpoints import Scratch
from cobra.artifacts.files import write_bytes, write_run_record
from cobra.artifacts.identity import make_identity
from cobra.data.one_class import normal_test_images, training_images
from cobra.data.prepared import read_prepared
from cobra.detectors.detector import Detector
from cobra.machine import options, script
from cobra.machine.device import describe_device, insist_on_repeatable, prepare_device
from cobra.settings.validation import validate_json
from cobra.training.crafting.generated_pool import read_pool
from cobra.training.settings import DetectorSettings
from cobra.training.snapshots import Snapshots
from cobra.training.trainer import Trainer, log_csv


def main() -> None:
    parser = script.parser(__doc__)
    script.add_subject(parser, "dataset", "normal", "method", "seed")
    script.add_machine(parser)
    parser.add_argument("--data", type=options.path, required=True, help="prepared images.npy")
    parser.add_argument(
        "--output",
        type=options.output,
        required=True,
        help="detector.pt; training.csv and snapshots.pt go beside it",
    )
    args = parser.parse_args()
    settings = validate_json(DetectorSettings, args.settings, "--settings")
    device = prepare_device(args.device, args.threads)
    insist_on_repeatable(device, settings.model.residual is not None)
    prepared = read_prepared(args.data)
    prepared.identity.require(args.data, "prepared", {"dataset": args.dataset})
    pool = read_pool(settings.crafting.generated, prepared, args.normal, args.threads)
    identity = make_identity(
        "detector",
        {"dataset": args.dataset, "normal": args.normal, "method": args.method, "seed": args.seed},
        settings,
        __file__,
        *settings.modules,
        inputs={"data": prepared.digest} | ({"generated": pool.digest} if pool else {}),
        device=describe_device(device),
        libraries=settings.model.libraries,
    )
    images = training_images(prepared, args.normal, settings.subset).to(device)
    fresh = normal_test_images(prepared, args.normal).to(device)
    trainer = Trainer(images, settings, args.seed, pool.to(device) if pool else None, fresh)
    with Scratch.hold(args.scratch, identity, args.output) as scratch:
        trainer.run(scratch)
        detector = Detector.build(trainer.network, images, identity)
        write_bytes(args.output.with_name("training.csv"), log_csv(trainer.history))
        Snapshots.collect(scratch, trainer.losses, identity).save(args.output.with_name("snapshots.pt"))
        detector.save(args.output)
        write_run_record(args.output, identity, scratch.run_details())
        scratch.remove()


if __name__ == "__main__":
    script.run(main)
