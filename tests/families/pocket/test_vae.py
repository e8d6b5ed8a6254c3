"""Motion to latents and back."""

import pytest
import torch

from i2v_cli.families.pocket.config import (
    AXES,
    KINDS,
    KNOTS,
    LOUDER,
    MOVABLE,
    REFERENCE_CHANNELS,
    SCENE_SCALE,
)
from i2v_cli.families.pocket.vae import (
    Latents,
    Motion,
    decode_motion,
    encode_motion,
    encode_path,
    presence,
    sizes,
    smooth,
    split,
    steady,
)

GRID = (8, 12)
ABOVE, LEFT, RIGHT = (slice(0, 4), slice(None)), (slice(4, 8), slice(0, 6)), (slice(4, 8), slice(6, 12))
SKY, WATER, FIRE, SUBJECT = (KINDS.index(kind) for kind in ("sky", "water", "fire", "subject"))


def seen() -> torch.Tensor:
    """[1, 15, 8, 12]: sky above, water below it to the left, a subject to the right, a far-off depth."""
    reference = torch.zeros(1, REFERENCE_CHANNELS, *GRID)
    for kind, (rows, columns) in ((SKY, ABOVE), (WATER, LEFT), (SUBJECT, RIGHT)):
        reference[0, kind, rows, columns] = 0.9
    reference[0, -1] = torch.linspace(0, 1, GRID[0])[:, None]
    return reference


def eased(**reach: float) -> torch.Tensor:
    """[1, 48, 9]"""
    times = torch.arange(1, KNOTS + 1) / KNOTS
    ends = torch.tensor([reach.get(axis, 0.0) for axis in AXES])
    return (times * times * (3 - 2 * times))[None, :, None] * ends


def moves(*kinds: int) -> torch.Tensor:
    """[1, 2, 10]: these kinds move, nothing is lit."""
    stirred = torch.zeros(1, 2, MOVABLE)
    stirred[0, 0, list(kinds)] = 1
    return stirred


def unrest() -> torch.Tensor:
    return torch.randn(1, KNOTS, 3, *GRID, generator=torch.Generator().manual_seed(1)) * 0.02


def latents_of(path: torch.Tensor | None = None, stirred: torch.Tensor | None = None) -> torch.Tensor:
    path = eased() if path is None else path
    return encode_motion(path, unrest(), moves() if stirred is None else stirred, seen())


def noise(like: torch.Tensor, seed: int) -> torch.Tensor:
    return 0.2 * torch.randn(like.shape, generator=torch.Generator().manual_seed(seed))


def test_eased_paths_of_every_axis_come_back_within_a_thousandth():
    path = eased(pan=0.4, tilt=-0.36, zoom=0.3, roll=0.18, truck=0.2, pedestal=0.1, dolly=-0.2, warmth=0.2)
    back = decode_motion(latents_of(path), seen()).path
    assert (back - path).abs().max() < 1e-3


def test_two_moves_in_sequence_come_back_within_three_hundredths():
    first = torch.cat([eased(pan=0.3)[:, ::2], eased(pan=0.3)[:, -1:].expand(-1, 24, -1)], dim=1)
    path = first + torch.cat([torch.zeros(1, 24, len(AXES)), eased(zoom=0.3)[:, ::2]], dim=1)
    assert (decode_motion(latents_of(path), seen()).path - path).abs().max() < 0.03


def test_resting_axes_decode_to_exact_zeros_under_noise():
    latents = latents_of(eased(pan=0.4))
    path = decode_motion(latents + noise(latents, 2), seen()).path
    assert path[..., 1:].abs().max() == 0
    assert path[0, -1, 0] > 0.3


def test_kinds_that_rest_decode_to_exactly_immovable_under_noise():
    latents = latents_of()
    motion = decode_motion(latents + noise(latents, 3), seen())
    assert motion.movable.abs().max() == 0
    assert motion.gated().abs().max() == 0


def test_kinds_that_stir_are_fully_open_under_noise():
    latents = latents_of(stirred=moves(WATER))
    motion = decode_motion(latents + noise(latents, 4), seen())
    assert motion.movable[0, 0][LEFT].min() > 0.9


def test_what_stirs_comes_back_exactly_and_the_rest_is_dropped():
    given = unrest()
    motion = decode_motion(latents_of(stirred=moves(WATER)), seen())
    back = motion.gated()[0]
    rows, columns = LEFT
    assert torch.allclose(back[:, :2, rows, columns], given[0, :, :2, rows, columns], atol=1e-6)
    back[:, :2, rows, columns] = 0
    assert back.abs().max() == 0


@pytest.mark.parametrize(("kind", "plane", "where"), [(SKY, 0, ABOVE), (WATER, 0, LEFT), (SUBJECT, 1, RIGHT)])
def test_the_gate_of_a_kind_opens_only_where_that_kind_lies(kind, plane, where):
    movable = decode_motion(latents_of(stirred=moves(kind)), seen()).movable[0]
    wanted = torch.zeros(3, *GRID)
    wanted[plane][where] = 1
    assert torch.equal(movable, wanted)


