"""What encoders answered, kept for the next clip: a batch does not encode one prompt or photo twice."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable

from torch import Tensor

LIMIT = 256 << 20  # bytes; the context of a prompt has 2 to 4 MB, the latent of a photo less


class Remembered:
    """The latest answers, on the CPU, at most `limit` bytes of them."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._answers: OrderedDict[Hashable, Tensor] = OrderedDict()

    def get(self, key: Hashable, encode: Callable[[], Tensor]) -> Tensor:
        """The answer to `key`, on the CPU; from `encode` when it is not known. Do not write to it.

        key: all that the answer depends on: the weights' files, dtype, the text or `digest(photo)`, a seed.
        """
        if key in self._answers:
            self._answers.move_to_end(key)
            return self._answers[key]
        answer = self._answers[key] = encode().cpu()
        while sum(tensor.nbytes for tensor in self._answers.values()) > self.limit:
            self._answers.popitem(last=False)
        return answer


def digest(picture: Tensor) -> str:
    """What a picture, [3, H, W] uint8 on the CPU, is known by: 64 digits of its shape and content."""
    known = hashlib.sha256(repr(tuple(picture.shape)).encode())
    known.update(picture.numpy().tobytes())
    return known.hexdigest()
