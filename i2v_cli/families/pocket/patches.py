"""What may lie beyond a small picture: everywhere a patch of the picture, one that fits its neighbours.

Wexler, Shechtman and Irani 2007 (space-time completion): each patch beyond the edge takes the nearest one of
the picture, each pixel becomes the mean of what its patches say, those nearer to the picture louder, and
again. Barnes et al. 2009 (PatchMatch): the nearest is found among those of the neighbours and a few at
random, for what is beside it was beside it there too. Kaspar et al. 2015 (self tuning texture optimization):
what is taken often costs more. Patches are compared by their principal components.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

COMPONENTS = 20
# A patch is best as high and as far along as the nearest place of the picture, so that horizons meet and sky
# goes on as sky. Squared distances, of the sides, cost so many squared levels a pixel; a subject costs this.
UPRIGHT, SIDEWAYS, SUBJECT = 5000.0, 100.0, 1500.0
JUMPS = (4, 2, 1)  # how far the neighbours are that are asked
SLACK = 1.15  # a neighbour's may be so much worse: wholes are better than crumbs
FINE = 3  # the radius from which on wholes count
# A patch is trusted so many times less with each pixel that it is farther out, up to so many: what is known
# spreads outwards.
FARTHER, FARTHEST = 1.3, 60
# What is shown more often than this costs so many squared levels each time: a cloud is no wallpaper.
OFTEN, AGAIN = 2.0, 60.0


@dataclass(frozen=True, slots=True)
class Window:
    """A picture [3, h, w], and what is seen of it and beyond: height x width pixels from -top, -left on."""

    picture: Tensor
    top: int
    left: int
    height: int
    width: int

    def places(self) -> tuple[Tensor, Tensor]:
        """Rows and columns of the picture, [height, width] each; beyond it they are negative or too large."""
        rows, columns = torch.arange(self.height) - self.top, torch.arange(self.width) - self.left
        return rows[:, None].expand(-1, self.width), columns[None].expand(self.height, -1)

    def beyond(self) -> Tensor:
        """Which places are not the picture's, [height, width]."""
        (rows, columns), (height, width) = self.places(), self.picture.shape[1:]
        return (rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)

    def seen(self, rows: Tensor, columns: Tensor) -> Tensor:
        """The picture at these places, or the nearest of its pixels."""
        height, width = self.picture.shape[1:]
        return self.picture[:, rows.clamp(0, height - 1), columns.clamp(0, width - 1)]


def completed(
    window: Window, sources: Tensor, subjects: Tensor, *, radius: int, rounds: int, dice: torch.Generator
) -> Tensor:
    """sources: [2, height, width], the row and the column of the picture that is seen there at first.

    -> the same, after so many rounds. subjects: [h, w] in 0..1, where nothing is taken that stands alone.
    """
    search = _Search(window, subjects, radius)
    nearest = search.inside(sources[:, search.at[0], search.at[1]])
    canvas = window.seen(*sources)
    for _ in range(rounds):
        nearest, distances = search.improved(nearest, canvas, dice)
        canvas = search.told(canvas, nearest, distances)
    sources = sources.clone()
    sources[:, search.at[0], search.at[1]] = nearest
    return torch.where(search.beyond, sources, torch.stack(window.places()))


