"""Against diffusers itself, through a checkpoint that it saved."""

import pytest
import torch

from i2v_cli.families.svd.config import COMPONENTS
from i2v_cli.weights import hub
from tests.families.svd import reference
from tests.families.svd.test_pipeline import run

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]
pytest.importorskip("diffusers", minversion="0.42")
pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def pipe():
    return reference.pipeline()


@pytest.fixture(scope="module", params=[None, "fp16"])
def saved(request, pipe, tmp_path_factory):
    """Saved by diffusers, under the names of the fp32 files and of the fp16 ones."""
    folder = tmp_path_factory.mktemp("saved")
    pipe.save_pretrained(folder, variant=request.param)
    return folder


@pytest.mark.parametrize("case", ["short", "odd"])
def test_a_checkpoint_that_diffusers_saved_makes_its_clip(case, pipe, saved, make, fp32):
    frames, width, height, changed = reference.CASES[case]
    with torch.inference_mode():
        expected, expected_frames = reference.run(pipe, case)
    request = make(frames=frames, size=f"{width}x{height}", source=str(saved), **changed)
    latents, clip = run(request, fp32)
    assert (latents - expected).abs().max() < 1e-4
    assert (clip.float() - expected_frames * 255).abs().max() <= 2


def test_what_is_recorded_is_what_diffusers_answers(pipe, golden):
    with torch.inference_mode():
        found = reference.parts(pipe)
    for name in ("context", "encoded", "even.v", "odd.v", "sigmas.25"):
        assert torch.allclose(found[name], golden[name], atol=1e-4), name


def test_every_part_is_found_in_what_diffusers_saved(saved):
    assert set(hub.locate_all("svd", COMPONENTS["svd"], source=saved)) == {
        "image_encoder",
        "vae",
        "denoiser",
        "scheduler",
    }
