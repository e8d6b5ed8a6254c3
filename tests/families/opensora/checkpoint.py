"""A tiny Open-Sora in the published layout, its weights drawn by their names; its words are read by the tiny
T5 that the tests of `cogvideox` use.
"""

import json
import shutil
import zlib
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from i2v_cli.families.opensora.denoiser import OpenSoraDenoiser
from i2v_cli.families.opensora.networks import DenoiserConfig, VaeConfig
from i2v_cli.families.opensora.vae import VaeDecoder, VaeEncoder

TEXT = Path(__file__).parents[2] / "goldens" / "cogvideox" / "cogvideox-5b"
SPEEDS = 10_000.0

DENOISER = {
    "architectures": ["STDiT3"],
    "caption_channels": 32,
    "class_dropout_prob": 0.1,
    "depth": 2,
    "drop_path": 0.0,
    "enable_flash_attn": False,
    "enable_layernorm_kernel": False,
    "enable_sequence_parallelism": False,
    "freeze_y_embedder": True,
    "hidden_size": 48,
    "in_channels": 4,
    "input_size": [None, None, None],
    "input_sq_size": 512,
    "mlp_ratio": 4.0,
    "model_max_length": 120,
    "model_type": "STDiT3",
    "num_heads": 4,
    "only_train_temporal": False,
    "patch_size": [1, 2, 2],
    "pred_sigma": True,
    "qk_norm": True,
    "skip_y_embedder": False,
    "torch_dtype": "float32",
}
VAE = {
    "architectures": ["VideoAutoencoderPipeline"],
    "cal_loss": False,
    "freeze_vae_2d": False,
    "from_pretrained": None,
    "micro_frame_size": 17,
    "model_type": "VideoAutoencoderPipeline",
    "scale": [3.85, 2.32, 2.33, 3.06],
    "shift": [-0.1, 0.34, 0.27, 0.98],
    "torch_dtype": "float32",
    "vae_2d": {
        "type": "VideoAutoencoderKL",
        "block_out_channels": [8, 8, 16, 16],
        "layers_per_block": 1,
        "norm_num_groups": 4,
    },
    "vae_temporal": {"type": "VAE_Temporal_SD", "filters": 8, "num_groups": 4, "num_res_blocks": 1},
}


def drawn(name: str, shape: torch.Size) -> Tensor:
    """A weight of about the size that training gives it. Uniform numbers are the same on every machine."""
    if name == "rope.freqs":
        return SPEEDS ** (-torch.arange(shape[0]) / shape[0])
    if name in ("shift", "scale"):
        return torch.tensor(VAE[name]).reshape(shape)
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    values = 2 * torch.rand(shape, generator=generator) - 1
    if name.endswith("y_embedding"):
        return values
    if name.endswith("scale_shift_table"):
        return 0.5 * values
    if len(shape) == 1:
        return 0.1 * values if name.endswith("bias") else 1 + 0.2 * values
    fan_in = max(shape[1:].numel(), 1)
    return values * (3 / fan_in) ** 0.5


def weights() -> dict[str, dict[str, Tensor]]:
    """Of "denoiser" and "vae", by the checkpoint's names."""
    denoiser, vae = DenoiserConfig.from_json(DENOISER), VaeConfig.from_json(VAE)
    with torch.device("meta"):
        parts = {
            "denoiser": OpenSoraDenoiser(denoiser).state_dict(),
            "vae": VaeEncoder(vae).state_dict() | VaeDecoder(vae).state_dict(),
        }
    return {
        part: {name: drawn(name, meta.shape) for name, meta in state.items()} for part, state in parts.items()
    }


def write(folder: Path) -> Path:
    """The three repositories side by side, each under its name."""
    state = weights()
    for name, part, raw in (
        ("OpenSora-STDiT-v3", "denoiser", DENOISER),
        ("OpenSora-VAE-v1.2", "vae", VAE),
    ):
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(raw))
        save_file(state[part], folder / name / "model.safetensors")
    for part in ("text_encoder", "tokenizer"):
        shutil.copytree(TEXT / part, folder / "CogVideoX-5b-I2V" / part)
    return folder


def photo(width: int, height: int) -> Tensor:
    """[3, H, W] uint8: ramps and a checkerboard."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    board = (rows // 6 + columns // 6) % 2 * 120
    return torch.stack([rows * 255 // height, columns * 255 // width, board + 60]).to(torch.uint8)


def clip(frames: int, width: int, height: int) -> Tensor:
    """[F, 3, H, W] uint8: the photo wanders."""
    return torch.stack([photo(width, height).roll((frame, -2 * frame), (1, 2)) for frame in range(frames)])
