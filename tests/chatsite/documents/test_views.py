"""/documents/: what is listed, taken, refused, deleted and opened, over HTTP."""

import re

import pytest

from tests.chatsite.documents.files import pdf
from tests.chatsite.documents.people import PASSAGE, document_in, upload
from tests.site import Site, SiteStarter


def test_an_uploaded_file_is_listed_and_opens_where_it_begins(site: Site) -> None:
    visitor = site.visitor()

    response = upload(visitor, "report.pdf", pdf("The first page.", "The second."))

    assert (response.status_code, response.headers["Location"]) == (303, "/documents/")
    page = visitor.get("/documents/").text
    assert "report.pdf was added." in page
    assert "2 pages" in page
    assert "was added" not in visitor.get("/documents/").text
    opened = visitor.get(document_in(page)).text
    assert "The first page." in opened
    assert "page 1" in opened
    assert "The second." in visitor.get(PASSAGE.findall(opened)[-1]).text


def test_a_long_text_can_be_read_from_passage_to_passage_and_nothing_is_shown_twice(site: Site) -> None:
    visitor = site.visitor()
    upload(visitor, "long.txt", " ".join(f"word{number}" for number in range(600)))

    page = visitor.get(document_in(visitor.get("/documents/").text)).text
    page = visitor.get(PASSAGE.findall(page)[-1]).text

    assert 'rel="prev"' in page
    assert 'rel="next"' in page
    shown = re.findall(r"word(\d+)", page)
    assert shown == [str(number) for number in range(int(shown[0]), int(shown[-1]) + 1)]


def test_names_and_text_are_shown_as_text(site: Site) -> None:
    visitor = site.visitor()
    upload(visitor, '<script>alert("x")</script>.md', "# <img src=x>\n\n<script>alert(1)</script>")

    page = visitor.get("/documents/").text
    opened = visitor.get(document_in(page)).text

    for text in (page, opened):
        assert "<script>" not in text
        assert "<img" not in text
        assert "style=" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in opened


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\docs\\a.txt", "a.txt"),
        ("a\u202etxt.exe.txt", "atxt.exe.txt"),
        ("x" * 300 + ".txt", "x" * 196 + ".txt"),
    ],
)
def test_a_name_is_never_a_path(site: Site, name: str, shown: str) -> None:
    visitor = site.visitor()
    upload(visitor, name, "text")

    assert f">{shown}</a>" in visitor.get("/documents/").text


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.doc", b"text", "Save the document as PDF, Word (.docx), HTML, CSV"),
        ("fake.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "an old Word file (.doc)"),
        ("a.txt", b"", "The file is empty."),
        ("a.txt", b"\xff\xfe\xfd", "Save it with the encoding UTF-8"),
        ("a.pdf", b"%PDF-1.4", "damaged"),
        ("a.txt", b"x" * 1_000_001, "more than 1,000,000 characters"),
    ],
)
def test_what_cannot_be_read_is_refused_on_the_page_and_nothing_is_kept(
    site: Site, name: str, content: bytes, told: str
) -> None:
    visitor = site.visitor()

    page = upload(visitor, name, content)
    answer = upload(visitor, name, content, accept="application/json")

    assert (page.status_code, answer.status_code) == (400, 400)
    assert told in page.text.replace("&#x27;", "'")
    assert answer.json()["error"]["code"] == "unreadable"
    assert told in answer.json()["error"]["message"]
    assert "Nothing here yet" in visitor.get("/documents/").text


def test_a_document_is_left_out_and_asked_again(site: Site) -> None:
    visitor, outsider = site.visitor(), site.visitor()
    upload(visitor, "a.txt", "text")
    upload(outsider, "b.txt", "text")
    address = f"{document_in(visitor.get('/documents/').text)}ask/"

    assert outsider.post(address, {"asked": "0"}).status_code == 404
    assert visitor.post(address, {"asked": "0"}).status_code == 303
    page = visitor.get("/documents/").text
    assert "a.txt is left out of answers." in page
    assert "Left out of answers" in page
    visitor.post(address, {"asked": "1"})
    assert "Left out of answers" not in visitor.get("/documents/").text


def test_a_script_is_told_what_became_of_a_file(site: Site) -> None:
    visitor = site.visitor()

    answers = [upload(visitor, name, "text", accept="application/json") for name in ("a.txt", "b.txt")]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert [answer.json()["message"] for answer in answers] == [
        "a.txt was added. You can ask about it now.",
        "You have this file already, as a.txt.",
    ]


def test_pages_without_text_are_named_after_the_upload_and_on_the_list(site: Site) -> None:
    visitor = site.visitor()

    upload(visitor, "mixed.pdf", pdf("Terms apply.", "", ""))

    for page in (visitor.get("/documents/").text, visitor.get("/documents/").text):
        assert "No text on pages 2-3: what is in pictures there is not found." in page


def test_a_form_without_a_file_is_refused(site: Site) -> None:
    response = site.visitor().post("/documents/", headers={"Accept": "application/json"})

    assert (response.status_code, response.json()["error"]["code"]) == (400, "required")


@pytest.mark.parametrize("size", [10_000_001, 10_100_000, 30_000_000])
def test_a_file_that_is_too_large_is_told_so(site: Site, size: int) -> None:
    response = upload(site.visitor(), "a.txt", b"x" * size)

    assert response.status_code == 413
    assert "larger than 10 MB. Split it" in response.text


