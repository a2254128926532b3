"""What is read of HTML files."""

from hypothesis import given
from hypothesis import strategies as st

from chatsite.documents import web_page
from chatsite.documents.reading import Limits, read

LIMITS = Limits(pages=1, characters=100_000)


def sections(html: str) -> list[tuple[str, str]]:
    return [(section.place, section.text) for section in web_page.sections(html)]


def test_a_page_is_read_as_it_is_seen() -> None:
    found = sections(
        "<!doctype html><head><title>T</title><style>p{}</style><script>let a = '<p>no</p>';</script></head>"
        "<p>Before &amp; after.\n  On.<h2>Keys <b>now</b></h2><p>Under the<br>mat.</p>"
        "<table><tr><th>A</th><td>1</td></tr></table><pre>a\n  b</pre><svg><text>no</text></svg><!-- no -->"
    )

    assert found == [
        ("", "Before & after. On.\n"),
        ("Keys now", "Keys now\n\n\nUnder the\nmat.\n\nA | 1\n\na\nb\n".replace("\n\n\n", "\n\n")),
    ]


def test_a_page_says_its_encoding() -> None:
    page = '<meta charset="iso-8859-1"><p>mañana'.encode("cp1252")

    found = read("html", page, LIMITS)

    assert [section.text for section in found.sections] == ["mañana\n"]
    assert found.encoding == "cp1252"


@given(st.text(alphabet='<>/ap1h"=! -&;svg\n', max_size=80))
def test_no_page_breaks_the_reader(html: str) -> None:
    sections(html)
