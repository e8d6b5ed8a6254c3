"""i2v: one photo and a sentence become a video, locally."""

__version__ = "0.1.0"
