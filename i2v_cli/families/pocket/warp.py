"""From motion to frames: every pixel is fetched from the photo at the output's own resolution.

None of this holds weights: vae.py says what moves, timeline.py when, pushes.py what the user moves, edges.py
where outlines lie, canvas.py what is beyond the photo, and this what is seen. It runs on the CPU, whatever
the networks ran on: Apple's GPUs have no bicubic sampling, and frames end there anyway.

Sharpness is the photo's own, still regions are exact copies, and the first frame is the photo.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from i2v_cli.families.pocket.canvas import Margins, Uncropped, extend
from i2v_cli.families.pocket.edges import edged, filled
from i2v_cli.families.pocket.pushes import Pushes
from i2v_cli.families.pocket.pyramid import Extent, Pyramid, pyramid, sample
from i2v_cli.families.pocket.timeline import Phase, Shown, residual_at
from i2v_cli.families.pocket.vae import Motion

CHUNK = 8
KERNEL = 3  # pixels that bicubic sampling looks past what it fetches
FLOW_ROWS = 320  # flows are smooth: they are composed at so many rows and then enlarged
SAFE = 2  # of those rows: what lies so near to an outline shows both sides of it
TAKEN_OVER = 0.25  # seconds in which a backdrop, told on beyond its outline, takes the photo's place
STRETCH = 0.008  # of the height: how far around a figure the picture goes along with it
NEARING = 3  # rounds of finding what has come to a place
WARM = (1.0, 0.0, -1.0)  # log gains of red, green and blue that a warmth of 1 means


def frames(
    photo: Tensor,
    motion: Motion,
    path: Tensor,
    scene: Sequence[Shown],
    *,
    pushes: Pushes | None = None,
    fine: Tensor | None = None,
    uncropped: Uncropped | None = None,
) -> Iterator[Tensor]:
    """Chunks [f, 3, H, W] uint8 on the CPU.

    photo: [3, H, W] uint8, already of the output's size. motion: of a batch of one; its own path is not used.
    path: [F, 9], the axes at each frame. scene: what each frame shows of what moves, by itself or pushed.
    fine: [3, 2H, 2W] fp32, see `pyramid.matched`. uncropped: what a crop cut off, as large as `fine` if there
    is that.
    """
    margins = _margins(photo, path)
    whole, beyond = (photo, margins) if fine is None else (fine, margins.doubled())
    picture = extend(whole, beyond, motion.subjects[0], uncropped)
    canvas = pyramid(picture, _extent(photo, margins), is_fine=fine is not None)
    sight = _sight(photo, picture, canvas, motion, pushes)
    chunk = [photo]
    for axes, shown in zip(path[1:], scene[1:], strict=True):
        if len(chunk) == CHUNK:
            yield torch.stack(chunk)
            chunk = []
        chunk.append(_frame(sight, axes, shown))
    yield torch.stack(chunk)


@dataclass(frozen=True, slots=True)
class Sight:
    """What frames are fetched from.

    canvas: the photo and what is beyond it; backdrop: the same of what moves within its outline, told on
    beyond it, None where nothing does. whole: the photo's own extent. places: x and y, [2, H, W], of each
    output pixel; coarse: the same at the flow's rows. residual: [48, 3, h, w]. gates: [1, 3, h', w'], see
    `Motion.movable`, their edges those of the photo. depth: [1, 1, h, w]. pushes: what the user moves.
    """

    photo: Tensor
    canvas: Pyramid
    backdrop: Pyramid | None
    whole: Extent
    places: Tensor
    coarse: Tensor
    residual: Tensor
    gates: Tensor
    depth: Tensor
    pushes: Pushes | None

    @property
    def stirs(self) -> bool:
        return bool(self.gates.any())


def _sight(photo: Tensor, picture: Tensor, canvas: Pyramid, motion: Motion, pushes: Pushes | None) -> Sight:
    height, width = photo.shape[1:]
    rows = min(FLOW_ROWS, height)
    size = (rows, max(round(width * rows / height), 2))
    gates = edged(motion.movable, photo, size)
    gates = torch.cat([gates[:, :1], _feathered(gates[:, 1:2]), gates[:, 2:]], dim=1)
    if pushes is not None and gates.any():  # last: what is held is held, whatever moves beside it
        gates = gates * F.interpolate(pushes.free, size=size, mode="bilinear")
    return Sight(
        photo=photo,
        canvas=canvas,
        backdrop=_backdrop(picture, gates[:, :1], canvas, width / height),
        whole=(0.0, 0.0, width / height, 1.0),
        places=_places(height, width, width / height),
        coarse=_places(*size, width / height),
        residual=_reaching(motion),
        gates=gates,
        depth=motion.depth,
        pushes=pushes if pushes is not None and len(pushes.ways) else None,
    )


def _backdrop(picture: Tensor, gate: Tensor, canvas: Pyramid, aspect: float) -> Pyramid | None:
    """The canvas's picture as it is where the gate is surely open, however wide, and elsewhere what lies
    around. None where it is so nowhere."""
    if not gate.any():
        return None
    x, y, half_width, half_height = canvas.extent
    own = _places(picture.shape[1], picture.shape[2], half_width / half_height) * half_height
    own = own + torch.tensor([x, y])[:, None, None]
    least, most = (sign * F.max_pool2d(sign * gate, 2 * SAFE + 1, stride=1, padding=SAFE) for sign in (-1, 1))
    mask = ((sample(least / most.clamp(min=1e-4), own, (0.0, 0.0, aspect, 1.0)) - 0.7) / 0.3).clamp(0, 1)
    if not mask.any():
        return None
    told_on = filled(picture[None], mask)[0]
    return pyramid(told_on, canvas.extent, is_fine=canvas.fine is not None)


def _reaching(motion: Motion) -> Tensor:
    """The residual [48, 3, h, w], that of figures told on a little beyond them, for what is near goes
    along."""
    residual, figures = motion.residual[0], motion.movable[:, 1:2]
    if not figures.any():
        return residual
    inside = figures + motion.movable[:, :1] + motion.movable[:, 2:]
    blurred = F.avg_pool2d(F.pad(residual * inside[0], (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    shares = F.avg_pool2d(F.pad(inside, (1, 1, 1, 1), mode="replicate"), 3, stride=1)[0]
    return torch.where(inside[0] > 0.5, residual, blurred / shares.clamp(min=0.05))


def _feathered(gate: Tensor) -> Tensor:
    """Figures move with their outline: what is near to it stretches."""
    if not gate.any():
        return gate
    radius = max(round(STRETCH * gate.shape[2]), 1)
    wide = F.max_pool2d(gate, 2 * radius + 1, stride=1, padding=radius)
    return F.avg_pool2d(F.pad(wide, (radius,) * 4, mode="replicate"), 2 * radius + 1, stride=1)


def _margins(photo: Tensor, path: Tensor) -> Margins:
    """As much beyond the photo's edges as the camera will see, at most its own size on each side."""
    height, width = photo.shape[1:]
    aspect = width / height
    pan, tilt, zoom, roll, truck, pedestal, dolly = path[:, :7].T
    scale, farther = (-zoom).exp(), (-dolly.clamp(max=0)).exp()  # the nearest thing is seen so much smaller
    reach_x = scale * (aspect * roll.cos().abs() + roll.sin().abs())
    reach_y = scale * (roll.cos().abs() + aspect * roll.sin().abs())

    def margin(beyond: Tensor, side: int) -> int:
        pixels = math.ceil(beyond.max().item() * height / 2)
        return min(pixels + KERNEL, side) if pixels > 0 else 0

    return Margins(
        left=margin(farther * (reach_x - pan) - truck.clamp(max=0) - aspect, width),
        top=margin(farther * (reach_y - tilt) - pedestal.clamp(max=0) - 1, height),
        right=margin(farther * (reach_x + pan) + truck.clamp(min=0) - aspect, width),
        bottom=margin(farther * (reach_y + tilt) + pedestal.clamp(min=0) - 1, height),
    )


