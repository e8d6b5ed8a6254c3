"""`cogvideox`, CogVideoX 1.0 and 1.5: a photo and a sentence become six or ten seconds; a diffusion
transformer.
"""
