"""`cobra datasets`: what is known of the data sets, and what of them is here."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from tabulate import tabulate

from cobra.data.catalog import DATASETS, DatasetEntry
from cobra.data.counts import COLUMNS
from cobra.data.sources import availability, how_to_get
from cobra.errors import UserError
from cobra.machine import options


def datasets_options(made: argparse.ArgumentParser) -> None:
    """Its options."""
    made.add_argument("name", nargs="?", help="tell all about this one")
    made.add_argument(
        "--resources", type=options.folder, default=Path("resources"), help="folder of raw data"
    )
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print what is known of all, or of one; each tested on its usual part."""
    catalog = {name: entry.tested_on(entry.test_part) for name, entry in DATASETS.items()}
    if args.name is None:
        print(overview(catalog, args.resources))
    elif args.name in catalog:
        print(details(args.name, catalog[args.name], args.resources))
    else:
        raise UserError(f"{args.name!r} is no data set of the catalog: choose among {', '.join(catalog)}.")


def overview(catalog: Mapping[str, DatasetEntry], resources: Path) -> str:
    """A line per data set."""
    rows = [
        {
            "data set": name,
            "classes": len(entry.classes),
            "pixels": entry.resolution,
            "eps": _ratio(entry.eps),
            "protocol": entry.protocol,
            "access": entry.access,
            "here": availability(name, entry, resources),
            "licence": entry.licence,
        }
        for name, entry in catalog.items()
    ]
    return tabulate(rows, headers="keys", maxcolwidths=[None] * 7 + [40])


def details(name: str, entry: DatasetEntry, resources: Path) -> str:
    """All about one data set."""
    facts = {
        "protocol": f"{entry.protocol}; {len(entry.normal or entry.classes)} classes normal in turn",
        "images": f"{entry.resolution}x{entry.resolution}, fit: {entry.fit}, flips allowed: {entry.flips}",
        "eps": _ratio(entry.eps),
        "split": entry.split,
        "licence": entry.licence,
        "citation": entry.citation,
        "homepage": entry.homepage,
        "here": availability(name, entry, resources),
        "to get it": how_to_get(name, entry, resources),
    }
    files = [
        {"file": file.name, "bytes": file.size, "checksum": file.checksum, "from": "\n".join(file.urls)}
        for file in entry.files
    ]
    counts = [[name, *(counts or ("unknown",))] for name, counts in entry.classes.items()]
    parts = [
        entry.title,
        tabulate(list(facts.items()), tablefmt="plain", maxcolwidths=[None, 90]),
        tabulate(counts, headers=["class", *COLUMNS]),
        tabulate(files, headers="keys") if files else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _ratio(eps: float) -> str:
    levels = eps * 255
    return f"{levels:.0f}/255" if abs(levels - round(levels)) < 1e-9 else f"{eps:g}"
