"""Noise levels, samplers, guidance and seeded noise: what every diffusion family shares."""
