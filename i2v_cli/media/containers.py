"""Where an XMP packet lies in each kind of file: put in after the fact and found again. Knows no content.

mp4    a top-level `uuid` box at the end, which players skip    (XMP specification part 3, 1.1.4)
webm   the container tag XMP, by a remux without encoding
gif    an application extension before the trailer              (1.1.2)
webp   the chunk "XMP " and its flag in VP8X                    (WebP container specification)
png    the text chunk XML:com.adobe.xmp before IEND             (1.1.5)
"""

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from i2v_cli.errors import EncodingError
from i2v_cli.media import ffmpeg, publish

Kind: TypeAlias = Literal["mp4", "webm", "gif", "webp", "png"]

HEAD_BYTES = 12
MAX_PACKET = 4_000_000
MAX_PARTS = 1_000_000

XMP_UUID = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")
PNG_KEYWORD = b"XML:com.adobe.xmp\0\0\0\0\0"
PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
GIF_PICTURE, GIF_EXTENSION, GIF_END = 0x2C, 0x21, 0x3B
GIF_XMP = b"\x21\xff\x0bXMP DataXMP"
# Leads a reader of length-prefixed blocks out of the packet, which has no lengths, wherever it lands.
GIF_TRAILER = bytes([1, *range(255, -1, -1), 0])
WEBP_XMP_FLAG = 0x04
WEBM_TAG = re.compile(rb"^XMP=((?:\\.|[^\\\n])*)", re.MULTILINE | re.DOTALL)


def kind_of(head: bytes) -> Kind | None:
    """By its first 12 bytes, whatever the file is called."""
    if head[4:8] == b"ftyp":
        return "mp4"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "webm"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    return None


def embed(path: Path, packet: str) -> None:
    """Puts the packet into a finished file that has none, in place. `path` is a temporary file of ours."""
    data = packet.encode()
    with path.open("r+b") as file:
        kind = kind_of(file.read(HEAD_BYTES))
        if kind == "mp4":
            file.seek(0, 2)
            file.write(mp4_box(packet))
        elif kind == "gif":
            _replace_end(file, bytes([GIF_END]), GIF_XMP + data + GIF_TRAILER)
        elif kind == "png":
            body = b"iTXt" + PNG_KEYWORD + data
            crc = struct.pack(">I", zlib.crc32(body))
            _replace_end(file, PNG_END, struct.pack(">I", len(body) - 4) + body + crc)
        elif kind == "webp":
            _embed_webp(file, data)
    if kind == "webm":
        _embed_webm(path, packet)


def find(path: Path, file: BinaryIO) -> bytes | None:
    """The packet in a file of any origin, open at its start. Damage may raise what `untrusted` knows."""
    match kind_of(file.read(HEAD_BYTES)):
        case "mp4":
            return _find_mp4(file)
        case "gif":
            return _find_gif(file)
        case "webp":
            return _find_webp(file)
        case "png":
            text = png_chunk(file, b"iTXt", PNG_KEYWORD)
            return text and text[len(PNG_KEYWORD) :]
        case "webm":
            return _find_webm(path)
    return None


def mp4_box(packet: str) -> bytes:
    data = packet.encode()
    return struct.pack(">I4s", 24 + len(data), b"uuid") + XMP_UUID + data


def png_chunk(file: BinaryIO, name: bytes, start: bytes = b"") -> bytes | None:
    """The data of the first chunk `name` that begins with `start`, found without decoding any pixel."""
    file.seek(8)
    for _ in range(MAX_PARTS):
        header = file.read(8)
        if len(header) < 8:
            return None
        length = int.from_bytes(header[:4], "big")
        if header[4:] == name and length <= MAX_PACKET:
            data = file.read(length)
            if data.startswith(start):
                return data
            length = 0
        file.seek(length + 4, 1)
    return None


