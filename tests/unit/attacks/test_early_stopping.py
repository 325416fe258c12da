"""Images that are spared further restarts: when, what stands for these, and what it leaves as it was."""

import pytest
import torch
from samples import linear_score, unit_images, wavy

from cobra.attacks.attack import agreed, attack, empty_trace
from cobra.attacks.restart import recorded_steps
from cobra.attacks.settings import AttackSettings, StopSettings
from cobra.attacks.strategies import STRATEGIES, traits
from cobra.attacks.strategies.a3 import idle
from cobra.errors import UserError
from cobra.gates.evidence import AttackScores
from cobra.settings.validation import validate

KINDS = pytest.mark.parametrize("kind", [kind for kind in STRATEGIES.names() if "stop" in traits(kind)])
COUNT = 12
IMAGES = unit_images(COUNT, side=6)
IDS = torch.arange(COUNT) * 5 + 2
IS_ANOMALY = torch.arange(COUNT) % 3 == 1
DIRECTION = torch.where(IS_ANOMALY, -1.0, 1.0)
FULL = AttackSettings(eps=0.3, steps=6, restarts=6)
STOP = StopSettings(after=2, within=0.1)


def settings(kind="pgd", **changes):
    # through the checks that a configuration passes
    return AttackSettings.model_validate(FULL.model_dump() | {"kind": kind, "stop": STOP} | changes)


def attacked(chosen, score=wavy, rows=slice(None), **keywords):
    return attack(score, IMAGES[rows], IS_ANOMALY[rows], chosen, image_ids=IDS[rows], seed=0, **keywords)


def counting(calls):
    def counted(images):
        calls.append((len(images), images.requires_grad))
        return wavy(images)

    return counted


def signed(result):
    return result.trace * DIRECTION[:, None, None]


def skipped(result, rule=STOP):
    """Bool [N, restarts], from what the restarts before each found."""
    best, clean = signed(result)[:, :, -1], DIRECTION * result.clean
    return torch.stack([agreed(best[:, :restart], clean, rule) for restart in range(best.shape[1])], dim=1)


@pytest.mark.parametrize(
    ("scores", "stops"),
    [
        ([2.0, 1.0, 2.0], True),
        ([2.0, 1.9, 1.0], True),  # the gain is 2 - 1: a tenth off is near enough
        ([2.0, 1.89, 1.0], False),
        ([1.5, 1.5, 2.0], False),  # restarts that agree on less than the worst
        ([1.0, 1.0, 1.0], False),  # they found nothing, which is no agreement
        ([2.0], False),
    ],
)
def test_an_image_stops_when_restarts_agree_on_its_worst_score(scores, stops):
    rule = StopSettings(after=2, within=0.100001)
    for shift, scale in ((0.0, 1.0), (100.0, 1.0), (-7.0, 1000.0)):  # a score has no unit and no zero
        earlier = torch.tensor([scores]) * scale + shift
        assert agreed(earlier, torch.tensor([scale + shift]), rule).tolist() == [stops]


def test_no_image_stops_before_any_restart_was_made():
    assert not agreed(torch.empty(3, 0), torch.zeros(3), STOP).any()
    assert not idle(torch.zeros(3, 2), torch.zeros(3), after=2, gain=0.5).any()
    assert idle(torch.zeros(3, 3), torch.zeros(3), after=2, gain=0.5).all()


def test_a_skipped_restart_shows_the_worst_within_each_number_of_steps():
    result = attacked(settings())
    left_out = skipped(result)
    assert left_out.any()
    for image, restart in left_out.nonzero().tolist():
        earlier = signed(result)[image, :restart]
        assert torch.equal(signed(result)[image, restart], earlier.amax(dim=0))


@KINDS
def test_what_is_not_skipped_is_as_without_stopping(kind):
    chosen = settings(kind, stop={"after": 2, "within": 0.3})
    frugal = attacked(chosen)
    full = attacked(settings(kind, stop=None))
    left_out = skipped(frugal, chosen.stop)
    assert 0 < left_out.sum() < left_out.numel()
    assert torch.equal(frugal.trace[~left_out], full.trace[~left_out])
    assert (signed(frugal)[:, :, -1] <= signed(full)[:, :, -1].amax(dim=1, keepdim=True)).all()
    assert (DIRECTION * frugal.attacked <= DIRECTION * full.attacked).all()


@KINDS
def test_a_rule_that_nothing_meets_changes_no_bit(kind):
    strict, full = (
        attacked(settings(kind, stop={"after": 5, "within": 0})),
        attacked(settings(kind, stop=None)),
    )
    assert torch.equal(strict.trace, full.trace)
    assert torch.equal(strict.attacked, full.attacked)


