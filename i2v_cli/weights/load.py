"""From safetensors files into a network: built on the meta device, compared by name and shape, then mapped.

`build` does it all; `skeleton` and `fill` are its two halves, for a network that is filled block by block.
A network must register no non-persistent buffers: what is not in the files would stay on the meta device.
Compute such tensors in `forward`.
"""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from itertools import chain
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from i2v_cli.errors import ModelError
from i2v_cli.weights import header
from i2v_cli.weights.component import Files
from i2v_cli.weights.shards import Place, Shards

Network = TypeVar("Network", bound=nn.Module)

SHOWN = 5


def build(
    make: Callable[[], Network],
    files: Files,
    *,
    dtype: torch.dtype,
    device: torch.device | str = "cpu",
    prefix: str = "",
    keep_fp32: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
) -> Network:
    """The network of `make` with the files' weights: floats in `dtype`, on `device`, in eval mode, frozen.

    prefix: only keys that begin with it are read, and they lose it: one file can hold several networks.
    keep_fp32: patterns ("*norm*", as of file names) of keys that become fp32 whatever `dtype` is. ignore:
    patterns of keys that no network wants. A file that is damaged, not finite or not exactly this network's
    is a ModelError. Tensors are cast one at a time; those that need no cast stay mapped.
    """
    shards = Shards(files)
    network = skeleton(make, shards, prefix=prefix, ignore=ignore)
    fill(network, shards, dtype=dtype, device=device, prefix=prefix, keep_fp32=keep_fp32)
    return network


def skeleton(
    make: Callable[[], Network], shards: Shards, *, prefix: str = "", ignore: tuple[str, ...] = ()
) -> Network:
    """The network on the meta device, after its names and shapes were found to be those of the files."""
    with torch.device("meta"), _NoNormal():
        network = make()
    places = {
        name.removeprefix(prefix): place
        for name, place in shards.places.items()
        if name.startswith(prefix) and not _matches(name.removeprefix(prefix), ignore)
    }
    _compare(network, places, shards.files)
    return network.eval().requires_grad_(False)


def fill(
    module: nn.Module,
    shards: Shards,
    *,
    dtype: torch.dtype,
    device: torch.device | str = "cpu",
    prefix: str = "",
    keep_fp32: tuple[str, ...] = (),
    skip: tuple[str, ...] = (),
) -> None:
    """Gives `module`, a network or a part of it, its weights; `prefix` is where its keys lie in the files.

    keep_fp32: patterns of keys after the prefix. skip: beginnings of keys that are left on the meta device.
    Values are checked once a `shards`, after the cast: fp32 weights that overflow fp16 are found as well.
    """
    state: dict[str, Tensor] = {}
    for name, meta in module.state_dict().items():
        if name.startswith(skip):
            continue
        wanted = torch.float32 if _matches(name, keep_fp32) else dtype
        stored = shards.tensor(prefix + name)
        state[name] = stored.to(device=device, dtype=wanted if meta.is_floating_point() else stored.dtype)
        if prefix + name not in shards.checked:
            _check_finite(name, state[name], shards.places[prefix + name])
            shards.checked.add(prefix + name)
        if state[name] is not stored:
            shards.drop([prefix + name])
    module.load_state_dict(state, assign=True, strict=not skip)
    left = [
        name
        for name, tensor in chain(module.named_parameters(), module.named_buffers())
        if tensor.is_meta and not name.startswith(skip)
    ]
    assert not left, f"non-persistent buffers {left}"


class _NoNormal(TorchFunctionMode):
    """Skips normal initialisation, which loading replaces: on meta its first call imports for a second."""

    def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        named = kwargs or {}
        if func in {nn.init.normal_, Tensor.normal_}:
            return named["tensor"] if "tensor" in named else args[0]
        return func(*args, **named)


def _compare(network: nn.Module, places: dict[str, Place], files: Files) -> None:
    expected = network.state_dict()
    missing = expected.keys() - places.keys()
    unexpected = places.keys() - expected.keys()
    other = [
        f"{name} {places[name].entry.dtype} {list(places[name].entry.shape)}, expected {list(tensor.shape)}"
        for name, tensor in expected.items()
        if name in places and not _same_kind(tensor, places[name].entry)
    ]
    reasons = [
        f"{len(names)} {kind}: {_first(names)}"
        for kind, names in (("missing", missing), ("unexpected", unexpected), ("of another kind", other))
        if names
    ]
    if reasons:
        what = files.weights[0] if len(files.weights) == 1 else files.folder
        raise ModelError(
            f"{what} does not fit {type(network).__name__}: {'; '.join(reasons)}",
            "use the weights that this version of i2v was made for",
        )


def _same_kind(tensor: Tensor, entry: header.Entry) -> bool:
    return tuple(tensor.shape) == entry.shape and tensor.is_floating_point() == (entry.dtype in header.FLOATS)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _first(names: Iterable[str]) -> str:
    shown = sorted(names)
    # Names come from a file: `ascii` keeps control characters off the terminal.
    return ", ".join(ascii(name[:80])[1:-1] for name in shown[:SHOWN]) + (
        ", ..." if len(shown) > SHOWN else ""
    )


def _check_finite(name: str, tensor: Tensor, place: Place) -> None:
    # The extremes are NaN when any element is; on the CPU this is 20 times faster than isfinite().all().
    if tensor.is_floating_point() and not torch.stack(torch.aminmax(tensor)).isfinite().all():
        raise ModelError(
            f"{place.path}: {_first([name])} holds values that are not finite in {tensor.dtype}",
            "fetch the file again, or use --dtype fp32",
        )
