"""The paper's numbers; its means and headline gain recomputed from its cells; cells that are impossible."""

from pathlib import Path

import pandas as pd

from cobra.errors import UserError

AVERAGE = "average"  # the row of a table's means
REPORTED_COLUMNS = ["table", "row", "method", "clean_auroc", "robust_auroc"]
MEASURES = ("clean_auroc", "robust_auroc")
OURS = "COBRA"  # the paper's own method, as its tables call it
ROUNDING = 0.05  # cells and means are printed to 0.1


def read_reported(path: Path) -> pd.DataFrame:
    """The paper's numbers: table, row, method, clean_auroc, robust_auroc (percent)."""
    if not path.is_file():
        raise UserError(f"{path} does not exist: give the file of the paper's numbers.")
    frame = pd.read_csv(path)
    if list(frame.columns) != REPORTED_COLUMNS:
        raise UserError(f"{path} must have the columns {', '.join(REPORTED_COLUMNS)}.")
    return frame


def recomputed_means(reported: pd.DataFrame) -> pd.DataFrame:
    """A row per table, method and measure: the printed mean, the mean of the printed cells (percent), and
    whether rounding explains the difference: that of the mean and, at worst, that of every cell.
    """
    keys = ["table", "method"]
    is_mean = reported["row"] == AVERAGE
    printed = reported[is_mean].set_index(keys)[list(MEASURES)]
    recomputed = reported[~is_mean].groupby(keys)[list(MEASURES)].mean()
    both = pd.concat({"printed": printed, "recomputed": recomputed.loc[printed.index]}, axis=1)
    frame = both.stack(future_stack=True).rename_axis([*keys, "measure"]).reset_index()  # noqa: PD013
    difference = (frame["printed"] - frame["recomputed"]).abs()
    return frame.assign(explained=difference <= 2 * ROUNDING + 1e-9)


def headline_gains(reported: pd.DataFrame) -> pd.DataFrame:
    """A row per table with the paper's own method: by how much its robust mean exceeds that of the next best
    method (`over`, by the printed means), from the printed means and from the recomputed ones (points of
    AUROC), and whether rounding explains the difference.
    """
    means = recomputed_means(reported)
    robust = means[means["measure"] == "robust_auroc"]
    rows = []
    for table, group in robust.groupby("table", sort=False):
        is_ours = group["method"] == OURS
        if is_ours.any():
            gains = {name: _gain(group[name], is_ours) for name in ("printed", "recomputed")}
            over = group[~is_ours].sort_values("printed")["method"].iloc[-1]
            rows.append({"table": table, "over": over, **gains})
    frame = pd.DataFrame(rows, columns=["table", "over", "printed", "recomputed"])
    difference = (frame["printed"] - frame["recomputed"]).abs()
    return frame.assign(explained=difference <= 4 * ROUNDING + 1e-9)


def _gain(means: pd.Series, is_ours: pd.Series) -> float:
    return float(means[is_ours].iloc[0] - means[~is_ours].max())


def impossible_cells(reported: pd.DataFrame) -> pd.DataFrame:
    """The paper's cells whose robust figure exceeds the clean one."""
    return reported[reported["robust_auroc"] > reported["clean_auroc"]].reset_index(drop=True)
