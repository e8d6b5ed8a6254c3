import torch

from i2v_cli.runtime.remembered import Remembered, digest


class Encoder:
    def __init__(self) -> None:
        self.runs = 0

    def __call__(self) -> torch.Tensor:
        self.runs += 1
        return torch.full((4,), float(self.runs))


def test_one_key_is_encoded_once() -> None:
    remembered, encode = Remembered(), Encoder()
    first = remembered.get(("t5", "a boat"), encode)
    assert torch.equal(remembered.get(("t5", "a boat"), encode), first)
    assert encode.runs == 1


def test_another_key_is_encoded_anew() -> None:
    remembered, encode = Remembered(), Encoder()
    remembered.get(("t5", "a boat"), encode)
    assert remembered.get(("t5", "two boats"), encode)[0] == 2


def test_the_answer_used_longest_ago_goes_first() -> None:
    remembered, encode = Remembered(limit=2 * 16), Encoder()
    for key in ("a", "b", "a", "c"):  # "b" goes
        remembered.get(key, encode)
    assert encode.runs == 3
    remembered.get("a", encode)
    assert encode.runs == 3
    remembered.get("b", encode)
    assert encode.runs == 4


def test_an_answer_over_the_limit_is_given_and_not_kept() -> None:
    remembered, encode = Remembered(limit=15), Encoder()
    assert [remembered.get("a", encode)[0].item() for _ in range(2)] == [1, 2]


def test_pictures_are_told_apart_by_content_and_shape() -> None:
    picture = torch.arange(24, dtype=torch.uint8).reshape(3, 2, 4)
    changed = picture.clone()
    changed[2, 1, 3] += 1
    assert digest(picture) == digest(picture.clone())
    assert len({digest(picture), digest(changed), digest(picture.reshape(3, 4, 2))}) == 3


def test_a_view_is_known_as_its_copy() -> None:
    picture = torch.randint(0, 256, (5, 7, 3), dtype=torch.uint8).movedim(-1, 0)
    assert digest(picture) == digest(picture.contiguous())
