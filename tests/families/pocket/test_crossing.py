"""One picture becomes another under one camera; both ends are the pictures themselves."""

import torch

from i2v_cli.families.pocket import timeline, warp
from i2v_cli.families.pocket.config import AXES, KNOTS
from i2v_cli.families.pocket.crossing import crossed, share
from i2v_cli.families.pocket.vae import Motion

FRAMES, CELLS = 21, (16, 24)
REST = Motion(
    torch.zeros(1, KNOTS, len(AXES)),
    torch.zeros(1, KNOTS, 3, *CELLS),
    torch.zeros(1, 3, *CELLS),
    torch.zeros(1, 1, *CELLS),
    torch.zeros(1, *CELLS),
)
FIRST, SECOND = torch.randint(0, 255, (2, 3, 64, 96), generator=torch.Generator().manual_seed(1)).byte()


def path(**ends: float) -> torch.Tensor:
    return torch.linspace(0, 1, FRAMES)[:, None] * torch.tensor([ends.get(axis, 0.0) for axis in AXES])


def clip(**ends: float) -> torch.Tensor:
    scene = [timeline.shown(moment, 2.0, loop=False) for moment in timeline.moments(FRAMES, loop=False)]
    leaving = warp.frames(FIRST, REST, path(**ends), scene)
    return torch.cat(list(crossed(leaving, SECOND, REST, path(**ends), 2.0)))


def test_both_ends_are_the_pictures_exactly():
    frames = clip(zoom=0.2, pan=0.1)
    assert frames.shape == (FRAMES, 3, 64, 96) and frames.dtype == torch.uint8
    assert torch.equal(frames[0], FIRST)
    assert torch.equal(frames[-1], SECOND)


def test_under_a_still_camera_it_is_a_fade():
    frames = clip()
    weights = torch.tensor([share(moment) for moment in timeline.moments(FRAMES, loop=False)])
    wanted = torch.lerp(FIRST.float(), SECOND.float(), weights[:, None, None, None])
    assert (frames.float() - wanted).abs().max() <= 1
    assert weights[0] == 0 and weights[-1] == 1 and (weights.diff() >= 0).all()


def test_second_picture_arrives_as_the_first_one_left():
    late = clip(pan=0.5)[-2].float()  # only the second one is seen by then
    step = 0.5 / (FRAMES - 1) * 64 / 2  # pixels that the camera goes in a frame
    moved = torch.roll(SECOND.float(), round(step), dims=2)
    assert (late - moved)[..., 4:].abs().mean() < (late - SECOND.float())[..., 4:].abs().mean()