def test_an_image_that_has_stopped_costs_nothing_more():
    calls = []
    left_out = skipped(attacked(settings(), counting(calls)))
    made = (~left_out).sum(dim=0).tolist()
    assert len(set(made)) > 2  # ever fewer
    asked = [count for count, gradient in calls if gradient]
    assert asked == [count for count in made if count > 0 for _ in range(FULL.steps)]
    assert sum(count for count, _ in calls) == COUNT + sum(made) * (FULL.steps + 1)


def test_an_attack_of_which_all_images_have_stopped_asks_nothing():
    score, _ = linear_score((3, 6, 6))
    calls = []

    def counted(images):
        calls.append(len(images))
        return score(images)

    chosen = settings(steps=6, step_ratios=[6], stop={"after": 2, "within": 1e-4})
    result = attacked(chosen, counted)  # each restart reaches the best corner
    assert sum(calls) == COUNT + 2 * COUNT * (FULL.steps + 1)
    torch.testing.assert_close(
        result.attacked, attacked(settings(step_ratios=[6], stop=None), score).attacked
    )


def test_once_stopped_an_image_stays_so():
    left_out = skipped(attacked(settings()))
    assert left_out.any()
    assert (left_out[:, 1:] >= left_out[:, :-1]).all()


def test_the_worst_within_so_many_steps_is_that_of_the_restarts_made():
    """What gates 1 and 3 and the figures of budgets read of a trace, skipped restarts included."""
    result = attacked(settings())
    made = signed(result).masked_fill(skipped(result)[:, :, None], -torch.inf)
    columns = {
        f"r{restart + 1}_s{steps}": result.trace[:, restart, number].numpy()
        for restart in range(FULL.restarts)
        for number, steps in enumerate(recorded_steps(FULL.steps))
    }
    part = AttackScores(settings(), result.attacked.numpy(), columns)
    for number, steps in enumerate(recorded_steps(FULL.steps)):
        found = torch.from_numpy(part.worst_within(steps, IS_ANOMALY.numpy()))
        assert torch.equal(found, DIRECTION * made[:, :, number].amax(dim=1))
    early, late = (part.worst_within(steps, IS_ANOMALY.numpy()) for steps in (1, FULL.steps))
    assert (early != late).all()  # skipped restarts do not show their end at their beginning


@pytest.mark.parametrize("done", range(1, 6))
@KINDS
def test_a_resumed_attack_stops_the_same_images(kind, done):
    whole = attacked(settings(kind))
    trace = empty_trace(COUNT, settings(kind))
    trace[:, :done] = whole.trace[:, :done]
    resumed = attacked(settings(kind), trace=trace)
    assert torch.equal(resumed.trace, whole.trace)
    assert torch.equal(resumed.attacked, whole.attacked)


@pytest.mark.parametrize("size", [1, 5])
@KINDS
def test_images_do_not_depend_on_what_is_attacked_beside_them(kind, size):
    whole = attacked(settings(kind))
    blocks = [attacked(settings(kind), rows=rows).trace for rows in torch.arange(COUNT).split(size)]
    torch.testing.assert_close(torch.cat(blocks), whole.trace, rtol=0, atol=1e-6)
    mixed = torch.randperm(COUNT, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        attacked(settings(kind), rows=mixed).trace, whole.trace[mixed], rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("target", ["normal", "anomalies"])
def test_images_that_are_no_target_stay_as_they_are(target):
    both, one = attacked(settings()), attacked(settings(target=target))
    other = IS_ANOMALY if target == "normal" else ~IS_ANOMALY
    assert torch.equal(one.trace[other], one.clean[other, None, None].expand_as(one.trace[other]))
    assert torch.equal(one.trace[~other], both.trace[~other])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": "a3"}, "the restarts of a3 depend on each other: remove stop"),
        ({"kind": "fab"}, "the restarts of fab depend on each other: remove stop"),
        ({"stop": {"after": 6}}, "stop.after=6 is no less than restarts=6, so that nothing is spared"),
        ({"step_ratios": [2.5, 5, 50]}, "stop.after=2 is less than the 3 step_ratios"),
        ({"kind": "momentum", "step_ratios": [2.5, 5, 50]}, "stop.after=2 is less than the 3 step_ratios"),
        ({"stop": {"after": 1}}, "stop.after: Input should be greater than or equal to 2"),
        ({"stop": {"within": 1}}, "stop.within: Input should be less than 1"),
    ],
    ids=str,
)
def test_a_rule_that_makes_no_sense_is_refused_in_a_sentence(changes, sentence):
    with pytest.raises(UserError, match=sentence):
        validate(AttackSettings, FULL.model_dump() | {"stop": STOP.model_dump()} | changes, "attacks.x")


def test_step_ratios_do_not_matter_where_they_are_not_used():
    assert settings("apgd", step_ratios=[2.5, 5, 50]).stop == STOP
