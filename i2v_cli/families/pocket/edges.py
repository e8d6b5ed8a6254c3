"""Gates as sharp as the photo: what the networks know to a cell, the photo's colours know to a pixel.

Where a region ends is uncertain by a cell or so. There each pixel goes to the side whose colours it has
(one round of Rother et al. 2004, "GrabCut"), and a guided filter (He et al. 2013) takes the grain off.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

BINS = 16  # of each colour
UNCERTAIN = 0.035  # of the height: how far a region's edge may be off
SURE = 0.05  # share of the other side around a pixel from which colours are learned
COLOUR_TRUST = 1.5
SUREST = 3.0  # log odds of what lies deep inside a region, or far outside
GRAIN, GRAIN_NOISE = 0.012, 1e-3  # of the guided filter: of the height; of levels 0..1, squared


def edged(gates: Tensor, photo: Tensor, size: tuple[int, int]) -> Tensor:
    """gates: [1, n, h, w] in 0..1. photo: [3, H, W] uint8. -> [1, n, *size], their edges moved to the
    photo's."""
    if not gates.any():
        return gates
    guide = F.interpolate(photo[None].float() / 255, size=size, mode="bilinear", antialias=True)
    coarse = F.interpolate(gates, size=size, mode="bilinear")
    sharp = [_sharpened(plane[None], guide) if plane.any() else plane[None] for plane in coarse[0]]
    return torch.stack(sharp, dim=1)


def _sharpened(gate: Tensor, guide: Tensor) -> Tensor:
    """gate: [1, h, w]; guide: [1, 3, h, w]. -> [1, h, w]."""
    height = gate.shape[1]
    strength = gate.max()
    gate = gate[None] / strength
    band = max(round(UNCERTAIN * height), 1)
    prior = _mean(gate, band)
    odds = prior.clamp(0.001, 0.999).logit().clamp(-SUREST, SUREST) + COLOUR_TRUST * _colour_odds(
        prior, guide
    )
    near = F.max_pool2d(gate, 2 * band + 1, stride=1, padding=band) > 0.5  # far from it nothing stirs
    smooth = _guided(odds.sigmoid() * near, guide.mean(dim=1, keepdim=True), max(round(GRAIN * height), 1))
    return strength * ((smooth - 0.35) / 0.45).clamp(0, 1)[0]


def _colour_odds(prior: Tensor, guide: Tensor) -> Tensor:
    """Log odds, by its colour alone, that a pixel is inside, learned where that is sure. [1, 1, h, w]."""
    bins = (guide[0] * (BINS - 1e-3)).long()
    number = ((bins[0] * BINS + bins[1]) * BINS + bins[2]).flatten()
    shares = []
    for sure in (prior > (1 - SURE) * prior.max(), prior < SURE):  # of a thin region nothing is deep inside
        weights = sure.flatten().float()
        counts = torch.bincount(number, weights, BINS**3).reshape(1, 1, BINS, BINS, BINS)
        smooth = F.avg_pool3d(counts.float(), 3, stride=1, padding=1).flatten()
        shares.append(smooth / weights.sum().clamp(min=1) + 1e-4)
    odds = (shares[0].log() - shares[1].log()).clamp(-SUREST, SUREST)
    return odds[number].reshape(prior.shape)


def _guided(plane: Tensor, guide: Tensor, radius: int) -> Tensor:
    average, average_of_plane = _mean(guide, radius), _mean(plane, radius)
    spread = _mean(guide * guide, radius) - average * average
    slope = (_mean(guide * plane, radius) - average * average_of_plane) / (spread + GRAIN_NOISE)
    return _mean(slope, radius) * guide + _mean(average_of_plane - slope * average, radius)


def filled(picture: Tensor, mask: Tensor) -> Tensor:
    """What the mask shows, and beyond its edges what lies nearest: pull and push (Gortler et al. 1996).

    picture: [1, 3, H, W]; mask: [1, 1, H, W] in 0..1. -> [1, 3, H, W].
    """
    if min(picture.shape[2:]) < 4:
        return (picture * mask).sum(dim=(2, 3), keepdim=True) / mask.sum().clamp(min=1e-4) + 0 * picture
    weight = F.avg_pool2d(mask, 2, ceil_mode=True, count_include_pad=False)
    colour = F.avg_pool2d(picture * mask, 2, ceil_mode=True, count_include_pad=False) / weight.clamp(min=1e-4)
    coarse = filled(colour, (weight * 4).clamp(max=1))
    around = F.interpolate(coarse, size=picture.shape[2:], mode="bilinear")
    return torch.lerp(around, picture, mask)


def _mean(plane: Tensor, radius: int) -> Tensor:
    padded = F.pad(plane, (radius, radius, radius, radius), mode="replicate")
    return F.avg_pool2d(padded, 2 * radius + 1, stride=1)
