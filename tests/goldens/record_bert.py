"""Records bert.safetensors: a tiny random BertModel of transformers, its input and its output.

Run once, with transformers installed: python tests/goldens/record_bert.py
"""

from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

TINY = {
    "vocab_size": 50,
    "hidden_size": 24,
    "num_attention_heads": 3,
    "num_hidden_layers": 2,
    "intermediate_size": 40,
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
}


def main() -> None:
    torch.manual_seed(0)
    model = transformers.BertModel(transformers.BertConfig(**TINY), add_pooling_layer=False).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    ids = torch.randint(0, 50, (2, 7))
    mask = torch.ones(2, 7, dtype=torch.int64)
    mask[1, 4:] = 0
    with torch.inference_mode():
        states = model(input_ids=ids, attention_mask=mask).last_hidden_state
    tensors = {f"weights.{name}": value for name, value in model.state_dict().items()}
    tensors |= {"ids": ids, "mask": mask, "states": states}
    path = Path(__file__).with_name("bert.safetensors")
    save_file(tensors, path, metadata={"reference": f"transformers {transformers.__version__}"})


if __name__ == "__main__":
    main()
