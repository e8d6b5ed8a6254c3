"""Any mode that Pillow decodes to -> 8-bit sRGB. Knows nothing about files.

Pillow's own `convert("RGB")` is wrong for three ordinary kinds of picture: it clips 16-bit grey to white,
shows the hidden colour under transparency, and clips floats to black. They are converted here instead.
"""

import io
import struct

import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin

from i2v_cli.errors import InputError

BITS_PER_SAMPLE, PHOTOMETRIC, SAMPLE_FORMAT = 258, 262, 339
DECLARED_RANGES = ((340, 341), (280, 281))  # SMin/SMaxSampleValue, Min/MaxSampleValue
WHITE_IS_ZERO, UNSIGNED = 0, 1
PREMULTIPLIED = {"La": "LA", "RGBa": "RGBA"}
PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError, struct.error)


def to_srgb(image: Image.Image, background: tuple[int, int, int]) -> tuple[Image.Image, tuple[str, ...]]:
    """A decoded image of any mode -> (mode RGB in sRGB, what the user should know).

    Transparent parts are composited over `background`. Raises InputError for numbers without a known range.
    """
    flat, alpha = _split(image)
    rgb, notes = _apply_profile(flat, image.info.get("icc_profile"))
    if alpha is None or _darkest(alpha) == 255:
        return rgb, notes
    canvas = Image.new("RGB", rgb.size, background)
    canvas.paste(rgb, mask=alpha)
    return canvas, (*notes, "transparent parts were filled with the background colour")


def _darkest(channel: Image.Image) -> int:
    return int(np.asarray(channel).min())


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """-> (colour: L, RGB, CMYK or LAB, 8 bits a channel; alpha: L or None)."""
    if image.mode[0] in "FI":
        return _deep(image)
    if image.mode in PREMULTIPLIED:
        image = image.convert(PREMULTIPLIED[image.mode])
    if image.mode == "LA":
        return image.getchannel("L"), image.getchannel("A")
    if image.has_transparency_data:
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        return image.convert("RGB"), image.getchannel("A")
    if image.mode == "1":
        return image.convert("L"), None
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image, None
    return image.convert("RGB"), None


def _deep(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Modes F, I and I;16: more than 8 bits of grey."""
    if image.mode == "F":
        return _from_floats(image), None
    return _from_integers(image), _transparent_value(image)


def _from_floats(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    low, high = float(values.min()), float(values.max())
    if not 0 <= low <= high <= 1:  # a NaN fails this as well
        raise InputError(
            f"its floating-point values run from {low:g} to {high:g}; only 0 to 1 has a known meaning",
            hint="save it as an 8-bit or 16-bit PNG first",
        )
    return Image.fromarray(np.rint(values * 255).astype(np.uint8))


def _from_integers(image: Image.Image) -> Image.Image:
    """16- and 32-bit grey, scaled from the range that the file declares to 0..255 (0..65535: by 1/257)."""
    low, high = _declared_range(image)
    values = np.asarray(image)
    if image.mode == "I":
        if high > 2**31:  # Pillow keeps unsigned 32-bit numbers in signed ones
            values = values.view(np.uint32)
        grey = values.astype(np.float32)  # a large picture: one copy, changed in place
        grey -= low
        grey *= 255 / (high - low)
        shades = np.rint(grey.clip(0, 255, out=grey), out=grey).astype(np.uint8)
    else:
        table = (np.arange(2**16) - low) * (255 / (high - low))
        shades = np.rint(table.clip(0, 255)).astype(np.uint8)[values]
    if _tag(image, PHOTOMETRIC, 1) == WHITE_IS_ZERO:
        shades = 255 - shades
    return Image.fromarray(shades)


def _declared_range(image: Image.Image) -> tuple[float, float]:
    """(black, white) of an integer image: TIFF's tags, else what its bits can hold; others have 16."""
    for low_tag, high_tag in DECLARED_RANGES:
        low, high = _tag(image, low_tag, 0), _tag(image, high_tag, 0)
        if low < high:
            return low, high
    bits = int(_tag(image, BITS_PER_SAMPLE, 16))
    if _tag(image, SAMPLE_FORMAT, UNSIGNED) != UNSIGNED:
        return 0, 2 ** (bits - 1) - 1
    return 0, 2**bits - 1


def _tag(image: Image.Image, number: int, default: float) -> float:
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return default
    value = image.tag_v2.get(number, default)
    return float(value[0] if isinstance(value, tuple) else value)


def _transparent_value(image: Image.Image) -> Image.Image | None:
    """A 16-bit PNG can declare one grey value to be transparent."""
    value = image.info.get("transparency")
    if not isinstance(value, int):
        return None
    return Image.fromarray(np.where(np.asarray(image) == value, 0, 255).astype(np.uint8))


def _apply_profile(flat: Image.Image, profile: bytes | None) -> tuple[Image.Image, tuple[str, ...]]:
    """L, RGB, CMYK or LAB -> RGB in sRGB through its ICC profile; a profile that does not fit is ignored."""
    notes: tuple[str, ...] = ()
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            return _transform(flat, source), notes
        except PROFILE_ERRORS:
            notes = ("its colour profile is damaged or does not fit and was ignored",)
    if flat.mode == "LAB":
        return _transform(flat, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))), notes
    return flat if flat.mode == "RGB" else flat.convert("RGB"), notes


def _transform(flat: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    result = ImageCms.profileToProfile(flat, source, srgb, outputMode="RGB")
    assert result is not None  # only an in-place conversion answers None
    return result