def test_a_file_that_is_far_too_large_is_not_even_read(start_site: SiteStarter) -> None:
    site = start_site(settings={"DOCUMENT_MAX_BYTES": "1000"})

    response = upload(site.visitor(), "a.txt", b"x" * 100_000, accept="application/json")

    assert (response.status_code, response.json()["error"]["code"]) == (413, "too_large")


def test_a_person_has_so_many_documents_and_another_one_is_not_affected(start_site: SiteStarter) -> None:
    site = start_site(settings={"DOCUMENTS_PER_PERSON": "2"})
    visitor = site.visitor()
    for name in ("1.txt", "2.txt"):
        assert upload(visitor, name, f"text {name}").status_code == 303

    refused = upload(visitor, "3.txt", "text", accept="application/json")

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "limit_reached")
    assert refused.json()["error"]["message"] == "You can have 2 documents. Delete one to upload another."
    assert "Retry-After" not in refused.headers  # time does not end it
    on_page = upload(visitor, "3.txt", "text")
    assert on_page.status_code == 429
    assert document_in(on_page.text)
    assert upload(site.visitor(), "3.txt", "text").status_code == 303
    visitor.post(document_in(visitor.get("/documents/").text) + "delete/")
    assert upload(visitor, "3.txt", "text").status_code == 303


def test_a_deleted_document_is_gone(site: Site) -> None:
    visitor = site.visitor()
    upload(visitor, "a.txt", "text")
    address = document_in(visitor.get("/documents/").text)

    response = visitor.post(f"{address}delete/")

    assert (response.status_code, response.headers["Location"]) == (303, "/documents/")
    assert "a.txt was deleted." in visitor.get("/documents/").text
    gone = visitor.get(address)
    assert gone.status_code == 404
    assert "not any more" in gone.text
    assert 'href="/documents/"' in gone.text


def test_the_same_file_again_is_told_so(site: Site) -> None:
    visitor = site.visitor()
    upload(visitor, "a.txt", "text")

    again = upload(visitor, "b.txt", "text")

    assert again.status_code == 303
    page = visitor.get("/documents/").text
    assert "You have this file already, as a.txt." in page
    assert ">b.txt<" not in page


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_an_outsider_finds_nothing(site: Site, accept: str) -> None:
    owner, outsider = site.visitor(), site.visitor()
    upload(owner, "secret.txt", "A secret. " * 200)
    upload(outsider, "mine.txt", "mine")
    address = document_in(owner.get("/documents/").text)
    passage = PASSAGE.findall(owner.get(address).text)[0]

    answers = [
        outsider.get(address, headers={"Accept": accept}),
        outsider.get(passage, headers={"Accept": accept}),
        outsider.post(f"{address}delete/", headers={"Accept": accept}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert not any("secret" in answer.text for answer in answers)
    assert "secret" not in outsider.get("/documents/").text
    assert owner.get(passage).status_code == 200


def test_without_a_csrf_token_nothing_is_taken_or_deleted(site: Site) -> None:
    visitor = site.visitor()
    upload(visitor, "a.txt", "text")
    address = document_in(visitor.get("/documents/").text)
    for path in ("/documents/", f"{address}delete/"):
        response = visitor.http.post(path, files={"file": ("b.txt", b"text")})
        assert response.status_code == 403

    page = visitor.get("/documents/").text
    assert "a.txt" in page
    assert "b.txt" not in page


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/documents/"), ("GET", "/documents/7d8ba0c4-7ff9-4c7c-b1a6-7e6b8e9ae5c1/delete/")],
)
def test_a_wrong_method_is_refused(site: Site, method: str, path: str) -> None:
    visitor = site.visitor()
    visitor.get("/")

    headers = {"X-CSRFToken": visitor._token, "Accept": "application/json"}
    response = visitor.http.request(method, path, headers=headers)

    assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_allowed")


def test_pages_have_a_head(site: Site) -> None:
    visitor = site.visitor()
    upload(visitor, "a.txt", "text " * 1000)
    document = document_in(visitor.get("/documents/").text)
    passage = PASSAGE.findall(visitor.get(document).text)[0]

    for path in ("/documents/", document, passage):
        head = visitor.http.head(path)
        assert (head.status_code, head.content) == (200, b"")


def test_guests_are_asked_to_sign_in_where_they_are_not_allowed(start_site: SiteStarter) -> None:
    site = start_site(settings={"CHAT_ALLOW_GUESTS": "0"})
    visitor = site.visitor()
    visitor.get("/accounts/login/")

    page = visitor.get("/documents/")
    sent = visitor.post("/documents/", headers={"Accept": "application/json"})

    assert (page.status_code, page.headers["Location"]) == (302, "/accounts/login/?next=%2Fdocuments%2F")
    assert (sent.status_code, sent.json()["error"]["code"]) == (403, "sign_in_required")


def test_looking_at_the_page_makes_no_session_and_is_not_cached(site: Site) -> None:
    visitor = site.visitor()
    response = visitor.get("/documents/")

    assert "sessionid" not in visitor.http.cookies
    assert "no-store" in response.headers["Cache-Control"]
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]
