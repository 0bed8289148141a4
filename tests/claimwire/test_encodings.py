"""Bytes to text: labels as browsers read them, wrong and missing declarations, stray bytes."""

import pytest

from claimwire.text.encodings import codec_of, feed_text, page_text, text_of

RUSSIAN = (
    "В четверг над долиной прошёл сильный град, сообщила метеослужба. Повреждены крыши сорока домов, пострадавших нет."
)
GREEK = "Το πλοίο έφτασε το πρωί στο νησί με διακόσιους επιβάτες, ανακοίνωσε η εταιρεία. Ο καιρός παραμένει καλός."
CHINESE = "周四山谷下了一场大冰雹，气象局说。四十栋房屋的屋顶受损，没有人受伤。朱镕、陶喆两人到场察看。"
JAPANESE = "木曜日に谷で激しい雹が降ったと気象台が発表した。四十軒の屋根が壊れたが、けが人はいない。"
KOREAN = "목요일 계곡에 큰 우박이 내렸다고 기상청이 밝혔다. 집 마흔 채의 지붕이 부서졌으나 다친 사람은 없다. 똠방각하."
HEBREW = "ביום חמישי ירד ברד כבד בעמק, מסר השירות המטאורולוגי. גגות של ארבעים בתים ניזוקו, אין נפגעים."
FRENCH = "Jeudi, la grêle a frappé la vallée – “du jamais vu”, a déclaré l’élu. Près de quarante toits ont été abîmés."


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("gb2312", "gb18030"), ("X-GBK", "gb18030"), ("ks_c_5601-1987", "cp949"), ("windows-949", "cp949"),
        ("x-sjis", "cp932"), ("Big5", "big5hkscs"), ("latin1", "cp1252"), ("us-ascii", "cp1252"), ("latin5", "cp1254"),
        ("tis-620", "cp874"), ("dos-874", "cp874"), ("x-cp1251", "cp1251"), ("iso-8859-8-i", "iso8859-8"),
        ("x-mac-cyrillic", "mac-cyrillic"), ("koi8-u", "koi8-u"), (" ISO-8859-15 ", "iso8859-15"),
        ("utf-8", None), ("unicode_escape", None), ("idna", None), ("hex", None), ("nonsense", None), ("x", None), ("", None),
    ],
)  # fmt: skip
def test_labels_are_read_as_browsers_do(label, codec):
    assert codec_of(label) == codec


@pytest.mark.parametrize(
    ("text", "label", "codec"),
    [
        (CHINESE, "gb2312", "gbk"), (KOREAN, "euc-kr", "cp949"), (JAPANESE, "x-sjis", "cp932"),
        (FRENCH, "iso-8859-1", "cp1252"), (RUSSIAN, "koi8-r", "koi8-r"),
    ],
)  # fmt: skip
def test_a_label_means_the_larger_charset(text, label, codec):
    body = f'<html><head><meta charset="{label}"></head><body><p>{text}</p></body></html>'.encode(codec)
    assert text in page_text(body, None)
    assert text in page_text(body.replace(b"<meta", b"<link"), label)
    feed = f'<?xml version="1.0" encoding="{label}"?><rss><title>{text}</title></rss>'.encode(codec)
    assert text in feed_text(feed, "text/xml")[0]
    assert feed_text(feed, f"text/xml; charset={label}")[1] is False


@pytest.mark.parametrize("declared", [(), ("iso-8859-1",), ("utf-8",), ("iso-8859-1", "utf-8")])
@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (GREEK, "cp1253"), (CHINESE, "gb18030"), (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"), (KOREAN, "cp949"), (HEBREW, "cp1255"), (FRENCH, "cp1252"),
    ],
)  # fmt: skip
def test_a_missing_or_wrong_declaration_is_outweighed_by_the_bytes(text, codec, declared):
    assert text_of(f"<p>Home</p>\n<p>{text}</p>".encode(codec), declared) == (f"<p>Home</p>\n<p>{text}</p>", codec)


def test_the_header_loses_to_the_page_and_to_the_bytes():
    page = f"<meta charset=windows-1251><p>{RUSSIAN}</p>".encode("cp1251")
    assert RUSSIAN in page_text(page, "iso-8859-1")
    assert RUSSIAN in page_text(page.replace(b"windows-1251", b"iso-8859-1"), "windows-1251")
    assert feed_text(page, "text/xml; charset=iso-8859-1")[1]
    assert feed_text(RUSSIAN.encode(), "text/xml; charset=windows-1251")[1]
    assert not feed_text(RUSSIAN.encode(), "text/xml; charset=UTF8")[1]


@pytest.mark.parametrize("declared", [("utf-8",), ("iso-8859-1",), ()])
@pytest.mark.parametrize("stray", [b"\x93", b"\xff", b"\xe2\x80"])
def test_a_stray_byte_costs_one_character(declared, stray):
    text, codec = text_of(FRENCH.encode() + b" " + stray, declared)
    assert (text, codec) == (f"{FRENCH} \ufffd", "utf-8")


def test_a_stray_byte_in_a_page_of_another_charset():
    lines = "\n".join([CHINESE] * 9)
    text, codec = text_of(lines.encode("gb18030") + b"\n\xff\n" + CHINESE.encode("gb18030"), ("gb2312",))
    assert (text, codec) == (f"{lines}\n\ufffd\n{CHINESE}", "gb18030")
    text, codec = text_of(FRENCH.encode("cp1252") + b"\n\x81", ("latin1",))
    assert (text, codec) == (f"{FRENCH}\n\ufffd", "cp1252")


@pytest.mark.parametrize("text", ["£5m", "naïve", "Müller", "“Oh”"])
def test_a_few_bytes_tell_no_charset(text):
    assert text_of(text.encode("cp1252"), ()) == (text, "cp1252")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-16", "utf-32", "utf-8-sig"])
def test_unicode_with_and_without_a_mark(codec):
    page = f"<p>{FRENCH}</p>"
    assert page_text(page.encode(codec), "iso-8859-1") == page
    assert page_text(b"\x00" * 100) == ""


def test_japanese_in_seven_bits():
    assert page_text(JAPANESE.encode("iso2022_jp"), "iso-2022-jp") == JAPANESE
