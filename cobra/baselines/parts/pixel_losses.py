"""Losses over pixels: structural similarity, and the focal loss."""

import torch
import torch.nn.functional as F
from torch import Tensor

WINDOW, SIGMA = 11, 1.5  # pixels (Wang et al. 2004)
C1, C2 = 0.01**2, 0.03**2  # for values in [0, 1] (Wang et al. 2004)
GAMMA = 2  # Lin et al. 2017


def structural_similarity(one: Tensor, other: Tensor) -> Tensor:
    """The mean SSIM of images [N, C, H, W] in [0, 1], in [-1, 1] (Wang et al. 2004), by Gaussian windows;
    beyond the edges are zeros (DRAEM's released code).
    """
    moments = torch.cat([one, other, one * one, other * other, one * other])
    mean_one, mean_other, *products = _blurred(moments).chunk(5)
    variance = products[0] - mean_one**2 + products[1] - mean_other**2
    covariance = products[2] - mean_one * mean_other
    luminance = (2 * mean_one * mean_other + C1) / (mean_one**2 + mean_other**2 + C1)
    return (luminance * (2 * covariance + C2) / (variance + C2)).mean()


def focal_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """The mean over pixels of -(1 - p)^2 log p, p being the probability of the right one of two classes:
    logits [N, 2, H, W], the second class where bool [N, 1, H, W] (Lin et al. 2017, without its weights).
    """
    logs = F.log_softmax(logits, dim=1)
    right = torch.where(mask, logs[:, 1:], logs[:, :1])
    return -((1 - right.exp()) ** GAMMA * right).mean()


def _blurred(images: Tensor) -> Tensor:
    """Images under a Gaussian window, rows and columns one after the other."""
    places = torch.arange(WINDOW, device=images.device, dtype=images.dtype) - WINDOW // 2
    weights = torch.exp(-(places**2) / (2 * SIGMA**2))
    weights = weights / weights.sum()
    flat = images.flatten(0, 1)[:, None]
    rows = F.conv2d(flat, weights.view(1, 1, 1, -1), padding=(0, WINDOW // 2))
    return F.conv2d(rows, weights.view(1, 1, -1, 1), padding=(WINDOW // 2, 0)).view_as(images)
