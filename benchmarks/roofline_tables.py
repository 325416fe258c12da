"""The tables of roofline.py."""

from collections.abc import Mapping
from typing import Any

import harness
from breakdown import PARTS

GOAL = 0.45  # of the measured matrix ceiling, at the best batch, on a GPU

Row = dict[str, str]


def text_of(result: Mapping[str, Any]) -> str:
    """All four tables, the first with the machine."""
    options, best = result["options"], result["best"]
    subject = f"ResNet-18 of width {options['width']}, {options['side']}x{options['side']} pixels"
    return "\n".join(
        [
            harness.markdown("The machine's ceilings", result["machine"], ceiling_rows(result), []),
            harness.markdown(f"A step of PGD, {subject}", {}, attack_rows(result), attack_notes(result)),
            harness.markdown("Where the time of an attack goes", {}, part_rows(result), part_notes(result)),
            harness.markdown(
                f"Convolutions, {best['batch']} images", {}, shape_rows(result), shape_notes(result)
            ),
        ]
    )


def giga(value: float) -> str:
    """In units of 10^9."""
    return f"{value / 1e9:,.0f}" if value >= 1e10 else f"{value / 1e9:.1f}"


def percent(value: float) -> str:
    """A share for people."""
    return f"{100 * value:.1f} %"


def ceiling_rows(result: Mapping[str, Any]) -> list[Row]:
    """The most that was measured."""
    limits = result["ceilings"]
    rows = [
        {
            "format": name,
            "matrix product, GFLOP/s": giga(its["matrix"]),
            "convolution, GFLOP/s": giga(its["convolution"]),
        }
        for name, its in limits.items()
        if name != "copy"
    ]
    rows[0]["copy, GB/s"] = giga(limits["copy"]["bytes_per_second"])
    return rows


def attack_rows(result: Mapping[str, Any]) -> list[Row]:
    """Each batch and precision."""
    return [
        {
            "images": str(its["batch"]),
            "precision": named(its),
            "ms per step": f"{1000 * its['seconds_per_step']:.2f}",
            "image-steps/s": f"{its['image_steps_per_second']:,.0f}",
            "GFLOP/s": giga(its["flop_per_second"]),
            "of the matrix ceiling": percent(its["of_matrix"]),
            "of the convolution ceiling": percent(its["of_convolution"]),
        }
        for its in result["attacks"]
    ]


def named(attacked: Mapping[str, Any]) -> str:
    """The precision that was set and, where it is another one, the format that convolutions are taken in."""
    same = attacked["precision"] == attacked["format"]
    return attacked["precision"] if same else f"{attacked['precision']} ({attacked['format']})"


def attack_notes(result: Mapping[str, Any]) -> list[str]:
    """Which batch is best, against the goal."""
    options, best = result["options"], result["best"]
    return [
        f"cobra's own attack on {options['memory']:,} memory entries: the best of {options['rounds']} calls "
        f"of {options['steps']} steps; clean scores and looks at the score are in the time and the FLOP",
        "bf16: gradients alone; looks are in fp32, which is counted against the ceiling of bf16",
        f"best: {best['batch']} images, {named(best)}: {percent(best['of_matrix'])} of the matrix ceiling "
        f"(the goal on a GPU: {percent(GOAL)})",
    ]


def part_rows(result: Mapping[str, Any]) -> list[Row]:
    """A row per part, a column per attack."""
    return [
        {"part": part}
        | {
            f"{its['batch']}, {its['precision']}": percent(its["parts"][part] / sum(its["parts"].values()))
            for its in result["attacks"]
        }
        for part in PARTS
    ]


def part_notes(result: Mapping[str, Any]) -> list[str]:
    """What the profiler does to the time."""
    steps = result["options"]["steps"]
    slower = [sum(its["parts"].values()) / its["seconds_per_step"] / steps for its in result["attacks"]]
    return [
        "shares of one call under torch's profiler, which took "
        f"{min(slower):.2f} to {max(slower):.2f} times the time without it; casts to bf16 are in the "
        "convolutions"
    ]


def shape_rows(result: Mapping[str, Any]) -> list[Row]:
    """A row per shape and format; the share is of all convolutions, forwards and backwards."""
    totals: dict[str, float] = {}
    for its in result["shapes"]:
        totals[its["format"]] = totals.get(its["format"], 0.0) + whole(its)
    return [
        {
            "format": its["format"],
            "convolution": its["shape"],
            "times": str(its["count"]),
            "FLOP/byte": f"{its['flop_per_byte']:.0f}",
            "bound by": its["bound_by"],
            "forward, ms": f"{1000 * its['seconds']['forward']:.3f}",
            "GFLOP/s": giga(its["flop"] / its["seconds"]["forward"]),
            "gradient, ms": f"{1000 * its['seconds']['gradient']:.3f}",
            "GFLOP/s ": giga(its["flop"] / its["seconds"]["gradient"]),
            "share": percent(whole(its) / totals[its["format"]]),
        }
        for its in result["shapes"]
    ]


def whole(shape: Mapping[str, Any]) -> float:
    """Seconds of all convolutions of a shape in a step."""
    return float(shape["count"] * sum(shape["seconds"].values()))


def shape_notes(result: Mapping[str, Any]) -> list[str]:
    """Sums of a step, and what is called bound."""
    sums: dict[str, list[float]] = {}
    for its in result["shapes"]:
        kept = sums.setdefault(its["format"], [0.0, 0.0])
        for place, way in enumerate(("forward", "gradient")):
            kept[place] += its["count"] * its["seconds"][way]
    return [
        *(
            f"{name}: all convolutions of a step {1000 * forward:.1f} ms forward, "
            f"{1000 * gradient:.1f} ms for the input's gradients"
            for name, (forward, gradient) in sums.items()
        ),
        "bound by memory: fewer FLOP per byte than the better ceiling has per byte copied, each number moved "
        "once; a cache that holds them moves the bound",
    ]
