"""One photo from outside: looked at by its header, decoded upright to sRGB, fitted to the video's size.

Everything that is refused leaves as one InputError. Knows nothing about models.
"""

import hashlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageColor, ImageFilter

from i2v_cli.errors import InputError, UsageError
from i2v_cli.media import colour, containers
from i2v_cli.media.untrusted import DECODE_ERRORS, opened
from i2v_cli.request import Fit

FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "BMP", "TIFF", "GIF", "PPM")  # an MPO opens as a JPEG
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")

MAX_BYTES = 200_000_000
DIGEST_BYTES = 1 << 20  # read at a time
MAX_PIXELS = 50_000_000  # 0.6 to 1.2 GB while decoding; Pillow alone allows 179 million
MAX_SIDE = 32_768
MIN_SIDE = 16
MAX_PAGES = 1_000  # TIFF pages are counted one header after another

# EXIF orientation -> what turns the stored picture upright.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)

NOTEWORTHY = 0.005  # a smaller cut is rounding, not worth a note


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What the header says. `width`, `height`: pixels, upright. `format`: Pillow's name, such as "JPEG"."""

    width: int
    height: int
    format: str
    num_frames: int


@dataclass(frozen=True, slots=True)
class LoadedImage:
    """`pixels`: [H, W, 3] uint8, sRGB, upright. `notes`: what was done that the user may not expect."""

    pixels: np.ndarray
    notes: tuple[str, ...]


def probe(path: Path) -> ImageInfo:
    """Size and format from the header, without decoding. Raises InputError for sizes that `load` refuses."""
    with opened(path, "image", MAX_BYTES) as file:
        return _header(file)


def digest(*paths: Path) -> str:
    """SHA-256 of files, one after another, 64 hexadecimal digits. A folder of frames is the PNGs in it."""
    seen = hashlib.sha256()
    for path in paths:
        for one in sorted(path.glob("*.png")) if os.path.isdir(path) else [path]:
            with opened(one, "image") as file:
                while block := file.read(DIGEST_BYTES):
                    seen.update(block)
    return seen.hexdigest()


def load(path: Path, background: str = "white") -> LoadedImage:
    """The first frame of a picture file; transparency is filled with `background`, a name or #rrggbb."""
    filling = rgb(background)
    with opened(path, "image", MAX_BYTES) as file:
        info = _header(file)
        notes = _frame_notes(info)
        file.seek(0)
        with Image.open(file, formats=_formats(file)) as image:
            image.load()
            picture, colour_notes = colour.to_srgb(image, filling)
            turn = TURNS.get(_orientation(image))
        if turn is not None:
            picture = picture.transpose(turn)
        return LoadedImage(np.array(picture), notes + colour_notes)


def rgb(background: str) -> tuple[int, int, int]:
    """Of a colour's name or #rrggbb. Raises UsageError for what is no colour."""
    try:
        red, green, blue = ImageColor.getrgb(background)[:3]
    except ValueError as error:
        raise UsageError(
            f"{background!r} is not a colour", hint="use a name or #rrggbb: --background black"
        ) from error
    return red, green, blue


def _frame_notes(info: ImageInfo) -> tuple[str, ...]:
    # The further pictures of an MPO are previews and gain maps that phones add, nothing a user would miss.
    if info.num_frames == 1 or info.format == "MPO":
        return ()
    return (f"only the first of its {info.num_frames} frames is used",)


def _formats(file: BinaryIO) -> tuple[str, ...]:
    """The formats that may be tried. HEIF's decoder is an optional package, registered only when needed."""
    head = file.read(64)
    file.seek(0)
    if head[4:8] != b"ftyp" or head[8:12] not in HEIF_BRANDS or b"avif" in head:
        return FORMATS
    if importlib.util.find_spec("pillow_heif") is None:
        raise InputError("HEIC needs an optional package", hint="pip install 'i2v-cli[heic]'")
    import pillow_heif  # type: ignore[import-not-found, unused-ignore]

    pillow_heif.register_heif_opener()
    return ("HEIF",)


