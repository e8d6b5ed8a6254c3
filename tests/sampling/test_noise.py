import pytest
import torch

from i2v_cli.sampling.noise import initial, stream


def test_noise_is_standard_normal_fp32_on_the_cpu() -> None:
    noise = initial((100, 1000), 7)
    assert (noise.shape, noise.dtype, noise.device.type) == ((100, 1000), torch.float32, "cpu")
    assert abs(float(noise.mean())) < 0.02
    assert abs(float(noise.std()) - 1) < 0.02


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_seed_gives_the_same_noise_again(seed: int) -> None:
    assert torch.equal(initial((3, 4), seed), initial((3, 4), seed))


def test_seeds_give_different_noise() -> None:
    assert not torch.equal(initial((16,), 0), initial((16,), 1))


def test_noise_of_a_seed_never_changes() -> None:
    torch.testing.assert_close(initial((2,), 42), torch.tensor([0.33669036626815796, 0.12880940735340118]))


def test_drawing_noise_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    initial((4,), 5)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_that_is_no_uint64_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=f"seed {seed}"):
        initial((1,), seed)


def test_streams_of_a_seed_differ_by_their_purpose_and_go_on() -> None:
    like = torch.zeros(8)
    first, other = stream(5, "photo"), stream(5, "sampler")
    drawn = first(like)
    assert torch.equal(drawn, stream(5, "photo")(like))
    assert not torch.equal(drawn, other(like))
    assert not torch.equal(drawn, first(like))
    assert not torch.equal(drawn, initial((8,), 5))


def test_a_stream_draws_in_fp32_whatever_it_answers_in() -> None:
    drawn = stream(5, "photo")(torch.zeros(8, dtype=torch.bfloat16))
    assert drawn.dtype == torch.bfloat16
    assert torch.equal(drawn, stream(5, "photo")(torch.zeros(8)).bfloat16())
