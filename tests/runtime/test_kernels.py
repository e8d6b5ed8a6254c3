"""Linear layers and attention against torch's own, in every dtype that they have a way of their own for."""

import pytest
import torch
import torch.nn.functional as F

from i2v_cli.runtime import kernels

DTYPES = pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2), (torch.float64, 1e-12)]
)


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


def relative(made: torch.Tensor, exact: torch.Tensor) -> float:
    return float((made.double() - exact).norm() / exact.norm())


@DTYPES
@pytest.mark.parametrize("shape", [(5, 32), (2, 7, 32), (1, 32)])
def test_a_linear_layer_is_torchs(dtype, tolerance, shape):
    x, weight, bias = drawn(*shape), drawn(24, 32), drawn(24)
    given = (tensor.to(dtype) for tensor in (x, weight, bias))
    assert relative(kernels.linear(*given), F.linear(x, weight, bias)) < tolerance


@DTYPES
def test_a_linear_layer_needs_no_bias(dtype, tolerance):
    x, weight = drawn(5, 32), drawn(24, 32)
    assert relative(kernels.linear(x.to(dtype), weight.to(dtype), None), x @ weight.T) < tolerance


@DTYPES
def test_gelu_is_the_tanh_approximation(dtype, tolerance):
    x, weight, bias = drawn(5, 32), drawn(24, 32), drawn(24)
    exact = F.gelu(F.linear(x, weight, bias), approximate="tanh")
    assert relative(kernels.linear_gelu(x.to(dtype), weight.to(dtype), bias.to(dtype)), exact) < tolerance


@DTYPES
@pytest.mark.parametrize("channels_last", [False, True])
def test_a_convolution_in_time_and_space_is_torchs(dtype, tolerance, channels_last):
    x, weight, bias = drawn(1, 8, 4, 5, 6), drawn(7, 8, 3, 3, 3), drawn(7)
    layout = torch.channels_last_3d if channels_last else torch.contiguous_format
    given = [tensor.to(dtype).contiguous(memory_format=layout) for tensor in (x, weight)]
    exact = F.conv3d(x, weight, bias, padding=(0, 1, 1))
    assert relative(kernels.conv(*given, bias.to(dtype), padding=(0, 1, 1)), exact) < tolerance


@DTYPES
@pytest.mark.parametrize(("kernel", "padding"), [(1, 0), (2, 1), (3, 1)])
def test_a_convolution_in_space_is_torchs(dtype, tolerance, kernel, padding):
    x, weight, bias = drawn(2, 8, 5, 6), drawn(7, 8, kernel, kernel), drawn(7)
    given = (tensor.to(dtype) for tensor in (x, weight, bias))
    exact = F.conv2d(x, weight, bias, padding=padding)
    assert relative(kernels.conv(*given, padding=(padding, padding)), exact) < tolerance


@DTYPES
@pytest.mark.parametrize("length", [3, 64, 1000])
@pytest.mark.parametrize("sharpness", [0.1, 2.0])
def test_attention_is_torchs(dtype, tolerance, length, sharpness):
    query, key, value = (drawn(2, length, 16 + extra)[..., :16] for extra in range(3))
    query = sharpness * query
    exact = F.scaled_dot_product_attention(query, key, value, scale=1.0)
    made = kernels.attention(*(tensor.to(dtype).contiguous() for tensor in (query, key, value)))
    assert relative(made, exact) < tolerance


def test_large_scores_in_bf16_are_as_exact_as_their_inputs():
    """Rounding a score of 100 to bf16 would move it by up to 0.25, and its weight by a quarter."""
    query, key, value = drawn(1, 400, 32), drawn(1, 400, 33)[..., :32], drawn(1, 400, 34)[..., :32]
    given = [tensor.bfloat16().contiguous() for tensor in (4 * query, key, value)]
    exact = F.scaled_dot_product_attention(*(tensor.double() for tensor in given), scale=1.0)
    assert relative(kernels.attention(*given), exact) < 1e-2


def test_rows_at_a_time_are_all_at_once(monkeypatch):
    given = [drawn(2, 200, 16).float() for _ in range(3)]
    whole = kernels.attention(given[0].clone(), *given[1:]).clone()
    monkeypatch.setattr(kernels, "SCORES", 1)
    assert torch.allclose(kernels.attention(given[0].clone(), *given[1:]), whole, atol=1e-6)
