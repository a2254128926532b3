"""What languages look like, by the encodings that they are written in: the tables of `encodings.py`."""

from dataclasses import dataclass

MARKS = (
    "\u00a0\u00ab\u00bb\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e\u2022\u2026"
    "\u20ac\u00a3\u00a7\u00a9\u00ae\u00b0\u00b1\u00b7\u00bd\u00b2\u00b3\u00d7\u2116\u2122"
)
"""Quotation marks, dashes and signs, which stand in texts of any language."""


@dataclass(frozen=True, slots=True)
class Language:
    """How a language looks."""

    letters: str
    """Small ones, that are not ASCII."""
    frequent: str = ""
    """The ten most frequent ones, where no ASCII letter stands among them."""
    needs: str = ""
    """The letter that no text of it is without."""


_WESTERN = [
    *map(
        Language,
        ["äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúü¿¡ºª", "ãáàâçéêíõóôúüºª", "àèéìíîòóù", "áàâéëïóöüèêíîôûç"],
    ),
    *map(Language, ["åäöé", "æøåéòó", "áéíðóúýþæö", "àçèéíïòóúü·"]),
]
_CENTRAL = [
    *map(Language, ["ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž"])
]
_BALTIC = [*map(Language, ["ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž"])]
_TURKISH = [Language("çğ\u0131öşüâîûi\u0307")]
_CYRILLIC = [
    Language("абвгдежзийклмнопрстуфхцчшщъыьэюяё", "оеаинтсрвл"),
    Language("абвгдежзийклмнопрстуфхцчшщьюяіїєґ", "оаинівтері"),
    Language("абвгдежзйклмнопрстуўфхцчшыьэюяіё", "аінераслто"),
    Language("абвгдђежзијклљмнњопрстћуфхцчџш", "аиоенрстјк"),
]
_GREEK = [Language("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ", "αοιετσνηρπ")]
_HEBREW = [Language("אבגדהוזחטיךכלםמןנסעףפץצקרשת", "יוהלאמרתבש")]
_ARABIC = [Language("ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيًٌٍَُِّْ،؛؟", "اليمنورتبع")]
_THAI = [Language("".join(map(chr, range(0xE01, 0xE5C))), "านรอก\u0e40งมยลสว\u0e48\u0e49\u0e34\u0e31")]

WINDOWS = {
    "cp1252": _WESTERN,
    "cp1250": _CENTRAL,
    "cp1251": _CYRILLIC,
    "koi8-u": _CYRILLIC,
    "cp1253": _GREEK,
    "iso8859-7": _GREEK,
    "cp1254": _TURKISH,
    "cp1255": _HEBREW,
    "cp1256": _ARABIC,
    "cp1257": _BALTIC,
    "cp1258": [Language("àâãáăèéêìíòóôõơùúđưý\u0300\u0301\u0303\u0309\u0323", needs="đ")],
    "cp874": _THAI,
    "iso8859-3": [Language("ĉĝĥĵŝŭ")],
}
"""What programs of today still save in."""
OLDER = {
    "iso8859-2": _CENTRAL,
    "cp866": _CYRILLIC,
    "cp850": _WESTERN,
    "cp852": _CENTRAL,
    "mac-roman": _WESTERN,
    # Names from all over the west, in no one's alphabet.
    "cp1252": [Language("".join(language.letters for language in _WESTERN))],
}
"""Looked at where none of the others fits."""
CJK = {
    # By encoding: in which one the frequent characters are those that begin with these bytes.
    "cp932": ("euc-jp", 0xB0, 0xCF),
    "euc-jp": ("euc-jp", 0xB0, 0xCF),
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "big5": ("big5", 0xA4, 0xC6),
    "cp949": ("euc-kr", 0xB0, 0xC8),
}
