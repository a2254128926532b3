"""Passages by the words of a question, in SQLite. `test_on_postgresql.py` has the other database."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chatsite.accounts.visitor import Visitor
from chatsite.documents import uploads
from chatsite.documents.full_text import MOST_WORDS, words_of
from chatsite.documents.models import Document, Passage
from chatsite.documents.retriever import DocumentRetriever, tokens_of
from chatsite.documents.search import search

pytestmark = pytest.mark.django_db

ALICE = Visitor(guest="a" * 32)
BOB = Visitor(guest="b" * 32)


UNSPACED = [
    ("今天我们去北京看长城。", "长城"),
    ("今天我们去北京看长城。", "长城在哪里?" + "啊" * 120),
    ("我喝绿茶。", "茶"),
    ("東京タワーの高さは333メートルです。", "タワーの高さ"),
    ("東京タワー", "ﾀﾜｰ"),
    ("我用Python写代码", "python"),
    ("แม่น้ำเจ้าพระยา", "เจ้าพระยา"),
    ("학교에서 배운다", "학교"),
    ("हिन्दी भाषा", "हिन्दी"),
]
"""Texts, and what is asked about them."""


def add(text: str, *, visitor: Visitor = ALICE, name: str = "notes.md") -> Document:
    return uploads.add(name, text.encode(), visitor=visitor)


def found(question: str, *, visitor: Visitor = ALICE) -> list[str]:
    return [passage.text.strip() for passage in search(question, visitor=visitor, limit=10)]


def test_a_passage_is_found_by_any_of_its_words_whatever_their_form() -> None:
    add("The cat was running in M\u00fcnchen.")

    for question in ("Cats?", "Who runs?", "m\u00fcnchen", "a zebra or a CAT"):
        assert found(question) == ["The cat was running in M\u00fcnchen."], question
    assert found("zebra") == []


@pytest.mark.parametrize(("text", "question"), UNSPACED)
def test_words_without_blanks_between_them_are_found(text: str, question: str) -> None:
    add(f"# One\n\n{text}\n\n# Two\n\nSomething else.")

    assert found(question) == [f"# One\n\n{text}"]
    for other in ("山田", "กิจ", "바다"):
        assert found(other) == []


def test_the_best_passage_without_blanks_comes_first() -> None:
    add("# A\n\n北京的天气。\n\n# B\n\n上海的天气很好。")

    assert found("上海的天气怎么样")[0].startswith("# B")


def test_the_best_passage_comes_first() -> None:
    add("# A\n\nTea and coffee.\n\n# B\n\nTea: green tea, black tea, from the tea house.\n\n# C\n\nWater.")

    assert [text.partition("\n")[0] for text in found("tea")] == ["# B", "# A"]


def test_passages_that_share_only_common_words_with_a_question_are_left_out() -> None:
    add(
        "\n\n".join(
            ["# Spare key\n\nThe spare key is under the mat.", *(f"# {n}\n\nA key." for n in range(9))]
        )
    )

    assert len(found("Where is a key?")) == 10
    assert [text.partition("\n")[0] for text in found("Where is the spare key?")] == ["# Spare key"]


def test_the_words_of_a_question_without_those_that_say_nothing() -> None:
    assert words_of("What is the capital of France, and who's there?") == ["capital", "france", "s"]
    assert words_of("what is it") == ["what", "is", "it"]
    assert words_of("Tea, tea! TEA?") == ["tea"]
    assert len(words_of(" ".join(f"w{number}" for number in range(1000)))) == MOST_WORDS


@pytest.mark.parametrize(
    "question",
    [
        "",
        " \n",
        "?!",
        '"',
        "''",
        "***",
        "-",
        "()",
        "\0",
        "\ud800",
        ":",
        "^",
        "{}",
        "; --",
        "%s %",
        "x" * 32_000,
    ],
)
def test_a_question_of_punctuation_finds_nothing(question: str) -> None:
    add("Text.")

    assert found(question) == []


@pytest.mark.parametrize(
    "question", ["AND", "OR NOT", "NEAR(text, 2)", "text:", 'te"xt', "text*", "a & ! b | text"]
)
def test_operators_are_words(question: str) -> None:
    add("Some text.")

    assert found(question) == (["Some text."] if "text" in question else [])


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.text())
def test_no_question_breaks_the_search(question: str) -> None:
    search(question, visitor=ALICE, limit=3)


def test_another_persons_documents_are_never_found() -> None:
    alice, bob = (Visitor(user=User.objects.create_user(name)) for name in ("alice", "bob"))
    people = [ALICE, BOB, alice, bob]
    for number, person in enumerate(people):
        add(f"A secret of person {number}.", visitor=person)

    for number, person in enumerate(people):
        assert found("secret person 0 1 2 3", visitor=person) == [f"A secret of person {number}."]
        assert Passage.objects.for_visitor(person).count() == 1
    assert found("secret", visitor=Visitor()) == []


def test_what_was_deleted_or_changed_is_no_longer_found() -> None:
    first, second = add("A cat."), add("A dog.")
    first.delete()
    second.passages.update(text="A horse.")

    assert found("cat dog") == []
    assert found("horse") == ["A horse."]


def test_deleting_a_person_deletes_what_they_uploaded() -> None:
    user = User.objects.create_user("alice")
    add("A cat.", visitor=Visitor(user=user))

    user.delete()

    assert Document.objects.count() == Passage.objects.count() == 0


def test_a_retriever_gives_documents_that_lead_to_their_passages() -> None:
    add("# Pets\n\nA cat.", name="animals.md")
    passage = Passage.objects.get()

    (document,) = DocumentRetriever(visitor=ALICE).invoke("cat")

    assert document.id == str(passage.uuid)
    assert document.metadata == {"title": "animals.md, Pets", "source": passage.get_absolute_url()}
    assert document.page_content == passage.text


def test_a_retriever_keeps_to_its_room() -> None:
    add("\n\n".join(f"# {number}\n\n" + "tea " * 200 for number in range(5)))
    whole = tokens_of(DocumentRetriever(visitor=ALICE).invoke("tea")[0])

    for room, expected in ((10 * whole, 5), (2 * whole, 2), (whole // 2, 1), (101, 1)):
        documents = DocumentRetriever(visitor=ALICE, room=room).invoke("tea")
        assert len(documents) == expected
        assert sum(map(tokens_of, documents)) <= room


def test_the_index_and_its_triggers_go_and_come_back_with_their_migration(
    transactional_db: None,
) -> None:
    add("A cat.")
    call_command("migrate", "documents", "0001", verbosity=0)
    call_command("migrate", "documents", verbosity=0)

    assert found("cat") == ["A cat."]
    Document.objects.all().delete()
    assert found("cat") == []


def test_documents_from_before_are_searched_by_parts_of_words_too(transactional_db: None) -> None:
    add("长城很长。")
    call_command("migrate", "documents", "0005", verbosity=0)
    call_command("migrate", "documents", verbosity=0)

    assert found("长城") == ["长城很长。"]


def test_what_is_there_twice_is_found_once() -> None:
    add("Green tea.", name="first.md")
    add("Green tea.\n", name="second.md")

    assert found("tea") == ["Green tea."]


def test_a_document_that_is_left_out_is_not_searched() -> None:
    document = add("Green tea.", name="first.md")
    add("Black tea.", name="second.md")

    document.ask(asked=False)
    assert found("tea") == ["Black tea."]

    document.ask(asked=True)
    assert sorted(found("tea")) == ["Black tea.", "Green tea."]
