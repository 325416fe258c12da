"""The whole paper in device-days: what a configuration computes, over rates measured by other benchmarks.

    python benchmarks/extrapolate.py --attack-step attack-step.json --training-step training-step.json

Counted are gradients of images (image-steps): of each attack, test images x steps x restarts; of each
training, images x epochs x passes. Queries without a gradient count as the third of one that they take.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import harness
from amounts import Amount, amounts_of
from paper_jobs import asked_by, behind_tables
from rates import Rates, assumed, measured

from cobra import command
from cobra.errors import UserError
from cobra.settings.checks import known
from cobra.settings.config import Config
from cobra.settings.reading import read_config

DAY = 86400


def main() -> None:
    args = parsed()
    config = read_config(args.configfile)
    asked = behind_tables(config, known_tables(config, args.tables)) if args.tables else asked_by(config)
    amounts = list(amounts_of(config, asked))
    here = measured(args.attack_step, args.training_step, args.rate, args.training_rate)
    there = assumed(args.peak, args.share)
    result = {
        "configuration": args.configfile.name,
        "tables": args.tables,
        "measured": asdict(here) if here else None,
        "assumed": asdict(there),
        "datasets": rows_of(amounts, "dataset", here, there),
        "jobs": rows_of(amounts, "what", here, there),
    }
    harness.publish(args.output, result, text_of(result, here, there))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--configfile", type=Path, default=harness.ROOT / "config/paper.yaml")
    parser.add_argument("--tables", nargs="+", help="only what these show; left out: tables, gates, figures")
    parser.add_argument(
        "--attack-step", type=Path, nargs="*", default=[], help="JSON of attack_step.py or roofline.py"
    )
    parser.add_argument("--training-step", type=Path, nargs="*", default=[], help="JSON of training_step.py")
    parser.add_argument("--rate", type=rate, nargs="+", default=[], help="image-steps/s by side, as 32=95.5")
    parser.add_argument("--training-rate", type=rate, nargs="+", default=[], help="the same of training")
    parser.add_argument("--peak", type=float, default=790, help="TFLOP/s of the device assumed (H200, bf16)")
    parser.add_argument("--share", type=float, default=0.45, help="of its peak that is reached: assumed, too")
    parser.add_argument("--output", type=Path, help="JSON file to write; the table goes beside it as .md")
    return parser.parse_args()


def rate(word: str) -> tuple[int, float]:
    """SIDE=IMAGE-STEPS PER SECOND."""
    side, _, value = word.partition("=")
    if not side.isdigit() or not value.replace(".", "", 1).isdigit() or not float(value):
        raise argparse.ArgumentTypeError(f"{word!r} is no rate: write pixels a side = image-steps per second")
    return int(side), float(value)


def known_tables(config: Config, names: list[str]) -> list[str]:
    """The names of tables, all of them the configuration's; raises UserError for another."""
    try:
        for name in names:
            known("--tables", name, config.tables)
    except ValueError as error:
        raise UserError(f"{error}.") from None
    return names


def rows_of(
    amounts: Iterable[Amount], by: str, here: Rates | None, there: Rates
) -> dict[str, dict[str, float | None]]:
    """Sums by `by`, the most first; days on the device measured, if one was, and on the one assumed."""
    groups: dict[str, list[Amount]] = defaultdict(list)
    for amount in amounts:
        groups[getattr(amount, by)].append(amount)
    rows: dict[str, dict[str, float | None]] = {
        name: {
            "jobs": sum(its.jobs for its in group),
            "training_image_steps": sum(its.weights + its.adversary for its in group),
            "attack_image_steps": sum(its.attack for its in group),
            "days_measured": days(group, here) if here else None,
            "days_assumed": days(group, there),
        }
        for name, group in groups.items()
    }
    return dict(sorted(rows.items(), key=lambda item: -(item[1]["days_assumed"] or 0)))


def days(amounts: Iterable[Amount], rates: Rates) -> float:
    """Days that a device takes for so much."""
    seconds = (
        rates.training_seconds(its.weights, its.adversary, its.side)
        + rates.attack_seconds(its.attack, its.side)
        for its in amounts
    )
    return sum(seconds) / DAY


def text_of(result: dict[str, Any], here: Rates | None, there: Rates) -> str:
    """Two tables: by data set and by kind of job."""
    notes = [*(here.notes if here else ["nothing was measured: name files or rates"]), *there.notes]
    what = f"Tables {', '.join(result['tables'])}" if result["tables"] else "All"
    title = f"{what} of {result['configuration']}, by data set"
    return "\n".join(
        [
            harness.markdown(title, {}, table_rows(result["datasets"], "data set"), notes),
            harness.markdown("By kind of job", {}, table_rows(result["jobs"], "job"), []),
        ]
    )


def table_rows(rows: dict[str, dict[str, Any]], first: str) -> list[dict[str, str]]:
    """Rows for people, with their sum."""
    columns = next(iter(rows.values()))
    total = {
        name: None if columns[name] is None else sum(row[name] for row in rows.values()) for name in columns
    }
    return [
        {
            first: name,
            "jobs": f"{row['jobs']:,}",
            "training, million image-steps": f"{row['training_image_steps'] / 1e6:,.0f}",
            "attack, million image-steps": f"{row['attack_image_steps'] / 1e6:,.0f}",
            "share of the time": f"{100 * row['days_assumed'] / total['days_assumed']:.1f} %",
            "days, measured rate": "–" if row["days_measured"] is None else f"{row['days_measured']:,.1f}",
            "days, assumed rate": f"{row['days_assumed']:.2f}",
        }
        for name, row in [*rows.items(), ("all", total)]
    ]


if __name__ == "__main__":
    command.run(main)