def _extent(photo: Tensor, margins: Margins) -> Extent:
    height, width = photo.shape[1:]
    x, y = (margins.right - margins.left) / height, (margins.bottom - margins.top) / height
    wide, high = width + margins.left + margins.right, height + margins.top + margins.bottom
    return x, y, wide / height, high / height


def _frame(sight: Sight, axes: Tensor, shown: Shown) -> Tensor:
    """One frame [3, H, W] uint8. axes: [9]."""
    if not sight.stirs and sight.pushes is None and not axes.any():
        return sight.photo
    phases = shown.phases if sight.stirs else (Phase(0.0, 1.0),)
    blended = torch.zeros(3, *sight.places.shape[1:])
    for phase in phases:
        blended += phase.weight * _fetched(sight, axes, phase.seconds, shown.pushed)
    return blended.round().clamp(0, 255).to(torch.uint8)


def _fetched(sight: Sight, axes: Tensor, seconds: float, pushed: float) -> Tensor:
    """[3, H, W] fp32, 0..255, not yet cut off. seconds: into the scene's motion. pushed: of the way, 0..1."""
    _, _, zoom, _, truck, pedestal, dolly, brightness, warmth = axes.tolist()
    gain = (brightness + warmth * torch.tensor(WARM))[:, None, None]
    scale = math.exp(-(zoom + min(dolly, 0)))
    seen = _turned(sight.places, axes)
    if not (truck or pedestal or dolly or sight.stirs or sight.pushes):
        return _lit(sight.canvas.fetched(seen, scale), gain)
    coarse = _turned(sight.coarse, axes)
    found = _pushed(sight, _neared(sight, coarse, truck, pedestal, dolly), pushed)
    if not sight.stirs:
        seen = seen + _enlarged(found - coarse, sight.places)
        return _lit(sight.canvas.fetched(seen, scale), gain)
    residual = residual_at(sight.residual, seconds)
    now = sample(residual[None], found, sight.whole)[0]
    behind, _, light = sample(sight.gates, found, sight.whole)[0].split(1)
    if light.any():
        gain = gain + _enlarged(now[2:] * light, sight.places)
    figures = _carried(sight, found, residual)
    fetched = sight.canvas.fetched(seen + _enlarged(figures - coarse, sight.places), scale)
    if sight.backdrop is not None:
        beyond = seen + _enlarged(found + now[:2] - coarse, sight.places)
        backdrop = sight.backdrop.fetched(beyond, scale)
        share = min(abs(seconds) / TAKEN_OVER, 1.0)
        fetched = torch.lerp(fetched, backdrop, share * _enlarged(behind, sight.places))
    return _lit(fetched, gain)


