"""Hours of a plan by rule, table and target: sums over jobs, shared ones counted once."""

from types import SimpleNamespace

from cobra.experiment.cost import Estimate
from workflow.commands import hours
from workflow.commands.cost import Forecast
from workflow.commands.hours import Planned


def planned(name, rule, seconds, after=(), gpus=0, priority=0.0):
    estimate = None if seconds is None else Estimate(seconds / 2, seconds, 2 * seconds)
    forecast = Forecast(estimate, "a test", on_device=bool(gpus))
    return Planned(name, rule, ("digits", "cobra"), priority, gpus, 1, forecast, frozenset(after))


# two trainings; a table of the first, one of both; a job that nobody knows
PLAN = [
    planned("a.pt", "train_detector", 100, gpus=1),
    planned("b.pt", "train_detector", 1000, gpus=1),
    planned("first.csv", "make_table", 1, [0]),
    planned("both.csv", "make_table", 2, [0, 1]),
    planned("audit.csv", "make_audit", None, [2, 3]),
]


def test_what_a_job_rests_on_is_found_through_others():
    assert hours.below(PLAN, [4]) == {0, 1, 2, 3, 4}
    assert hours.below(PLAN, [2]) == {0, 2}
    assert hours.below(PLAN, []) == set()


def test_a_total_is_the_sum_of_what_is_known():
    found = hours.total(PLAN)
    assert (found.low, found.typical, found.high) == (1103 / 2, 1103, 2206)


def test_tables_are_told_with_all_they_rest_on_and_what_they_add():
    names = {
        "paths": SimpleNamespace(table="{table}.csv"),
        "CONFIG": SimpleNamespace(tables={"first": 0, "both": 0, "made_already": 0}),
    }
    parts = hours.tables_of(names, PLAN)
    assert parts == {"first": {0, 2}, "both": {0, 1, 3}}
    lines = list(hours.by_part("table", parts, PLAN))
    assert lines[1:] == [
        "  1.7 min (50.5 s to 3.4 min) first",
        "  18.4 min (9.2 min to 36.7 min) both, 16.7 min (8.3 min to 33.4 min) more than the tables above",
        "  18.4 min (9.2 min to 36.8 min) in all",
    ]
    assert list(hours.by_part("table", {}, PLAN)) == []


def test_rules_are_told_with_what_is_on_a_device_and_what_nobody_knows():
    assert list(hours.by_rule(PLAN)) == [
        "         ? make_audit (a test)",
        "  3.0 s (1.5 s to 6.0 s) make_table (a test)",
        "  18.3 min (9.2 min to 36.7 min) train_detector (a test)",
        "  18.3 min (9.2 min to 36.7 min) of it on a device",
    ]


def test_no_range_is_told_where_there_is_none():
    assert hours.said(Estimate(60, 61, 62)) == "1.0 min"
