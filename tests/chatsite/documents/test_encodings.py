"""Texts in encodings from before Unicode: read rightly, or not at all."""

import pytest

from chatsite.documents.encodings import SAMPLE, encoding_of

TEXTS = {
    "Größe: fünf Meter – “gut”": ["cp1252"],
    "Le café est situé à côté de l’église, où élève déjà.": ["cp1252"],
    "El niño comió mañana, ¿cómo estás?": ["cp1252"],
    "Müller, García, Lefèvre, Åström, Conceição, Søren, Þór, Noël, Zoë, Núñez, Bjørk, François": ["cp1252"],
    "Najczęściej zadawane pytania dotyczące książek i źródeł. Późną jesienią złożył życzenia.": [
        "cp1250",
        "iso8859-2",
        "cp852",
    ],
    "Nejčastěji kladené otázky o knihách a řekách v České republice, šťastný konec.": ["cp1250", "iso8859-2"],
    "Сегодня хорошая погода. Цена товара": ["cp1251", "koi8-r", "cp866"],
    "Сьогодні гарна погода, їжак і ґанок": ["cp1251", "koi8-u"],
    "Η Αθήνα είναι η πρωτεύουσα της Ελλάδας.": ["cp1253"],
    "İstanbul'da güneşli bir gün, çağrı şöyle": ["cp1254"],
    "שלום עולם, מחיר המוצר": ["cp1255"],
    "مرحبا بالعالم، سعر المنتج": ["cp1256"],
    "Labas rytas, ačiū, ąžuolas": ["cp1257"],
    "สวัสดีชาวโลก ราคาสินค้า": ["cp874"],
    "id,name,city\r\n" + "1,plain,ascii\r\n" * 400 + "2,山田,東京\r\n": ["cp932"],
    "こんにちは、これはテストです。": ["cp932", "euc-jp", "iso2022-jp"],
    "产品,价格\r\n苹果,三元\r\n": ["gb18030"],
    "今天天氣很好,我們去公園散步。": ["big5"],
    "오늘은 날씨가 좋습니다. 제품과 가격": ["cp949"],
}


@pytest.mark.parametrize(
    ("text", "encoding"), [(text, encoding) for text, encodings in TEXTS.items() for encoding in encodings]
)
def test_the_encoding_of_a_text_is_seen(text: str, encoding: str) -> None:
    content = text.encode(encoding)
    found = encoding_of(content)

    assert found is not None
    assert content.decode(found) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("café", "cp1252"),  # one character says nothing
        ("mañana, mañana, mañana", "cp1252"),  # in cp1250 a letter of Polish
        ("안녕하세요", "cp949"),  # also five characters of Chinese
        ("Сегодня хорошая погода", "mac-cyrillic"),  # not among those that are looked for
        ("plain words " * 50, "utf-16-le"),
    ],
)
def test_nothing_is_guessed(text: str, encoding: str) -> None:
    assert encoding_of(text.encode(encoding)) is None


def test_noise_is_no_text() -> None:
    noise = bytes(range(0x80, 0x100)) * 40

    assert encoding_of(noise) is None


def test_what_is_looked_at_is_bounded() -> None:
    line = "Größe: fünf Meter\n".encode("cp1252")

    assert encoding_of(line * (2 * SAMPLE // len(line)) + b"\xff\xfe\xfd" * 1000) == "cp1252"
