"""Formulas in LaTeX as MathML, which browsers show by themselves."""

from html import escape

from latex2mathml.converter import convert

_ELEMENTS = """
    math semantics annotation maction menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts
    mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none
"""
_ATTRIBUTES = """
    accent columnalign columnspacing depth display displaystyle fence form height largeop linethickness lspace
    mathvariant maxsize minsize movablelimits notation rowspacing rspace scriptlevel stretchy symmetric
    voffset width
"""
ELEMENTS = frozenset(_ELEMENTS.split())
ATTRIBUTES = frozenset(_ATTRIBUTES.split())

_CLOSE = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}


def formula(source: str, markup: str, *, block: bool) -> str:
    """The formula with its source, which is copied along; as it was written, if it is not understood."""
    written = escape(f"{markup}{source}{_CLOSE[markup]}", quote=False)
    display = "block" if block or markup != "\\(" else "inline"
    try:
        mathml = convert(source.strip(), display=display)
    except Exception:  # noqa: BLE001 - whatever a converter meets in what it does not know
        return f"<code>{written}</code>"
    opening, _, rest = mathml.partition(">")
    content = rest.removesuffix("</math>")
    annotation = f'<annotation encoding="application/x-tex">{written}</annotation>'
    return f"{opening}><semantics>{content}{annotation}</semantics></math>"
