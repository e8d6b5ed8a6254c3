"""`svd`, Stable Video Diffusion: a photo becomes 14 or 25 frames; a UNet with EDM noise levels, no text."""
