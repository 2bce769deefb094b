"""Charsets as mail programs name them: the words are readable, whatever the label."""

import pytest

from quadline.emails import charsets

# The label that programs write, the codec they really use, and words in it.
MEANT = [
    ("gb2312", "gbk", "李喆老师您好，我想学習數學"),
    ("GB2312", "gb18030", "€ 㐀 镕"),
    ("gb_2312-80", "gbk", "镕基"),
    ("x-gbk", "gbk", "镕基"),
    ("cp936", "gbk", "镕基"),
    ("windows-936", "gbk", "镕基"),
    ("hz-gb-2312", "hz", "你好"),
    ("big5", "big5hkscs", "我係陳嘉,想問功課。㗎"),
    ("big5-hkscs", "big5hkscs", "㗎啲"),
    ("x-x-big5", "big5", "你好"),
    ("cp950", "cp950", "你好"),
    ("ks_c_5601-1987", "cp949", "안녕하세요, 똠방각하 펲시"),
    ("euc-kr", "cp949", "똠방"),
    ("cp949", "cp949", "똠방"),
    ("windows-949", "cp949", "똠방"),
    ("iso-2022-kr", "iso2022_kr", "안녕"),
    ("shift_jis", "cp932", "①髙島㈱"),
    ("x-sjis", "cp932", "①髙"),
    ("windows-31j", "cp932", "①髙"),
    ("cp932", "cp932", "①髙"),
    ("iso-2022-jp", "iso2022_jp", "先生、明日"),
    ("euc-jp", "euc_jp", "先生"),
    ("iso-8859-8-i", "iso8859_8", "שלום, אני לא יכול"),
    ("iso-8859-8-e", "iso8859_8", "שלום"),
    ("windows-1255", "cp1255", "שָׁלוֹם"),
    ("windows-1256", "cp1256", "مرحبا"),
    ("iso-8859-6", "iso8859_6", "مرحبا"),
    ("windows-874", "cp874", "สวัสดี“ครับ”"),
    ("tis-620", "cp874", "สวัสดี…"),
    ("iso-8859-11", "cp874", "สวัสดี"),
    ("windows-1258", "cp1258", "Chào cô"),
    ("iso-8859-1", "cp1252", "“Yes” – 5 €"),
    ("us-ascii", "utf-8", "Sí, mañana 😀"),
    ("iso-8859-9", "cp1254", "Çağrı ğüşiöç"),
    ("koi8-r", "koi8_r", "Привет"),
    ("utf-7", "utf_7", "Sí, mañana"),
    ('"utf-8"', "utf-8", "Sí"),
    ("utf8", "utf-8", "Sí"),
    ("", "utf-8", "Sí"),
    ("no-such-charset", "utf-8", "Sí"),
    ("iso-8859-1", "utf-8", "Sí, mañana"),
    ("gb2312", "utf-8", "你好，老师"),
]


@pytest.mark.parametrize(("label", "codec", "words"), MEANT)
def test_a_label_is_read_as_the_programs_that_write_it_mean_it(
    label: str, codec: str, words: str
) -> None:
    assert charsets.decode_bytes(words.encode(codec), label) == words


def test_japanese_in_seven_bits_with_letters_of_windows() -> None:
    said = b"\x1b$B-!\x1b(B 10:00 \x1b$B@h@8\x1b(B"
    assert charsets.decode_bytes(said, "iso-2022-jp") == "① 10:00 先生"


@pytest.mark.parametrize("label", ["gb2312", "shift_jis", "euc-kr", "big5", "utf-8"])
def test_one_impossible_letter_costs_one_letter(label: str) -> None:
    before, after = b"Can I come? ", b" Thank you, Bo"
    said = charsets.decode_bytes(before + b"\xff" + after, label)
    assert said.startswith("Can I come?")
    assert said.endswith("Thank you, Bo")


@pytest.mark.parametrize(
    "label", ["idna", "punycode", "base64", "zlib", "rot13", "undefined", "\udc80"]
)
def test_what_is_no_charset_of_mail_is_not_used(label: str) -> None:
    assert charsets.decode_bytes(b"Yes", label) == "Yes"
    assert charsets.codec_of(label) == ""


def test_what_no_database_takes_is_left_out() -> None:
    assert charsets.printable("a\x00b\ud83dc\n\td\x1b") == "abc\n\td"
