"""Bytes to text by the label an email gives them, as browsers read labels.

Programs say gb2312 and mean GBK, ks_c_5601 and mean cp949, Latin-1 and mean
Windows-1252. The table of what is meant is the WHATWG's
(https://encoding.spec.whatwg.org/#names-and-labels), kept by webencodings.
"""

import codecs
import re
import unicodedata

import webencodings

UTF_8_NAME = "utf-8"
LATIN = "cp1252"
# What the WHATWG calls by a name that is another, smaller codec in Python.
PYTHON_NAMES = {"gbk": "gb18030"}
# Charsets of mail that browsers refuse to read, and Python reads.
OF_MAIL = {
    "hz-gb-2312": "hz",
    "iso-2022-kr": "iso2022_kr",
    "csiso2022kr": "iso2022_kr",
    "utf-7": "utf_7",
    "unicode-1-1-utf-7": "utf_7",
}
# Code pages under the names that Windows, Java and mail programs give them.
CODE_PAGES = {
    "932": "cp932",
    "936": "gb18030",
    "949": "cp949",
    "950": "big5hkscs",
}
CODE_PAGE = re.compile(r"(?:x-)?(?:cp|ms|windows|ibm|win)-?(\d{3,5})")
# Python's codecs that are none of mail's. These take very long, or never fail.
NEVER = frozenset(
    {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}
)
BYTE_ORDER = "\N{ZERO WIDTH NO-BREAK SPACE}"
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
JIS_X_0208 = re.compile(rb"\x1b\$[@B]([^\x1b]*)")


def decode_bytes(content: bytes, label: str) -> str:
    """The bytes as text. A label that is unknown, or wrong, costs single letters."""
    return _decoded(content, codec_of(label)).removeprefix(BYTE_ORDER)


def _decoded(content: bytes, codec: str) -> str:
    if codec == "iso2022_jp":
        return _jis(content)
    if codec.startswith("utf-16") and content[:2] in UTF_16_MARKS:
        codec = "utf-16"  # what it begins with says which half comes first
    for candidate in _candidates(codec):
        try:
            return content.decode(candidate)
        except (UnicodeError, ValueError):
            continue
    if codec in ("", UTF_8_NAME):
        return _guessed(content)
    return content.decode(codec, "replace")


def codec_of(label: str) -> str:
    """The name of Python's codec for a charset's label; "" when nobody knows it."""
    name = label.strip().strip("\"'").lower()
    if name in OF_MAIL:
        return OF_MAIL[name]
    for spelled in (name, name.replace("_", "-"), name.removeprefix("x-")):
        found = webencodings.lookup(spelled) if spelled.isascii() else None
        if found and found.name not in ("replacement", "x-user-defined"):
            return _python_name(found)
    if page := CODE_PAGE.fullmatch(name):
        return CODE_PAGES.get(page[1], _known(f"cp{page[1]}"))
    return _known(name)


def printable(text: str) -> str:
    """Without controls; halves of letters, which no database takes,
    are left out too.
    """
    if text.isprintable():
        return text
    return "".join(letter for letter in text if letter in "\n\t" or _is_shown(letter))


def _python_name(found: webencodings.Encoding) -> str:
    usual = found.codec_info.name
    name = str(PYTHON_NAMES.get(found.name, usual))
    if name.startswith("iso2022"):
        return name.replace("-", "_")
    return name


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    is_text = getattr(found, "_is_text_encoding", True)
    return found.name if is_text and found.name not in NEVER else ""


def _candidates(codec: str) -> tuple[str, ...]:
    """What may be tried in full. Words that read as UTF-8 are hardly ever Latin."""
    if codec in ("", LATIN):
        return (UTF_8_NAME, codec or UTF_8_NAME)
    return (codec, UTF_8_NAME)


def _guessed(content: bytes) -> str:
    text = content.decode(UTF_8_NAME, "replace")
    # Where some letters make sense as UTF-8, it is UTF-8 with a fault, or cut off.
    if any(letter > "\x7f" and letter != REPLACEMENT for letter in text):
        return text
    return content.decode(LATIN, "replace")


def _jis(content: bytes) -> str:
    """Japanese mail programs put the letters of cp932, such as ①, into ISO-2022-JP."""
    try:
        return content.decode("iso2022_jp_ext")
    except UnicodeError:
        shifted = JIS_X_0208.sub(lambda run: b"\x1b(B" + _as_shift_jis(run[1]), content)
        return re.sub(rb"\x1b\([BJ]", b"", shifted).decode("cp932", "replace")


def _as_shift_jis(pairs: bytes) -> bytes:
    """JIS X 0208 in seven bits, two bytes a letter,
    as Shift JIS (JIS X 0208, annex 1).
    """
    shifted = bytearray()
    for high, low in zip(pairs[::2], pairs[1::2], strict=False):
        odd = high % 2
        lead = (high - 0x21) // 2 + 0x81
        shifted.append(lead if lead <= 0x9F else lead + 0x40)
        trail = low + (0x1F if odd else 0x7E)
        shifted.append(trail + 1 if odd and trail >= 0x7F else trail)
    return bytes(shifted)


def _is_shown(letter: str) -> bool:
    return unicodedata.category(letter) not in ("Cc", "Cs")
