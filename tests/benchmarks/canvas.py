"""Is the canvas better than mirroring? PSNR against true pixels outside a crop, on the validation photos.

python tests/benchmarks/canvas.py PHOTOS
"""

import sys
from pathlib import Path
from statistics import mean

import torch
import torch.nn.functional as F
from einops import rearrange

from i2v_cli.families.pocket.canvas import Margins, extend
from i2v_cli.training.config import VALIDATION
from i2v_cli.training.photos import load_photos

CUT = 0.15  # of a side


def main(photos: Path) -> None:
    loaded = load_photos(photos, keep=lambda stem: stem in VALIDATION)
    pictures = [rearrange(torch.from_numpy(photo.pixels), "h w c -> c h w").float() for photo in loaded]
    for name, sideways in (("to the sides", True), ("above and below", False)):
        gains = [gain(picture, sideways=sideways) for picture in pictures]
        better = sum(one > 0 for one in gains)
        print(f"{name}: better on {better} of {len(gains)} photos, by {mean(gains):.2f} dB on average")


def gain(picture: torch.Tensor, *, sideways: bool) -> float:
    """dB by which the canvas comes closer to the photo than its mirror image does."""
    height, width = picture.shape[1:]
    cut_x, cut_y = (int(width * CUT), 0) if sideways else (0, int(height * CUT))
    inside = (slice(None), slice(cut_y, height - cut_y), slice(cut_x, width - cut_x))
    crop = picture[inside]
    outside = torch.ones_like(picture, dtype=torch.bool)
    outside[inside] = False
    made = extend(crop, Margins(cut_x, cut_y, cut_x, cut_y), torch.zeros(1, 1))
    mirrored = F.pad(crop[None], (cut_x, cut_x, cut_y, cut_y), mode="reflect")[0]
    errors = [(one - picture).square()[outside].mean() for one in (mirrored, made)]
    return float(10 * torch.log10(errors[0] / errors[1]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
