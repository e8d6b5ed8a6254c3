"""How far things are, worked out from what was drawn by hand: what stands on the ground stands at its foot.

Ground, grass and water are one plane that rises to the horizon, on which inverse depth grows linearly;
everything else stands upright on it, as far away as its lowest point. The sky is at 0, the nearest ground at
1.
"""

from collections.abc import Sequence

import numpy as np

from i2v_cli.training.captions import Region

PLANES = ("ground", "grass", "water")
FAR = 0.08  # what stands beyond the horizon, and what the photographer left out of focus
NEAREST_SUBJECT = 0.35  # a subject is what the photographer came close to
DISTANT = ("blur", "distant", "mountain", "skyline")
SMALL = 0.005  # of the picture: too little ground to tell the horizon by


def inverse_depth(regions: Sequence[Region], owner: np.ndarray) -> np.ndarray:
    """owner: [H, W], the number in `regions` of what lies there, -1 for nothing. -> [H, W] in 0..1."""
    height = np.linspace(0, 1, owner.shape[0])[:, None] + np.zeros(owner.shape)  # 0 the top, 1 the bottom
    masks = [owner == number for number in range(len(regions))]
    horizon = _horizon(regions, masks, height)
    plane = FAR + (1 - FAR) * np.clip((height - horizon) / max(1 - horizon, 0.2), 0, 1)
    depth = np.where(height < horizon, FAR, plane)
    for region, mask in zip(regions, masks, strict=True):
        if not mask.any():
            continue
        if region.kind == "sky":
            depth[mask] = 0
        elif any(word in region.name for word in DISTANT):
            depth[mask] = FAR
        elif region.kind not in PLANES:
            foot = np.percentile(height[mask], 98)
            stands = FAR + (1 - FAR) * np.clip((foot - horizon) / max(1 - horizon, 0.2), 0, 1)
            depth[mask] = max(stands, NEAREST_SUBJECT) if region.kind == "subject" else stands
    return depth.astype(np.float32)


def _horizon(regions: Sequence[Region], masks: Sequence[np.ndarray], height: np.ndarray) -> float:
    """Where the ground ends, else where the sky does, 0 the top of the picture to 1 its bottom."""
    tops = [
        height[mask].min()
        for region, mask in zip(regions, masks, strict=True)
        if region.kind in PLANES and "blur" not in region.name and mask.mean() > SMALL
    ]
    if tops:
        return float(min(tops))
    skies = [
        np.percentile(height[mask], 95)
        for region, mask in zip(regions, masks, strict=True)
        if region.kind == "sky" and mask.any()
    ]
    return float(np.clip(max(skies), 0.3, 0.6)) if skies else 0.0
