"""`opensora`, Open-Sora 1.2: a photo and a sentence become seconds of video; any frames can be held."""
