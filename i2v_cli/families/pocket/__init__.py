"""`pocket`, the embedded model: motion latents, a warp decoder, weights inside the package."""
