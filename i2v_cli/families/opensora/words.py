"""What the model reads of a prompt: scores and the camera are said after it, as in the captions of its
training, and the text is cleaned as those were.
"""

import html
import re
import unicodedata
from urllib.parse import unquote_plus

# "camera slowly pans right" also says "camera motion: pan right.": phrases of the captions.
BETWEEN = r"(?:\s(?:the\s)?camera)?(?:\s\w+ly)?(?:\sto(?:wards)?\sthe)?"
CAMERA_PHRASES = (
    *((rf"\bpan(?:s|ned|ning)?{BETWEEN}\s{way}\b", f"pan {way}") for way in ("left", "right")),
    *((rf"\btilt(?:s|ed|ing)?{BETWEEN}\s{way}\b", f"tilt {way}") for way in ("up", "down")),
    *((rf"\bzoom(?:s|ed|ing)?{BETWEEN}\s{way}\b", f"zoom {way}") for way in ("in", "out")),
    (r"\b(?:static|still|fixed)[- ](?:camera|shot)\b", "static"),
    (r"\bcamera (?:is|stays|stands) (?:static|still|fixed)\b", "static"),
)

DOMAINS = "com|co|ru|net|org|edu|gov|it"
SUFFIXES = "png|jpg|jpeg|bmp|webp|eps|pdf|apk|mp4"
# In this order. The captions were web texts: most of it is of no use to a prompt, but a prompt that came
# through otherwise would be words that the model was not trained on.
BEFORE_UNESCAPING = (
    (r"<person>", "person"),
    (rf"\b(?:https?:(?:/{{1,3}}|[a-z0-9%])|[a-z0-9.\-]+[.](?:{DOMAINS})[\w/-]*\b/?(?!@))", ""),
    (rf"\b(?:www:(?:/{{1,3}}|[a-z0-9%])|[a-z0-9.\-]+[.](?:{DOMAINS})[\w/-]*\b/?(?!@))", ""),
    (r"</?[a-z!][^<>]*>", ""),
    (r"@[\w\d]+\b", ""),
    (r"[\u31c0-\u4dff\u4e00-\u9fff]+", ""),  # Chinese
    # Dashes of all kinds.
    (
        r"[\u002d\u058a\u05be\u1400\u1806\u2010-\u2015\u2e17\u2e1a\u2e3a\u2e3b\u2e40\u301c\u3030\u30a0\ufe31\ufe32"
        r"\ufe58\ufe63\uff0d]+",
        "-",
    ),
    (r"[`\u00b4\u00ab\u00bb\u201c\u201d\u00a8]", '"'),
    (r"[\u2018\u2019]", "'"),
    (r"&quot;?", ""),
    (r"&amp", ""),
    (r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", " "),  # an address of the internet
    (r"\d:\d\d\s+$", ""),
    (r"\\n", " "),
    (r"#\d{1,3}\b", ""),
    (r"#\d{5,}\b", ""),
    (r"\b\d{6,}\b", ""),
    (rf"[\S]+\.(?:{SUFFIXES})", ""),
    (r"[\"\']{2,}", '"'),
    (r"[\.]{2,}", " "),
    (r"[#\u00ae\u2022\u00a9\u2122&@\u00b7\u00ba\u00bd\u00be\u00bf\u00a1\u00a7~)(\]\[}{|\\/*]+", " "),
    (r"\s+\.\s+", " "),
)
AFTER_UNESCAPING = (
    (r"\b[a-zA-Z]{1,3}\d{3,15}\b", ""),  # names of files and articles
    (r"\b[a-zA-Z]+\d+[a-zA-Z]+\b", ""),
    (r"\b\d+[a-zA-Z]+\d+\b", ""),
    (r"(worldwide\s+)?(free\s+)?shipping", ""),
    (r"(free\s)?download(\sfree)?", ""),
    (r"\bclick\b\s(?:for|on)\s\w+", ""),
    (rf"\b(?:{SUFFIXES})(\simage[s]?)?", ""),
    (r"\bpage\s+\d+\b", ""),
    (r"\b\d*[a-zA-Z]+\d+[a-zA-Z]+\d+[a-zA-Z\d]*\b", " "),
    (r"\b\d+\.?\d*[x\u0445\u00d7]\d+\.?\d*\b", ""),  # 640x480
    (r"\b\s+\:\s+", ": "),
    (r"(\D[,\./])\b", r"\1 "),
    (r"\s+", " "),
    (r"^[\"\']([\w\W]+)[\"\']$", r"\1"),
    (r"^[\'\_,\-\:;]", ""),
    (r"[\'\_,\-\:\-\+]$", ""),
    (r"^\.\S+$", ""),
)
MOST_HYPHENS = 3


def told(prompt: str, *, aesthetic: float | None, motion_score: float | None) -> str:
    """The words that the text encoder reads. What the prompt itself says after "aesthetic score:", "motion
    score:" or "camera motion:" stays as it is.
    """
    said = prompt
    if aesthetic is not None and "aesthetic score:" not in prompt:
        said += f" aesthetic score: {aesthetic:.1f}."
    if motion_score is not None and "motion score:" not in prompt:
        said += f" motion score: {motion_score:.1f}."
    if (camera := _camera(prompt)) and "camera motion:" not in prompt:
        said += f" camera motion: {camera}."
    return cleaned(cleaned(said))


def cleaned(text: str) -> str:
    """A caption as it was cleaned for training, which was done twice.

    Differs from the reference for texts that are broken: it repairs wrongly decoded characters (ftfy) and
    reads tags with a parser of HTML.
    """
    text = unquote_plus(text).strip().lower()
    for pattern, instead in BEFORE_UNESCAPING:
        text = re.sub(pattern, instead, text)
    if len(re.findall(r"[-_]", text)) > MOST_HYPHENS:
        text = re.sub(r"[-_]", " ", text)
    text = html.unescape(html.unescape(unicodedata.normalize("NFC", text))).strip()
    for pattern, instead in AFTER_UNESCAPING:
        text = re.sub(pattern, instead, text)
    return text.strip()


def _camera(prompt: str) -> str:
    """The first movement of the camera that the prompt names, "" for none."""
    found = ((re.search(pattern, prompt.lower()), phrase) for pattern, phrase in CAMERA_PHRASES)
    named = [(match.start(), phrase) for match, phrase in found if match]
    return min(named)[1] if named else ""
