"""Files to upload: PDFs made by hand, so that a test says what is in them."""

import io
import zipfile
import zlib
from collections.abc import Sequence

from pypdf import PdfReader, PdfWriter

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"


def pdf(*pages: str, streams: Sequence[bytes] = ()) -> bytes:
    """A PDF of one line a page; "" is a page without text. `streams` are compressed page contents."""
    contents = [_object(_shown(text)) for text in pages] + [
        _object(zlib.compress(stream, 9), b"/Filter /FlateDecode") for stream in streams
    ]
    count = len(contents)
    kids = b" ".join(b"%d 0 R" % (4 + 2 * index) for index in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for index, content in enumerate(contents):
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * index),
            content,
        ]
    return _file(objects)


def encrypted(
    content: bytes, *, password: str, owner_only: bool = False, algorithm: str = "RC4-128"
) -> bytes:
    """The same PDF, locked: for readers too, or against changes only."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt("" if owner_only else password, owner_password=password, algorithm=algorithm)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def docx(body: str, **parts: str) -> bytes:
    """A Word document of that XML in its body; `parts` are others, by their names without the end."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, xml in {"document": f"<w:body>{body}</w:body>", **parts}.items():
            root = f'<w:root xmlns:w="{WORD}" xmlns:mc="{COMPATIBILITY}">{xml}</w:root>'
            archive.writestr(f"word/{name}.xml", root)
    return written.getvalue()


def _shown(text: str) -> bytes:
    if not text:
        return b"0 0 100 100 re f"
    escaped = text.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
    return b"BT /F1 12 Tf 50 800 Td (%b) Tj ET" % escaped


def _object(stream: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(stream), entries, stream)


def _file(objects: Sequence[bytes]) -> bytes:
    written = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        written += b"%010d 00000 n \n" % offset
    written += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(written)