def _carried(sight: Sight, seen: Tensor, residual: Tensor) -> Tensor:
    """The place that the figures' own motion, [3, h, w], has brought to `seen`."""
    found = seen
    for _ in range(NEARING if sight.gates[:, 1].any() else 0):
        behind, along, _ = sample(sight.gates, found, sight.whole)[0].split(1)
        found = seen + sample(residual[None, :2], found, sight.whole)[0] * along * (1 - behind)
    return found


def _lit(picture: Tensor, gain: Tensor) -> Tensor:
    return picture * gain.exp() if gain.any() else picture


def _turned(places: Tensor, axes: Tensor) -> Tensor:
    """What a camera that pans, tilts, zooms and rolls sees at each place: [2, H, W], half-heights."""
    pan, tilt, zoom, roll = axes[:4].tolist()
    scale = math.exp(-zoom)
    cos, sin = scale * math.cos(roll), scale * math.sin(roll)
    x, y = places
    return torch.stack([cos * x - sin * y + pan, sin * x + cos * y + tilt])


def _neared(sight: Sight, seen: Tensor, truck: float, pedestal: float, dolly: float) -> Tensor:
    """A camera that travels passes near things faster: the place whose own depth brings it to `seen`."""
    if not (truck or pedestal or dolly):
        return seen
    way = torch.tensor([truck, pedestal])[:, None, None]
    found = seen
    for _ in range(NEARING):
        depth = sample(sight.depth, found, sight.whole)[0]
        found = seen * (-dolly * depth).exp() + way * depth
    return found


def _pushed(sight: Sight, seen: Tensor, share: float) -> Tensor:
    """The place that the user's pushes, so much of their way, have brought to `seen`."""
    if sight.pushes is None:
        return seen
    found = seen
    for _ in range(NEARING):
        moved = torch.zeros_like(seen)
        for mask, way in zip(sight.pushes.masks, sight.pushes.ways, strict=True):
            moved = moved + share * way[:, None, None] * sample(mask[None], found, sight.whole)[0]
        found = seen - moved * sample(sight.pushes.free, seen, sight.whole)[0]
    return found


def _enlarged(field: Tensor, places: Tensor) -> Tensor:
    """[C, h, w] -> [C, H, W]."""
    return F.interpolate(field[None], size=places.shape[1:], mode="bilinear")[0]


def _places(rows: int, columns: int, aspect: float) -> Tensor:
    """x and y of each place of a plane over the photo, [2, rows, columns], half-heights, y down."""
    y = (torch.arange(rows) + 0.5) * (2 / rows) - 1
    x = ((torch.arange(columns) + 0.5) * (2 / columns) - 1) * aspect
    return torch.stack([x.expand(rows, -1), y[:, None].expand(-1, columns)])
