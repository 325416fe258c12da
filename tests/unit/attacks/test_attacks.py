import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from samples import linear_score, restart_of, unit_images, wavy

from cobra.attacks.attack import attack, empty_trace
from cobra.attacks.restart import recorded_steps
from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies import STRATEGIES, pgd, traits
from cobra.errors import UserError
from cobra.metrics import auroc

SETTINGS = AttackSettings(eps=0.1, steps=6, restarts=2)
KINDS = pytest.mark.parametrize("kind", STRATEGIES.names())
IDS = torch.tensor([11, 5, 7, 2, 3, 29])
IMAGES = unit_images(6, side=6)
IS_ANOMALY = torch.tensor([False, True, False, True, True, False])
DIRECTION = torch.where(IS_ANOMALY, -1.0, 1.0)


def attacked(score=wavy, rows=slice(None), settings=SETTINGS, images=IMAGES, **keywords):
    return attack(score, images[rows], IS_ANOMALY[rows], settings, image_ids=IDS[rows], seed=0, **keywords)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (1, [1]),
        (2, [1, 2]),
        (7, [1, 2, 3, 5, 7]),
        (10, [1, 2, 5, 9, 10]),
        (60, [1, 2, 5, 10, 20, 30, 50, 54, 60]),
        (100, [1, 2, 5, 10, 20, 50, 90, 100]),
    ],
)
def test_recorded_steps_have_half_and_nine_tenths(steps, expected):
    assert recorded_steps(steps) == expected


def test_restarts_take_the_step_ratios_in_turn():
    settings = AttackSettings(eps=0.1, steps=10, restarts=5, step_ratios=[2.5, 5])
    sizes = [restart_of(wavy, IMAGES, settings, number=number).step_size for number in range(5)]
    assert sizes == pytest.approx([0.025, 0.05, 0.025, 0.05, 0.025])
    one, two = (SETTINGS.model_copy(update={"step_ratios": ratios}) for ratios in ([2.5], [2.5, 3.0]))
    first, second = attacked(settings=one).trace, attacked(settings=two).trace
    assert torch.equal(first[:, 0], second[:, 0])
    assert not torch.equal(first[:, 1], second[:, 1])


@KINDS
@given(seed=st.integers(0, 2**32), eps=st.sampled_from([0.0, 4 / 255, 0.1]), anomaly=st.booleans())
def test_every_image_that_the_score_sees_is_in_the_ball(kind, seed, eps, anomaly):
    images, seen = unit_images(2, side=4, seed=seed), []

    def score(x):
        seen.append(x.detach().double())
        return wavy(x)

    settings = AttackSettings(kind=kind, eps=eps, steps=4, restarts=3)
    attack(score, images, torch.full((2,), anomaly), settings, image_ids=torch.arange(2), seed=seed)
    assert len(seen) == 1 + 3 * (4 + 1) + (kind == "a3")  # whose third restart begins with a step of its own
    assert (torch.stack(seen) - images.double()).abs().max() <= eps
    assert torch.stack(seen).min() >= 0
    assert torch.stack(seen).max() <= 1


@KINDS
@given(seed=st.integers(0, 2**32))
def test_no_image_ends_better_for_the_defender_and_auroc_does_not_rise(kind, seed):
    images = unit_images(8, side=4, seed=seed)
    is_anomaly = torch.arange(8) % 2 == 0
    settings = SETTINGS.model_copy(update={"kind": kind})
    result = attack(wavy, images, is_anomaly, settings, image_ids=torch.arange(8), seed=seed)
    assert (result.attacked[~is_anomaly] >= result.clean[~is_anomaly]).all()
    assert (result.attacked[is_anomaly] <= result.clean[is_anomaly]).all()
    truth = is_anomaly.numpy()
    assert auroc(result.attacked.numpy(), truth) <= auroc(result.clean.numpy(), truth)


def test_no_image_ends_better_under_a_score_in_double_precision():
    # the trace is float32: its rounding must not lift an image that no step could worsen
    result = attacked(lambda x: wavy(x.double()) * 0 + torch.arange(len(x)) / 10 + 0.1)
    assert (DIRECTION * result.attacked >= DIRECTION * result.clean).all()


def test_the_attack_finds_the_known_optimum_of_a_linear_score():
    score, weights = linear_score((3, 6, 6))
    result = attacked(score)
    raised = (IMAGES + 0.1 * weights.sign()).clamp(0, 1)
    lowered = (IMAGES - 0.1 * weights.sign()).clamp(0, 1)
    best = torch.where(IS_ANOMALY[:, None, None, None], lowered, raised)
    torch.testing.assert_close(result.attacked, score(best), rtol=1e-5, atol=1e-5)


@KINDS
def test_result_does_not_depend_on_the_order(kind):
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    settings = SETTINGS.model_copy(update={"kind": kind})
    mixed, whole = attacked(rows=order, settings=settings), attacked(settings=settings)
    torch.testing.assert_close(mixed.trace, whole.trace[order], rtol=0, atol=1e-6)


