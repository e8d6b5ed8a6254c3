"""Teaches the image encoder's head what photos are made of, then keeps what it sees of many pictures.

The trunk stays as ImageNet left it. A denoiser that learned from photos the head knows by heart would trust
it too much: so two heads each learn from half of the photos and look at the other half for the denoiser, and
a third, which ships, learns from all.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from i2v_cli.errors import UsageError
from i2v_cli.events import Noted, Report
from i2v_cli.families.pocket.config import KINDS, grid
from i2v_cli.families.pocket.image_encoder import Head, ImageEncoder, reference
from i2v_cli.runtime.device import choose
from i2v_cli.training import teacher
from i2v_cli.training.captions import Region
from i2v_cli.training.photos import Cutout, Photo
from i2v_cli.training.pictures import Picture, picture

ASPECTS = ((1, 1), (3, 2), (3, 2), (2, 3), (16, 9), (16, 9), (9, 16), (4, 3))
BATCH = 16
EPOCHS = 5
RATE, DECAY = 2e-3, 0.05
NOTHING_WEIGHT = 0.3  # of the class "none of them": what nobody drew may be anything
DEPTH_WEIGHT = 2.0
PRESENT = 0.5  # of a cell's share: within the box of a region


@dataclass(frozen=True, slots=True)
class Sight:
    """What the image encoder saw of one picture, and what the words may speak of.

    reference: [15, h, w] float16. regions: name and kind, with the share of the picture that each fills and
    its (left, top, right, bottom) in half-heights from the centre.
    """

    reference: np.ndarray
    regions: tuple[tuple[Region, float, tuple[float, float, float, float]], ...]

    @property
    def cells(self) -> tuple[int, int]:
        return self.reference.shape[1], self.reference.shape[2]


@dataclass(frozen=True, slots=True)
class Looked:
    """A batch of pictures of one half of the photos, and the trunk's answers to them."""

    half: int
    pictures: list[Picture]
    features: tuple[Tensor, ...]


def see(
    photos: Sequence[Photo], cutouts: Sequence[Cutout], count: int, seed: int, report: Report
) -> tuple[ImageEncoder, list[Sight]]:
    """A trained image encoder, and about `count` sights of the photos by heads that did not learn from them.

    Raises UsageError for fewer than two photos: they are halved.
    """
    if len(photos) < 2:
        raise UsageError(
            f"{len(photos)} photos to train on are too few",
            "put more into the folder: two at least, and none of those kept aside for evaluation",
        )
    encoder = ImageEncoder()
    encoder.trunk.load_state_dict(teacher.trunk_weights())
    looked = _look(encoder, photos, cutouts, count, seed)
    report(Noted(f"looked at {count} pictures"))
    torch.manual_seed(seed)
    sights = []
    for half in (0, 1):
        others = learn(Head(), [one for one in looked if one.half != half])
        for one in looked:
            if one.half == half:
                sights += _sights(others, one)
    encoder.head = learn(encoder.head, looked)
    report(Noted("the image encoder knows its kinds"))
    return encoder, sights


def save_seen(encoder: ImageEncoder, sights: Sequence[Sight], path: Path) -> None:
    """One file: the encoder's tensors, the references in order, and their regions as JSON in its header."""
    state = {f"encoder.{name}": tensor.contiguous() for name, tensor in encoder.state_dict().items()}
    state |= {f"sight.{number}": torch.from_numpy(one.reference) for number, one in enumerate(sights)}
    regions = [
        [[region.name, region.kind, share, list(box)] for region, share, box in one.regions] for one in sights
    ]
    part = path.with_suffix(".part")
    save_file(state, part, metadata={"regions": json.dumps(regions)})
    part.replace(path)


def load_seen(path: Path) -> tuple[ImageEncoder, list[Sight]]:
    """The inverse of `save_seen`."""
    encoder = ImageEncoder()
    with safe_open(path, framework="pt") as file:
        named = json.loads(file.metadata()["regions"])
        encoder.load_state_dict({name: file.get_tensor(f"encoder.{name}") for name in encoder.state_dict()})
        references = [file.get_tensor(f"sight.{number}").numpy() for number in range(len(named))]
    sights = [
        Sight(seen, tuple((Region(name, kind), share, tuple(box)) for name, kind, share, box in regions))
        for seen, regions in zip(references, named, strict=True)
    ]
    return encoder.eval(), sights


def learn(head: Head, looked: Sequence[Looked]) -> Head:
    """Cross-entropy on the shares of kinds, and smooth L1 on inverse depth."""
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=DECAY)
    weights = torch.ones(len(KINDS) + 1, 1, 1)
    weights[-1] = NOTHING_WEIGHT
    total, done = EPOCHS * len(looked), 0
    head.train()
    for _ in range(EPOCHS):
        for number in torch.randperm(len(looked)).tolist():
            one = looked[number]
            answer = head(*(plane.float() for plane in one.features))
            kinds = torch.from_numpy(np.stack([picture.kinds for picture in one.pictures]))
            depth = torch.from_numpy(np.stack([picture.depth for picture in one.pictures]))
            loss = -(kinds * answer[:, :-1].log_softmax(dim=1) * weights).sum(dim=1).mean()
            loss = loss + DEPTH_WEIGHT * F.smooth_l1_loss(answer[:, -1], depth, beta=0.1)
            for group in optimizer.param_groups:
                group["lr"] = RATE * (1 - done / total)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            done += 1
    return head.eval()


def picture_tensor(pictures: np.ndarray) -> Tensor:
    """[B, H, W, 3] uint8 -> [B, 3, H, W] float in -1..1."""
    planes = rearrange(torch.from_numpy(pictures), "b h w c -> b c h w")
    return planes.float().div(127.5).sub(1).contiguous(memory_format=torch.channels_last)


def _look(
    encoder: ImageEncoder, photos: Sequence[Photo], cutouts: Sequence[Cutout], count: int, seed: int
) -> list[Looked]:
    cv2.setNumThreads(1)
    dtype = choose("cpu").dtype
    rng, fast = random.Random(seed), ImageEncoder().to(dtype)
    fast.load_state_dict(encoder.state_dict())
    looked = []
    for number in range(max(count // BATCH, 2)):
        half, cells = number % 2, grid(*rng.choice(ASPECTS))
        pictures = [picture(rng.choice(photos[half::2]), cutouts, cells, rng) for _ in range(BATCH)]
        with torch.no_grad():
            pixels = picture_tensor(np.stack([one.pixels for one in pictures]))
            features = fast.features(pixels.to(dtype))
        looked.append(Looked(half, pictures, features))
    return looked


def _sights(head: Head, looked: Looked) -> list[Sight]:
    with torch.no_grad():
        seen = reference(head(*(plane.float() for plane in looked.features))).half().numpy()
    return [Sight(one, tuple(_placed(picture))) for one, picture in zip(seen, looked.pictures, strict=True)]


def _placed(picture: Picture) -> list[tuple[Region, float, tuple[float, float, float, float]]]:
    return [
        (region, float(mask.mean()), _box(mask))
        for region, mask in zip(picture.regions, picture.masks, strict=True)
    ]


def _box(mask: np.ndarray) -> tuple[float, float, float, float]:
    rows, columns = mask.shape
    y, x = np.nonzero(mask > PRESENT)
    if not len(x):
        return -0.5, -0.5, 0.5, 0.5
    unit = rows / 2
    left, right = (x.min() - columns / 2) / unit, (x.max() + 1 - columns / 2) / unit
    return left, (y.min() - rows / 2) / unit, right, (y.max() + 1 - rows / 2) / unit
