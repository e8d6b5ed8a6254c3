"""Pictures in, videos out: everything that touches image and video files. Knows no torch and no model."""
