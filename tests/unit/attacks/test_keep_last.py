"""Attacks that keep the last iterate, as the released code does, and not the worst."""

import pytest
import torch
from samples import restart_of, wavy

from cobra.attacks.attack import strategy
from cobra.attacks.restart import recorded_steps
from cobra.attacks.settings import AttackSettings
from tests.unit.attacks.test_attacks import DIRECTION, IDS, IMAGES, IS_ANOMALY, SETTINGS, attacked


@pytest.mark.parametrize("kind", ["pgd", "momentum"])
def test_keep_last_keeps_the_last_iterate_of_each_restart_as_it_is(kind):
    settings = AttackSettings(kind=kind, eps=0.1, steps=6, restarts=2, step_ratios=[2.5, 9], keep="last")
    result = attacked(settings=settings)
    expected = []
    for restart in range(2):
        made = restart_of(wavy, IMAGES, settings, direction=DIRECTION, image_ids=IDS, number=restart)
        expected.append(DIRECTION[:, None] * strategy(kind)(made))
    for restart in range(2):
        for number, steps in enumerate(recorded_steps(6)):
            assert torch.equal(result.trace[:, restart, number], expected[restart][:, steps])
    lasts = torch.stack([scores[:, 6] for scores in expected])
    assert torch.equal(result.attacked, torch.where(IS_ANOMALY, lasts.amin(dim=0), lasts.amax(dim=0)))
    worst = attacked(settings=settings.model_copy(update={"keep": "worst"}))
    assert (DIRECTION * worst.attacked >= DIRECTION * result.attacked).all()
    assert not torch.equal(worst.attacked, result.attacked)


def test_keep_last_leaves_images_that_are_not_aimed_at_as_they_are():
    settings = SETTINGS.model_copy(update={"keep": "last", "target": "normal"})
    result = attacked(settings=settings)
    assert torch.equal(result.attacked[IS_ANOMALY], result.clean[IS_ANOMALY])
    assert (result.attacked != result.clean)[~IS_ANOMALY].all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "apgd"}, "keep last is for momentum and pgd"),
        ({"precision": "bf16"}, "keep last is for momentum and pgd in fp32"),
        ({"stop": {"after": 2}}, "remove one of them"),
    ],
)
def test_keep_last_is_refused_where_it_makes_no_sense(changes, message):
    with pytest.raises(ValueError, match=message):
        AttackSettings.model_validate({"keep": "last"} | changes)
