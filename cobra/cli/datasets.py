"""`cobra datasets`: what is known of the data sets, and what of them is here."""

import argparse
from pathlib import Path

from tabulate import tabulate

from cobra.data.catalog import DATASETS, DatasetEntry
from cobra.data.counts import COLUMNS
from cobra.data.sources import availability, how_to_get
from cobra.errors import UserError
from cobra.machine import options


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its options."""
    datasets = commands.add_parser(
        "datasets", help="the data sets, what of them is here, how to get the rest"
    )
    datasets.add_argument("name", nargs="?", help="tell all about this one")
    datasets.add_argument(
        "--resources", type=options.folder, default=Path("resources"), help="folder of raw data"
    )
    datasets.set_defaults(run=_show_datasets)


def _show_datasets(args: argparse.Namespace) -> None:
    if args.name is None:
        print(overview(args.resources))
    elif args.name in DATASETS:
        print(details(args.name, usual(args.name), args.resources))
    else:
        raise UserError(f"{args.name!r} is no data set of the catalog: choose among {', '.join(DATASETS)}.")


def usual(name: str) -> DatasetEntry:
    """The catalog's entry, tested on its usual part."""
    entry = DATASETS[name]
    return entry.tested_on(entry.test_part)


def overview(resources: Path) -> str:
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
        for name, entry in zip(DATASETS, map(usual, DATASETS), strict=True)
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
