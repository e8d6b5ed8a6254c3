"""What `--cache` saves and what it costs: whole runs with the trained weights that are at hand, `pocket`'s.

    python tests/benchmarks/step_cache.py [--steps 10 25 50] [--write]

`pocket` has no such flag, its steps take milliseconds; but its denoiser is a transformer like CogVideoX's and
it is trained, and random weights would tell nothing of how little a step changes. Its blocks are put behind
the very `StepCache` that CogVideoX's have. Errors are beside the same run without a cache: of the last
latents in the root mean square, relative, and of the frames, the mean over all values of 0..255.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import page
import torch
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.base import Condition
from i2v_cli.families.pocket.denoiser import PocketDenoiser
from i2v_cli.families.pocket.pipeline import CONFIG, Pipeline
from i2v_cli.media import image
from i2v_cli.plan import Plan, plan
from i2v_cli.resolve import resolve
from i2v_cli.runtime.device import Runtime, choose
from i2v_cli.runtime.hold import hold
from i2v_cli.sampling import noise
from i2v_cli.sampling.guidance import classifier_free
from i2v_cli.sampling.parametrize import x0_from_velocity
from i2v_cli.sampling.samplers import State, euler
from i2v_cli.sampling.step_cache import StepCache

PHOTO = Path(__file__).parents[2] / "docs" / "assets" / "evening-glow.jpg"
PROMPT = "camera slowly pans right, the clouds drift"
THRESHOLDS = (0.02, 0.05, 0.1, 0.2)


class Cached(nn.Module):
    """Blocks of one shape as one block, with a cache."""

    def __init__(self, blocks: nn.ModuleList, cache: StepCache) -> None:
        super().__init__()
        self.first, *self.rest = blocks
        self.cache = cache

    def forward(self, tokens: Tensor, modulation: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        def rest(entered: Tensor) -> Tensor:
            for block in self.rest:
                entered = block(entered, modulation, context, mask)
            return entered

        return self.cache(tokens, lambda given: self.first(given, modulation, context, mask), rest)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, nargs="+", default=[10, 25, 50])
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    asked = parser.parse_args()
    head = (
        "| steps | `--cache` | skipped | error of latents | error of frames, of 255 |",
        "|---|---|---|---|---|",
    )
    text = "\n".join([*head, *(row for steps in asked.steps for row in rows(steps))])
    print(text)
    if asked.write:
        page.put("step cache", text)


def rows(steps: int) -> Iterator[str]:
    asked = {"image": PHOTO, "prompt": PROMPT, "steps": steps, "seed": 1, "size": "480x320"}
    clip, runtime, family = plan(resolve(asked, {}).request), choose("cpu", "fp32"), Pipeline()
    shape = clip.geometry
    fitted, _ = image.fit(image.load(PHOTO).pixels, shape.width, shape.height, "crop")
    photo = rearrange(torch.from_numpy(fitted), "h w c -> c h w").contiguous()
    condition = family.encode(clip.request, photo, runtime, lambda _: None)

    def frames(latents: Tensor) -> Tensor:
        return torch.cat(list(family.decode(latents, condition, shape, clip.request, runtime))).float()

    exact, _ = denoised(clip, condition, runtime, 0)
    whole = frames(exact)
    for threshold in THRESHOLDS:
        latents, skipped = denoised(clip, condition, runtime, threshold)
        error = ((latents - exact).square().mean() / exact.square().mean()).sqrt().item()
        apart = (frames(latents) - whole).abs().mean().item()
        yield f"| {steps} | {threshold} | {skipped} | {error:.1%} | {apart:.1f} |"


def denoised(clip: Plan, condition: Condition, runtime: Runtime, threshold: float) -> tuple[Tensor, int]:
    """The last latents, and how many steps took from the cache."""
    schedule, cache = Pipeline().schedule(clip.request), StepCache(threshold)
    with hold(lambda: PocketDenoiser(CONFIG), Pipeline().files, runtime, prefix="denoiser.") as denoiser:
        denoiser.blocks = nn.ModuleList([Cached(denoiser.blocks, cache)])

        def predict_pair(latents: Tensor, step: int) -> Tensor:
            count = len(latents)
            velocity = denoiser(
                latents,
                schedule.timesteps[step].expand(count),
                condition.channels.expand(count, -1, -1, -1),
                condition.context[:count],
                condition.context_mask[:count],
            )
            return x0_from_velocity(latents, velocity, schedule.sigmas[step].item())

        start = State(noise.initial((1, *clip.geometry.latent_shape), clip.request.seed))
        *_, last = euler(classifier_free(predict_pair, clip.request.guidance), start, schedule)
    return last.latents, cache.skipped


if __name__ == "__main__":
    main()
