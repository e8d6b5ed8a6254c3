"""Weights on disk: their header, their digest, and how they get into a network. Only safetensors."""