def gif_blocks(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """(introducer byte, offset) of each block, without decoding; a damaged or missing tail ends it."""
    file.seek(10)
    file.seek(13 + _gif_table(file.read(1)))
    for _ in range(MAX_PARTS):
        offset = file.tell()
        introducer = file.read(1)
        if introducer == bytes([GIF_PICTURE]):
            descriptor = file.read(9)
            file.seek(_gif_table(descriptor[8:]) + 1, 1)
        elif introducer == bytes([GIF_EXTENSION]):
            file.seek(1, 1)
        else:
            return
        inside = file.tell()
        yield introducer[0], offset
        file.seek(inside)
        while size := file.read(1)[:1]:
            if size == b"\0":
                break
            file.seek(size[0], 1)


def _gif_table(flags: bytes) -> int:
    """Bytes of the colour table that the flags announce."""
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _replace_end(file: BinaryIO, end: bytes, insertion: bytes) -> None:
    """`insertion` goes before the closing bytes `end`."""
    file.seek(-len(end), 2)
    if file.read() != end:
        raise EncodingError("the file that ffmpeg wrote is not complete")
    file.seek(-len(end), 2)
    file.write(insertion + end)


def _embed_webp(file: BinaryIO, data: bytes) -> None:
    file.seek(12)
    header = file.read(9)
    if header[:4] != b"VP8X":
        raise EncodingError("the WebP file that ffmpeg wrote is not an animation")
    file.seek(20)
    file.write(bytes([header[8] | WEBP_XMP_FLAG]))
    file.seek(0, 2)
    file.write(struct.pack("<4sI", b"XMP ", len(data)) + data + b"\0" * (len(data) % 2))
    size = file.tell()
    file.seek(4)
    file.write(struct.pack("<I", size - 8))


def _embed_webm(path: Path, packet: str) -> None:
    # By a pipe and not as an argument: a packet may be longer than a command line.
    tag = ";FFMETADATA1\nXMP=" + re.sub(r"([=;#\\\n])", r"\\\1", packet) + "\n"
    remuxed = publish.temporary(path, ".webm")
    video = ["-loglevel", "error", "-f", "matroska", "-i", f"file:{path.name}"]
    tags = ["-f", "ffmetadata", "-i", "pipe:0"]
    # Tags of both: the video has its comment, the packet comes to it.
    copy = ["-map", "0", "-c", "copy", "-map_metadata", "0", "-map_metadata", "1", "-fflags", "+bitexact"]
    try:
        arguments = [*video, *tags, *copy, "-f", "webm", remuxed.name]
        ffmpeg.run(arguments, folder=path.parent, given=tag.encode())
        remuxed.replace(path)
    finally:
        publish.discard(remuxed)


def _find_webm(path: Path) -> bytes | None:
    source = ["-f", "matroska", "-i", f"file:{path.name}"]
    listing = ffmpeg.run([*source, "-f", "ffmetadata", "pipe:1"], folder=path.parent).stdout
    match = WEBM_TAG.search(listing)
    return match and re.sub(rb"\\(.)", rb"\1", match[1], flags=re.DOTALL)


def _find_mp4(file: BinaryIO) -> bytes | None:
    file.seek(0)
    for _ in range(MAX_PARTS):
        header = file.read(8)
        if len(header) < 8:
            return None
        left = int.from_bytes(header[:4], "big") - 8
        if left == 1 - 8:  # a 64-bit size follows
            left = int.from_bytes(file.read(8), "big") - 16
        if left < 0:  # size 0: up to the end of the file
            return None
        if header[4:] == b"uuid" and 16 <= left <= MAX_PACKET:
            data = file.read(left)
            if data[:16] == XMP_UUID:
                return data[16:]
            left = 0
        file.seek(left, 1)
    return None


def _find_gif(file: BinaryIO) -> bytes | None:
    for introducer, offset in gif_blocks(file):
        file.seek(offset)
        if introducer == GIF_EXTENSION and file.read(len(GIF_XMP)) == GIF_XMP:
            packet, found, _ = file.read(MAX_PACKET).partition(GIF_TRAILER)
            return packet if found else None
    return None


def _find_webp(file: BinaryIO) -> bytes | None:
    for _ in range(MAX_PARTS):
        header = file.read(8)
        if len(header) < 8:
            return None
        size = int.from_bytes(header[4:], "little")
        if header[:4] == b"XMP " and size <= MAX_PACKET:
            return file.read(size)
        file.seek(size + size % 2, 1)
    return None
