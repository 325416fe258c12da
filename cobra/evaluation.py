"""A detector's test scores under an attack, block by block, resumable after every restart of a block."""

import torch
from torch import Tensor

from cobra.attacks.run import attack, empty_trace, recorded_steps
from cobra.checkpoints import Scratch
from cobra.data.one_class import TestImages, as_unit
from cobra.progress import progress
from cobra.scoring import Score
from cobra.settings.attack import AttackSettings


def attack_test_images(
    score: Score,
    test: TestImages,
    settings: AttackSettings,
    *,
    seed: int,
    block_size: int,
    scratch: Scratch,
) -> dict[str, Tensor]:
    """The columns of a score file: `clean`, `attacked`, and `r<restart>_s<steps>`, the worst score within
    that restart and that many steps. State in `scratch`: the trace, NaN where nothing was done yet.
    """
    state = scratch.load()
    trace = empty_trace(len(test.images), settings) if state is None else state["trace"]
    blocks = torch.arange(len(trace)).split(block_size)
    done = sum(int((~trace[block, :, 0].isnan()).all(dim=0).sum()) for block in blocks)
    with progress("attack, restarts of blocks", len(blocks) * settings.restarts, done) as bar:

        def keep() -> None:
            scratch.save({"trace": trace})
            bar.update()

        results = [
            attack(
                score,
                as_unit(test.images.pixels[block]),
                test.is_anomaly[block],
                settings,
                image_ids=test.images.ids[block],
                seed=seed,
                trace=trace[block[0] : block[-1] + 1],  # a view: filled in place
                on_restart=keep,
            )
            for block in blocks
        ]
    columns = {
        name: torch.cat([getattr(result, name) for result in results]) for name in ("clean", "attacked")
    }
    return columns | trace_columns(trace, settings)


def trace_columns(trace: Tensor, settings: AttackSettings) -> dict[str, Tensor]:
    """The trace [N, restarts, recorded steps] as named columns."""
    return {
        f"r{restart + 1}_s{steps}": trace[:, restart, number]
        for restart in range(settings.restarts)
        for number, steps in enumerate(recorded_steps(settings.steps))
    }
