"""The objective: a family of contrastive losses that differ in their pairs, and the classification loss.

Rows come in blocks of G x B, one block per view of a batch in G groups: B normal images, then their B
pseudo-anomalies in the same order (G = 2), or the normal images turned by 90, 180 and 270 degrees (G = 4,
released code). Two blocks are clean views; others, if there are any, hold adversarial views. With
s_ij = z_i.z_j / tau and l_i = log sum_{k != i} exp(s_ik), log p_ij = s_ij - l_i.

    L_CL        positives of i: the other views of its image              -sum log p
    L_SupCL     positives of i: all other rows of its group          -mean log p  (Khosla 2020)
    L_Normals   as L_SupCL for normal rows, as L_CL (mean) for pseudo-anomalies: normal images are positives
                of each other, so that none is another's negative (class collision), and pseudo-anomalies,
                which need not resemble each other, are not pulled together (ours)
    L_COBRA     L_CL, plus sum log p over the opposite of i: the view, in the same block, of the image it
                was crafted from or into, or that was drawn for it (crafting.generated); adversarial rows
                have none. With four groups an image has three, and their mean is taken (ours)
    L_Opposite  L_COBRA without the positives' share of l_i (ours: the paper leaves it open)
    L_COBRA,N   L_Normals with the opposite term of L_COBRA (ours)
    cl_mean, cobra_mean   L_CL and L_COBRA with the mean of log p over positives in place of the sum: the
                paper's equations have one positive, its figure has two

So a row's loss is  sum_j c_ij s_ij + a_i l_i  with fixed c and a. With an opposite, a_i is the number of
positives less one (their mean: 1 less 1). Where it is 0 the spurious negatives that l_i sums over vanish,
which is the paper's point: for a clean row without adversarial views (one positive) or with averaged
positives. With an adversarial view L_COBRA leaves a clean row a_i = 1; an adversarial row, which has no
opposite, keeps a_i = 2 (averaged: 1).
Losses of another form stand in `cobra.training.contrastive`, a module each.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.training.contrastive import loss_of

CLEAN_BLOCKS = 2


@dataclass(frozen=True)
class Member:
    """A member of the family: what rows that are positives of each other share, whether positives are
    averaged and keep their l_i, opposites. Of `normals` normal rows share their group, the others their
    image.
    """

    same: Literal["image", "group", "normals"] = "image"
    averaged: bool = False
    normalised: bool = True
    opposites: bool = False


FAMILY = {
    "cl": Member(),
    "supcl": Member(same="group", averaged=True),
    "opposite": Member(normalised=False, opposites=True),
    "cobra": Member(opposites=True),
    "normals": Member(same="normals", averaged=True),
    "cobra_normals": Member(same="normals", averaged=True, opposites=True),
    "cl_mean": Member(averaged=True),
    "cobra_mean": Member(averaged=True, opposites=True),
}


@dataclass(frozen=True)
class Pairs:
    """The constants of a loss over n rows: `coefficient` c float [n, n] and `log_sum` a float [n]."""

    coefficient: Tensor
    log_sum: Tensor


@cache
def pairs(name: str, batch: int, blocks: int, device: torch.device, groups: int = 2) -> Pairs:
    """The pairs of family member `name` for `batch` normal images in `blocks` blocks of views of `groups`."""
    member = FAMILY[name]
    positives = positive_mask(member, batch, blocks, groups).float()
    if member.averaged:
        positives /= positives.sum(dim=1, keepdim=True)
    opposites = opposite_mask(batch, blocks, groups).float() * member.opposites
    opposites /= groups - 1
    log_sum = positives.sum(dim=1) * member.normalised - opposites.sum(dim=1)
    return Pairs((opposites - positives).to(device), log_sum.to(device))


def positive_mask(member: Member, batch: int, blocks: int, groups: int) -> Tensor:
    """Bool [n, n]: the rows that row i is pulled towards."""
    image = torch.arange(groups * batch).repeat(blocks)
    is_pseudo = image >= batch
    label = {"image": image, "group": image // batch, "normals": image * is_pseudo}[member.same]
    same = label[:, None] == label[None, :]
    return same & ~torch.eye(len(image), dtype=torch.bool)


def opposite_mask(batch: int, blocks: int, groups: int) -> Tensor:
    """Bool [n, n]: the transformed partners of row i, of the other groups, within its clean block."""
    row = torch.arange(groups * batch * blocks)
    block, origin = row // (groups * batch), row % batch
    is_partner = (block[:, None] == block) & (origin[:, None] == origin) & (row[:, None] != row)
    return is_partner & (block < CLEAN_BLOCKS)[:, None]


def contrastive_loss(
    name: str, embeddings: Tensor, blocks: int, temperature: float, groups: int = 2
) -> Tensor:
    """Mean over rows of the loss `name`; embeddings l2-normalised [groups x B x blocks, D], any float."""
    z = embeddings.to(torch.promote_types(embeddings.dtype, torch.float32))
    if name not in FAMILY:
        return loss_of(name)(z, blocks, temperature, groups)
    chosen = pairs(name, len(z) // (groups * blocks), blocks, z.device, groups)
    similarity = z @ z.T / temperature
    diagonal = torch.eye(len(z), dtype=torch.bool, device=z.device)
    log_sum = similarity.masked_fill(diagonal, -torch.inf).logsumexp(dim=1)
    rows = (chosen.coefficient * similarity).sum(dim=1) + chosen.log_sum * log_sum
    return rows.mean()


def classification_loss(logits: Tensor, blocks: int) -> Tensor:
    """L_CLS: mean cross-entropy of logits [groups x B x blocks, groups], an image's label being its group:
    normal (0) against pseudo-anomaly (1), or the number of quarter turns.
    """
    groups = logits.shape[1]
    batch = len(logits) // (groups * blocks)
    labels = torch.arange(groups, device=logits.device).repeat_interleave(batch).repeat(blocks)
    return F.cross_entropy(logits.float(), labels)
