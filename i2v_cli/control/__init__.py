"""What a user wants of the clip, beyond words, as exact numbers. Knows no family."""
