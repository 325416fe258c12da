"""Measure the embeddings of a training at each epoch kept: their cosines, and where its attack moves them."""

import pyarrow as pa

from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import write_table
from cobra.artifacts.identity import make_identity
from cobra.data.one_class import training_images
from cobra.data.prepared import read_prepared
from cobra.errors import UserError
from cobra.machine import options, script
from cobra.machine.device import describe_device, prepare_device
from cobra.settings.validation import validate_json
from cobra.training.contrastive import LOSSES
from cobra.training.crafting.generated_pool import read_pool
from cobra.training.embedding_geometry import batches_as_trained, measure
from cobra.training.settings import GeometrySettings
from cobra.training.snapshots import Snapshots


def main() -> None:
    parser = script.parser(__doc__)
    script.add_subject(parser, "dataset", "normal", "method", "seed")
    script.add_machine(parser)
    parser.add_argument("--data", type=options.path, required=True, help="prepared images.npy")
    parser.add_argument("--snapshots", type=options.path, required=True, help="snapshots.pt of the detector")
    parser.add_argument("--output", type=options.output, required=True, help="file to write")
    args = parser.parse_args()
    settings = validate_json(GeometrySettings, args.settings, "--settings")
    device = prepare_device(args.device, args.threads)
    prepared = read_prepared(args.data)
    subject = {"dataset": args.dataset, "normal": args.normal, "method": args.method, "seed": args.seed}
    snapshots = Snapshots.load(args.snapshots, subject, {"data": prepared.digest})
    trained = snapshots.settings
    own = trained.objective.contrastive
    if own == "none":
        raise UserError(f"{args.snapshots} is of a training without a contrastive loss: give another one.")
    identity = make_identity(
        "geometry",
        subject,
        {
            "geometry": settings.model_dump(mode="json"),
            "detector": snapshots.identity.settings,
            "data": prepared.remarks,
        },
        __file__,
        *trained.modules,
        *LOSSES.modules(settings.losses),
        inputs={"data": prepared.digest, "snapshots": file_digest(args.snapshots)},
        device=describe_device(device),
        libraries=trained.model.libraries,
    )
    pool = read_pool(trained.crafting.generated, prepared, args.normal, args.threads)
    images = training_images(prepared, args.normal, trained.subset).to(device)
    batches = batches_as_trained(
        images, trained, args.seed, settings.batches, pool.to(device) if pool else None
    )
    views, losses = list(batches), list(dict.fromkeys([own, *settings.losses]))
    rows = [
        {"epoch": epoch, **row}
        for epoch in snapshots.networks
        for row in measure(snapshots.network(epoch, device), views, trained, losses)
    ]
    write_table(args.output, pa.Table.from_pylist(rows), identity)


if __name__ == "__main__":
    script.run(main)
