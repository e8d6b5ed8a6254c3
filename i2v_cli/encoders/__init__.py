"""Text encoders, native and shared by families."""