@KINDS
def test_seed_and_restart_give_other_starts(kind):
    settings = SETTINGS.model_copy(update={"kind": kind})
    result = attacked(settings=settings)
    other = attack(wavy, IMAGES, IS_ANOMALY, settings, image_ids=IDS, seed=1)
    assert (result.trace[:, 0] != result.trace[:, 1]).any()
    assert (result.trace != other.trace).any()


@pytest.mark.parametrize(("target", "other"), [("normal", IS_ANOMALY), ("anomalies", ~IS_ANOMALY)])
def test_only_the_targeted_group_is_attacked(target, other):
    both, one = attacked(), attacked(settings=SETTINGS.model_copy(update={"target": target}))
    assert torch.equal(one.attacked[other], one.clean[other])
    assert torch.equal(one.attacked[~other], both.attacked[~other])
    assert torch.equal(one.trace[~other], both.trace[~other])


def test_trace_worsens_with_steps_and_its_end_is_the_result():
    result = attacked()
    signed = result.trace * DIRECTION[:, None, None]
    assert result.trace.shape == (6, 2, len(recorded_steps(6)))
    assert (signed.diff(dim=2) >= 0).all()
    assert torch.equal(signed.amax(dim=(1, 2)), DIRECTION * result.attacked)


def test_trace_is_the_worst_of_the_iterates_up_to_a_step():
    iterates = pgd.run(restart_of(wavy, IMAGES, SETTINGS, image_ids=IDS, direction=DIRECTION))
    assert iterates.shape == (6, 7)
    signed = np.maximum(iterates.numpy(), (DIRECTION * wavy(IMAGES)).numpy()[:, None])
    expected = [[max(row[: steps + 1]) for steps in recorded_steps(6)] for row in signed.tolist()]
    torch.testing.assert_close(attacked().trace[:, 0] * DIRECTION[:, None], torch.tensor(expected))


@KINDS
def test_a_resumed_attack_runs_only_what_is_missing(kind):
    settings = SETTINGS.model_copy(update={"kind": kind})
    whole = attacked(settings=settings)
    trace = empty_trace(6, settings)
    trace[:, 0] = whole.trace[:, 0]
    calls, restarts = [], []

    def counted(images):
        calls.append(len(images))
        return wavy(images)

    resumed = attacked(
        counted,
        trace=trace,
        settings=settings,
        on_restart=lambda: restarts.append(trace.isnan().any().item()),
    )
    assert torch.equal(resumed.trace, whole.trace)
    assert torch.equal(resumed.attacked, whole.attacked)
    assert len(calls) == 1 + SETTINGS.steps + 1  # the clean scores, and one restart
    assert restarts == [False]  # called once, after the trace was filled in place


def test_a_finished_trace_is_not_attacked_again():
    whole, calls = attacked(), []

    def counted(images):
        calls.append(len(images))
        return wavy(images)

    assert torch.equal(attacked(counted, trace=whole.trace.clone()).attacked, whole.attacked)
    assert len(calls) == 1


def spoilt(value):
    images = IMAGES.clone()
    images[2, 1, 3, 3] = value
    return images


def made(**changes):
    return {"settings": SETTINGS.model_copy(update=changes)}


@pytest.mark.parametrize(
    ("keywords", "sentence"),
    [
        ({"images": spoilt(torch.nan)}, r"must lie in \[0, 1\] and hold no NaN"),
        ({"images": spoilt(1.001)}, r"must lie in \[0, 1\]"),
        ({"images": spoilt(-0.001)}, r"must lie in \[0, 1\]"),
        ({"images": (IMAGES * 255).byte()}, "must be float"),
        ({"images": IMAGES[:, 0]}, r"must be float \[N, C, H, W\]; got torch.float32 \(6, 6, 6\)"),
        ({"rows": slice(0, 0)}, "There are no images"),
        ({"score": lambda x: wavy(x)[:, None]}, r"shape \(6, 1\) where \(6,\) is needed"),
        ({"score": lambda x: wavy(x).sum()}, r"shape \(\) where"),
        ({"score": lambda x: wavy(x) * torch.nan}, "not finite"),
        ({"score": lambda x: wavy(x) if not x.requires_grad else wavy(x) / 0}, "not finite"),
        ({"settings": AttackSettings()}, "has no eps"),
        (made(kind="fab"), "fab gives no scores: choose among a3, "),
        (made(kind="pdg"), "pdg gives no scores: choose among a3, "),
        (
            {"score": lambda x: wavy(x).detach()},
            "has no gradient .* the attack pgd needs: .* square, search or noise",
        ),
        ({"score": lambda x: torch.zeros(len(x))}, "has no gradient"),
        ({"guide": lambda x: wavy(x).detach()}, "has no gradient"),
        ({"guide": lambda x: wavy(x) * torch.nan}, "not finite"),
        ({"guide": lambda x: wavy(x)[:3]}, r"shape \(3,\) where"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(keywords, sentence):
    with pytest.raises(UserError, match=sentence) as caught:
        attacked(**keywords)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [kind for kind in STRATEGIES.names() if "gradient" in traits(kind)])
def test_every_gradient_attack_refuses_a_score_without_one(kind):
    with pytest.raises(UserError, match=f"has no gradient .* which the attack {kind} needs"):
        attacked(lambda x: wavy(x).detach(), **made(kind=kind))