def _header(file: BinaryIO) -> ImageInfo:
    """Everything that is refused is refused here, before any pixel is decoded."""
    with Image.open(file, formats=_formats(file)) as image:
        width, height = image.size
        if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
            raise InputError(
                f"{width}x{height} pixels are too many: at most {MAX_PIXELS // 10**6} megapixels and "
                f"{MAX_SIDE} a side",
                hint="scale it down first",
            )
        if min(width, height) < MIN_SIDE:
            raise InputError(f"{width}x{height} pixels are too few: at least {MIN_SIDE} a side")
        if image.format == "PNG" and "exif" not in image.info:
            late = containers.png_chunk(file, b"eXIf")
            image.info.update({"exif": late} if late else {})
        if _orientation(image) in SIDEWAYS:
            width, height = height, width
        return ImageInfo(width, height, image.format or "", _num_frames(image, file))


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":  # Pillow turns these itself, size included
        return 1
    try:
        # Not image.getexif(): for a PNG that would decode the pixels.
        return int(Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1))
    except DECODE_ERRORS:
        return 1


def _num_frames(image: Image.Image, file: BinaryIO) -> int:
    """Frames or pages, without decoding them; a damaged tail ends the count. Leaves `image` on any page."""
    if image.format == "GIF":
        return max(1, sum(kind == containers.GIF_PICTURE for kind, _ in containers.gif_blocks(file)))
    if image.format != "TIFF":
        return getattr(image, "n_frames", 1)
    try:
        for page in range(1, MAX_PAGES):
            image.seek(page)
    except DECODE_ERRORS:
        return page
    return MAX_PAGES


def fit(pixels: np.ndarray, width: int, height: int, mode: Fit) -> tuple[np.ndarray, str]:
    """[H, W, 3] uint8 -> ([height, width, 3] uint8, what was cut off or added, "" when nothing), by Lanczos.

    crop fills the frame and cuts the sides evenly; pad adds black bars; blur fills the bars with a blurred
    copy; stretch ignores the aspect.
    """
    picture = Image.fromarray(pixels)
    if picture.size == (width, height):
        return pixels, ""
    wider = picture.width / picture.height / (width / height)  # above 1: too wide for the frame
    side = "width" if wider > 1 else "height"
    lost = 1 - min(wider, 1 / wider)
    if mode == "stretch":
        result, note = _resize(picture, (width, height)), f"stretched by {1 / (1 - lost) - 1:.0%}"
    elif mode == "crop":
        result, note = _cover(picture, width, height), f"cropped {lost:.0%} of the {side}"
    else:
        bars = "width" if wider < 1 else "height"
        result = _blurred(picture, width, height) if mode == "blur" else Image.new("RGB", (width, height))
        inner = _resize(picture, (round(width * min(1, wider)), round(height * min(1, 1 / wider))))
        result.paste(inner, ((width - inner.width) // 2, (height - inner.height) // 2))
        note = f"added {'a blurred border' if mode == 'blur' else 'black bars'}: {lost:.0%} of the {bars}"
    return np.array(result), note.replace("%", " %") if lost >= NOTEWORTHY else ""


def uncropped(pixels: np.ndarray, width: int, height: int) -> tuple[np.ndarray, int, int]:
    """([height + 2 top, width + 2 left, 3] uint8, left, top): the frame that `fit` crops out, and around it
    what that cuts off, in whole pixels of the frame and at most its own size on each side."""
    picture = Image.fromarray(pixels)
    scale = min(picture.width / width, picture.height / height)
    across, down = (picture.width - width * scale) / 2, (picture.height - height * scale) / 2
    left, top = min(int(across / scale), width), min(int(down / scale), height)
    x, y = across - left * scale, down - top * scale
    box = (max(0, x), max(0, y), picture.width - max(0, x), picture.height - max(0, y))
    size = (width + 2 * left, height + 2 * top)
    return np.array(picture.resize(size, Image.Resampling.LANCZOS, box=box)), left, top


def _resize(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture.resize((max(1, size[0]), max(1, size[1])), Image.Resampling.LANCZOS)


def _cover(picture: Image.Image, width: int, height: int) -> Image.Image:
    scale = min(picture.width / width, picture.height / height)
    left, top = (picture.width - width * scale) / 2, (picture.height - height * scale) / 2
    box = (max(0, left), max(0, top), picture.width - max(0, left), picture.height - max(0, top))
    return picture.resize((width, height), Image.Resampling.LANCZOS, box=box)


def _blurred(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The picture as a soft background: blurred at an eighth of the size, where it costs nothing."""
    small = _cover(picture, max(1, width // 8), max(1, height // 8))
    soft = small.filter(ImageFilter.GaussianBlur(min(small.size) / 20))
    return soft.resize((width, height), Image.Resampling.BICUBIC)
