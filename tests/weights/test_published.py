"""Which model a request means, and what may be wrong with a part's json."""

from pathlib import Path

import pytest

from i2v_cli.errors import ModelError, UsageError
from i2v_cli.request import Request
from i2v_cli.weights import published
from i2v_cli.weights.component import Component, Repo

REPO = Repo(id="owner/name", licence="free")
MODELS = {
    name: tuple(
        Component(name=part, repo=REPO, folder=part, size=2, sidecars=("config.json",))
        for part in ("vae", "denoiser")
    )
    for name in ("small", "large")
}


def asked(variant: str | None, source: Path | None = None) -> Request:
    values = {"image": "a.png", "preset": "x", "family": "x", "fps": 8, "area": 4096, "seed": 1, "steps": 1}
    more = {"guidance": 1, "sampler": "euler", "variant": variant, "source": source and str(source)}
    return Request.model_validate(values | more)


def test_without_a_name_the_first_model_is_meant():
    assert [published.variant(asked(name), MODELS) for name in (None, "large")] == ["small", "large"]


def test_an_unknown_model_is_refused_and_the_known_ones_are_named():
    with pytest.raises(UsageError, match="x has no variant 'huge'") as caught:
        published.parts(asked("huge"), MODELS)
    assert caught.value.hint == "variants: small, large"


def test_a_part_is_found_though_others_are_missing(tmp_path):
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "config.json").write_text("{}")
    request = asked("small", tmp_path)
    assert published.part(request, MODELS, "vae").folder == tmp_path / "vae"
    with pytest.raises(ModelError, match=r"lacks denoiser/config\.json"):
        published.parts(request, MODELS)


@pytest.mark.parametrize("raw", [{}, {"layers": None}, {"layers": "many"}, {"layers": 2, "bias": True}])
def test_json_that_describes_another_network_is_a_model_error(raw):
    def parse(raw: dict[str, object]) -> int:
        published.expect(raw, {"bias": False})
        return int(raw["layers"])  # type: ignore[call-overload]

    assert published.parsed("vae", {"layers": 3}, parse) == 3
    with pytest.raises(ModelError, match="the config of vae describes nothing that i2v knows"):
        published.parsed("vae", raw, parse)