class _Search:
    """The patches that reach beyond the picture, [n], and those that lie in it."""

    def __init__(self, window: Window, subjects: Tensor, radius: int) -> None:
        self.window, self.radius = window, radius
        height, width = window.picture.shape[1:]
        rows, columns = window.places()
        self.beyond = window.beyond()
        side = 2 * radius + 1
        reaching = F.max_pool2d(self.beyond[None, None].float(), side, stride=1, padding=radius)[0, 0] > 0
        self.at = reaching.nonzero(as_tuple=True)
        # The number of the patch around each place, -1 where there is none; none is further than its border.
        self.border = max(*JUMPS, radius)
        numbers = torch.full(reaching.shape, -1)
        numbers[self.at] = torch.arange(len(self.at[0]))
        self.numbers = F.pad(numbers, (self.border,) * 4, value=-1)

        known = F.unfold(window.picture[None], side)[0].T
        self.mean = known.mean(dim=0)
        apart = known - self.mean
        self.components = torch.linalg.eigh(apart.T @ apart).eigenvectors[:, -COMPONENTS:]
        self.known = apart @ self.components / known.shape[1] ** 0.5
        # What the place itself costs: [2, n], where it ought to be; what is there for the taking.
        self.ought = torch.stack([rows[self.at].clamp(0, height - 1), columns[self.at].clamp(0, width - 1)])
        alone = F.interpolate(subjects[None, None], size=(height, width), mode="bilinear")[0, 0]
        self.alone = alone[radius : height - radius, radius : width - radius].flatten() * SUBJECT
        self.other = 1 - alone[self.ought[0], self.ought[1]]  # a subject that the edge cuts goes on
        self.price = torch.tensor([UPRIGHT / height**2, SIDEWAYS / width**2])[:, None]
        astray = torch.stack([rows[self.at], columns[self.at]]) - self.ought
        self.nearness = FARTHER ** -astray.abs().amax(dim=0).clamp(max=FARTHEST).float()

    def inside(self, places: Tensor) -> Tensor:
        """[2, n] rows and columns -> the nearest whose whole patch lies in the picture."""
        height, width = self.window.picture.shape[1:]
        low, high = self.radius, torch.tensor([height, width])[:, None] - 1 - self.radius
        return places.clamp(min=low).minimum(high)

    def improved(self, nearest: Tensor, canvas: Tensor, dice: torch.Generator) -> tuple[Tensor, Tensor]:
        """One round of PatchMatch on all patches at a time: nearest [2, n] and its distances [n]."""
        wanted, again = self._described(canvas), self._again(nearest)
        best = self._distances(nearest, wanted, again)

        def attempt(places: Tensor, slack: float) -> None:
            nonlocal nearest, best
            places = self.inside(places)
            distances = self._distances(places, wanted, again)
            better = distances < best * slack
            nearest, best = torch.where(better, places, nearest), torch.where(better, distances, best)

        for jump in JUMPS:
            for way in ((jump, 0), (-jump, 0), (0, jump), (0, -jump)):
                number = self._neighbours(*way)
                theirs = nearest[:, number.clamp(min=0)] - torch.tensor(way)[:, None]
                attempt(torch.where(number >= 0, theirs, nearest), SLACK if self.radius >= FINE else 1.0)
        reach = float(max(self.window.picture.shape[1:]))
        while reach >= 1:
            aside = (torch.rand(nearest.shape, generator=dice) * 2 - 1) * reach
            attempt(nearest + aside.round().long(), 1.0)
            reach /= 2
        return nearest, best

    def told(self, canvas: Tensor, nearest: Tensor, distances: Tensor) -> Tensor:
        """The canvas as its patches tell it, the surer ones and those nearer to the picture louder."""
        trust = self.nearness * torch.exp(-distances / (2 * distances.quantile(0.75).clamp(min=1)))
        total = torch.zeros_like(canvas)
        weights = torch.zeros(canvas.shape[1:])
        reach = range(-self.radius, self.radius + 1)
        for way in ((down, right) for down in reach for right in reach):
            number = self._centres(*way)
            weight = torch.where(number >= 0, trust[number.clamp(min=0)], 0)
            rows, columns = nearest[:, number.clamp(min=0)] - torch.tensor(way)[:, None, None]
            total += weight * self.window.seen(rows, columns)
            weights += weight
        return torch.where(self.beyond, total / weights.clamp(min=1e-30), canvas)

    def _described(self, canvas: Tensor) -> Tensor:
        """The canvas's patches in the picture's components, [n, k]."""
        side = 2 * self.radius + 1
        padded = F.pad(canvas[None], (self.radius,) * 4, mode="replicate")
        patches = F.unfold(padded, side)[0].T[self.at[0] * canvas.shape[2] + self.at[1]]
        return (patches - self.mean) @ self.components / patches.shape[1] ** 0.5

    def _distances(self, places: Tensor, wanted: Tensor, again: Tensor) -> Tensor:
        """Squared levels a pixel by which these patches of the picture are not what is wanted, [n]."""
        columns = self.window.picture.shape[2] - 2 * self.radius
        number = (places[0] - self.radius) * columns + places[1] - self.radius
        unlike = (self.known[number] - wanted).square().sum(dim=1)
        astray = ((places - self.ought).square() * self.price).sum(dim=0)
        return unlike + self.alone[number] * self.other + again[number] + astray

    def _again(self, nearest: Tensor) -> Tensor:
        """What each patch of the picture costs for being taken, or those that it overlaps."""
        height, width = self.window.picture.shape[1:]
        times = torch.bincount(nearest[0] * width + nearest[1], minlength=height * width).float()
        times = F.avg_pool2d(times.view(1, 1, height, width), 2 * self.radius + 1, stride=1)
        return (times.flatten() - OFTEN).clamp(min=0) * AGAIN

    def _neighbours(self, down: int, right: int) -> Tensor:
        """The number of the patch so far from each, -1 where there is none. [n]."""
        return self.numbers[self.at[0] + self.border + down, self.at[1] + self.border + right]

    def _centres(self, down: int, right: int) -> Tensor:
        """The number of the patch so far from each pixel. [height, width]."""
        rows, columns = self.border + down, self.border + right
        return self.numbers[rows : rows + self.window.height, columns : columns + self.window.width]
