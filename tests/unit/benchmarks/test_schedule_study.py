"""Snakemake's greedy schedule, simulated: small plans by hand, and what must hold for any plan."""

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.studies import schedule
from benchmarks.studies.schedule import Slot, busy_share, row, simulated
from cobra.experiment.cost import Estimate
from workflow.commands.cost import START_UP, Forecast
from workflow.commands.hours import Planned


def planned(seconds, after=(), gpus=1, priority=0.0, cores=1, name=""):
    estimate = None if seconds is None else Estimate(seconds / 2, seconds, 9 * seconds)
    forecast = Forecast(estimate, "a test", on_device=bool(gpus))
    return Planned(name, "train_detector", ("", ""), priority, gpus, cores, forecast, frozenset(after))


# Data, of which two trainings are made, an attack on each, a table of both; the second is wanted first.
PLAN = [
    planned(1, gpus=0, name="data"),
    planned(10, [0], name="first"),
    planned(20, [0], priority=2, name="second"),
    planned(4, [1], name="attack on first"),
    planned(5, [2], priority=2, name="attack on second"),
    planned(2, [3, 4], gpus=0, name="table"),
]


def starts(slots):
    return {PLAN[slot.place].name: (slot.start, slot.end, slot.gpu) for slot in slots}


def test_on_one_gpu_jobs_run_one_after_another_by_priority():
    assert starts(simulated(PLAN, gpus=1, cores=4)) == {
        "data": (0, 1, None),
        "second": (1, 21, 0),
        "attack on second": (21, 26, 0),
        "first": (26, 36, 0),
        "attack on first": (36, 40, 0),
        "table": (40, 42, None),
    }


def test_on_two_gpus_each_job_takes_the_free_one():
    assert starts(simulated(PLAN, gpus=2, cores=4)) == {
        "data": (0, 1, None),
        "second": (1, 21, 0),
        "first": (1, 11, 1),
        "attack on first": (11, 15, 1),
        "attack on second": (21, 26, 0),
        "table": (26, 28, None),
    }


def test_what_a_schedule_comes_to():
    its = row(PLAN, simulated(PLAN, gpus=2, cores=4), 2, {"all": {0, 1, 2, 3, 4, 5}, "one": {0, 2, 4}})
    assert its["seconds"] == 28
    assert its["busy"] == (20 + 10 + 4 + 5) / (2 * 26)
    assert list(its["tables"].items()) == [("one", 26), ("all", 28)]
    assert its["longest_job"] == 20
    assert schedule.cells(its)["tables complete after"] == "one 26.0 s, all 28.0 s"


def test_cores_bound_jobs_and_one_that_wants_more_takes_all():
    plan = [planned(10, gpus=0, cores=8), planned(3, gpus=0), planned(4, gpus=0, cores=2)]
    slots = {slot.place: (slot.start, slot.end) for slot in simulated(plan, gpus=1, cores=3)}
    assert slots == {0: (0, 10), 1: (10, 13), 2: (10, 14)}


def test_a_job_of_unknown_time_counts_as_a_start_up():
    assert simulated([planned(None)], gpus=1, cores=1) == [Slot(0, 0, START_UP.typical, 0)]
    assert simulated([], gpus=1, cores=1) == []
    assert busy_share([], 1) == 0


@st.composite
def plans(draw):
    jobs = draw(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 1), st.integers(0, 3)), max_size=12))
    return [
        planned(
            seconds, draw(st.sets(st.integers(0, place - 1), max_size=3)) if place else (), gpus, priority
        )
        for place, (seconds, gpus, priority) in enumerate(jobs)
    ]


@given(plans(), st.integers(1, 3), st.integers(1, 4))
def test_every_job_runs_once_after_what_it_needs_and_no_gpu_has_two(plan, gpus, cores):
    slots = {slot.place: slot for slot in simulated(plan, gpus, cores)}
    assert sorted(slots) == list(range(len(plan)))
    for place, slot in slots.items():
        assert all(slots[other].end <= slot.start for other in plan[place].after)
        assert (slot.gpu is not None) == bool(plan[place].gpus)
        at_once = [other for other in slots.values() if other.start <= slot.start < other.end]
        assert len(at_once) <= cores
        on_gpus = [other.gpu for other in at_once if other.gpu is not None]
        assert len(on_gpus) == len(set(on_gpus)) <= gpus
    whole = sum(job.forecast.seconds.typical for job in plan)
    assert max((slot.end for slot in slots.values()), default=0) <= whole


def test_a_picture_is_drawn(tmp_path):
    path = tmp_path / "gantt.png"
    schedule.draw(PLAN, {2: simulated(PLAN, 2, 4)}, {"all": set(range(6))}, path)
    assert path.read_bytes().startswith(b"\x89PNG")
