"""`cogvideox`, CogVideoX 1.0 and 1.5: a photo and a sentence become five to ten seconds; a diffusion
transformer.
"""