def test_backdrops_figures_and_light_have_gates_of_their_own():
    stirred = moves(SKY, SUBJECT)
    stirred[0, 1, WATER] = 1
    backdrops, figures, light = decode_motion(latents_of(stirred=stirred), seen()).movable[0]
    for gate, where in ((backdrops, ABOVE), (figures, RIGHT), (light, LEFT)):
        assert gate[where].min() == 1
        assert gate.sum() == gate[where].sum()


def test_light_that_changes_moves_nothing():
    stirred = moves()
    stirred[0, 1, WATER] = 1
    gated = decode_motion(latents_of(stirred=stirred), seen()).gated()
    assert gated[:, :, :2].abs().max() == 0
    assert gated[:, :, 2].abs().max() > 0


def test_depth_is_what_the_image_encoder_saw():
    assert torch.equal(decode_motion(latents_of(), seen()).depth, seen()[:, -1:])


def test_where_two_kinds_share_a_cell_no_gate_opens_beyond_one():
    reference = seen()
    reference[0, SKY], reference[0, WATER] = 0.5, 0.5
    latents = encode_motion(eased(), unrest(), moves(SKY, WATER), reference)
    assert decode_motion(latents, reference).movable.max() == 1


def test_traces_of_a_kind_are_not_present_and_its_surest_place_is():
    reference = seen()
    reference[0, FIRE, 2, 3] = 0.04
    there = presence(reference)[0]
    assert there[FIRE].max() == 0
    assert there[WATER][LEFT].min() == 1


def test_gates_hold_what_moves_of_a_motion_made_by_hand():
    movable = torch.zeros(1, 3, *GRID)
    movable[0, 1, 0, 0] = 0.5
    residual, nothing = torch.ones(1, KNOTS, 3, *GRID), torch.zeros(1, 1, *GRID)
    motion = Motion(eased(), residual, movable, nothing, nothing[0])
    gated = motion.gated()
    assert gated[0, :, :2, 0, 0].unique().tolist() == [0.5]
    assert gated.sum() == KNOTS * 2 * 0.5


def test_latents_of_lively_scenes_are_about_as_large_as_noise():
    latents = split(latents_of(eased(pan=0.4, zoom=0.36), moves(SKY, WATER, SUBJECT)), GRID)
    assert 0.2 < latents.camera.std() < 2
    assert latents.still.abs().unique().tolist() == [1]
    assert 0.2 < (latents.scene.std() / (0.02 * max(SCENE_SCALE))) < 2


def test_smoothing_removes_knot_to_knot_jitter_and_keeps_the_move():
    path = eased(pan=0.4)
    jitter = 0.01 * torch.randn(path.shape, generator=torch.Generator().manual_seed(4))
    before, after = (
        values.diff(dim=1).diff(dim=1).abs().mean() for values in (path + jitter, smooth(path + jitter))
    )
    assert after < before / 5
    assert (smooth(path + jitter) - path).std() < 0.6 * jitter.std()


def test_a_move_that_wavers_does_not_turn_back_and_ends_where_it_ended():
    path = eased(pan=0.4, zoom=-0.3)
    wavers = path + 0.02 * torch.sin(100 * path)
    straight = steady(wavers)
    assert (wavers.diff(dim=1)[..., 0] < 0).any()
    assert (straight.diff(dim=1)[..., 0] >= 0).all() and (straight.diff(dim=1)[..., 2] <= 0).all()
    assert torch.allclose(straight[:, -1], wavers[:, -1], atol=1e-6)
    assert (straight - path).abs().max() < 0.06


def test_a_camera_that_goes_there_and_back_is_left_alone():
    there_and_back = torch.cat([eased(pan=0.4)[:, ::2], eased(pan=0.4)[:, ::2].flip(1)], dim=1)
    assert torch.equal(steady(there_and_back), there_and_back)


def test_light_may_come_and_go():
    flashes = eased(brightness=0.1) + 0.02 * torch.sin(400 * eased(brightness=0.1))
    assert torch.equal(steady(flashes), flashes)


def test_a_path_that_is_held_is_what_latents_of_it_hold():
    path = eased(pan=0.3, zoom=0.2)
    assert torch.equal(encode_path(path), split(latents_of(path), GRID).camera)


def test_split_is_the_inverse_of_join():
    latents = torch.randn(2, sum(sizes(GRID)))
    parts = split(latents, GRID)
    assert isinstance(parts, Latents)
    assert torch.equal(parts.join(), latents)


def test_water_moves_further_than_its_latents_say_and_the_sky_does_not():
    def moved(kind: int) -> float:
        reference = seen()
        latents = encode_motion(eased(), unrest(), moves(kind), reference)
        scene = split(latents, tuple(reference.shape[2:])).scene
        return (decode_motion(latents, reference).gated().abs().amax() / scene.abs().amax()).item()

    assert moved(WATER) == pytest.approx(LOUDER["water"] * moved(SKY), rel=0.01)
