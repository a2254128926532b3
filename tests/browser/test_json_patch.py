"""The page's JSON Patch, with the examples of RFC 6902's appendix A."""

from typing import Any

from tests.browser.chat_page import ChatPage

APPLY = """async ([document, patch]) => {
  const { PatchError, applyPatch } = await import("/static/streaming/json_patch.js");
  const before = JSON.stringify(document);
  try {
    return { document: applyPatch(document, patch) };
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    return { error: error.message };
  } finally {
    if (JSON.stringify(document) !== before) throw new Error("the document was changed in place");
  }
}"""

APPENDIX = {
    "A.1 adding an object member": (
        {"foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "qux"}],
        {"baz": "qux", "foo": "bar"},
    ),
    "A.2 adding an array element": (
        {"foo": ["bar", "baz"]},
        [{"op": "add", "path": "/foo/1", "value": "qux"}],
        {"foo": ["bar", "qux", "baz"]},
    ),
    "A.3 removing an object member": (
        {"baz": "qux", "foo": "bar"},
        [{"op": "remove", "path": "/baz"}],
        {"foo": "bar"},
    ),
    "A.4 removing an array element": (
        {"foo": ["bar", "qux", "baz"]},
        [{"op": "remove", "path": "/foo/1"}],
        {"foo": ["bar", "baz"]},
    ),
    "A.5 replacing a value": (
        {"baz": "qux", "foo": "bar"},
        [{"op": "replace", "path": "/baz", "value": "boo"}],
        {"baz": "boo", "foo": "bar"},
    ),
    "A.6 moving a value": (
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    "A.7 moving an array element": (
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    "A.8 testing a value: success": (
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    "A.10 adding a nested member object": (
        {"foo": "bar"},
        [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
        {"foo": "bar", "child": {"grandchild": {}}},
    ),
    "A.11 ignoring unrecognized elements": (
        {"foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}],
        {"foo": "bar", "baz": "qux"},
    ),
    "A.14 ~ escape ordering": (
        {"/": 9, "~1": 10},
        [{"op": "test", "path": "/~01", "value": 10}],
        {"/": 9, "~1": 10},
    ),
    "A.16 adding an array value": (
        {"foo": ["bar"]},
        [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}],
        {"foo": ["bar", ["abc", "def"]]},
    ),
    "the whole document": (None, [{"op": "add", "path": "", "value": {"a": 1}}], {"a": 1}),
    "adding where something is": ({"a": 1}, [{"op": "add", "path": "/a", "value": None}], {"a": None}),
    "copying": ({"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
    "an empty name": ({"": 1}, [{"op": "replace", "path": "/", "value": 2}], {"": 2}),
    "objects are equal in any order": (
        {"a": {"b": 1, "c": [{}]}},
        [{"op": "test", "path": "/a", "value": {"c": [{}], "b": 1}}],
        {"a": {"b": 1, "c": [{}]}},
    ),
    "one operation builds on another": (
        {"a": []},
        [
            {"op": "add", "path": "/a/0", "value": {}},
            {"op": "add", "path": "/a/0/b", "value": 1},
            {"op": "move", "from": "/a/0", "path": "/c"},
        ],
        {"a": [], "c": {"b": 1}},
    ),
}

ERRORS = {
    "A.9 testing a value: error": ({"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}]),
    "A.12 adding to a nonexistent target": (
        {"foo": "bar"},
        [{"op": "add", "path": "/baz/bat", "value": "qux"}],
    ),
    # A.13 has "op" twice in one object, which JSON.parse has resolved before any patch is seen.
    "A.15 comparing strings and numbers": (
        {"/": 9, "~1": 10},
        [{"op": "test", "path": "/~01", "value": "10"}],
    ),
    "removing what is not there": ({"a": 1}, [{"op": "remove", "path": "/b"}]),
    "replacing what is not there": ({"a": 1}, [{"op": "replace", "path": "/b", "value": 2}]),
    "past the end": ({"a": [1]}, [{"op": "add", "path": "/a/2", "value": 2}]),
    "a leading zero": ({"a": [1, 2]}, [{"op": "remove", "path": "/a/01"}]),
    "removing at the end": ({"a": [1]}, [{"op": "remove", "path": "/a/-"}]),
    "not a pointer": ({"a": 1}, [{"op": "remove", "path": "a"}]),
    "a bad escape": ({"a~2": 1}, [{"op": "remove", "path": "/a~2"}]),
    "into itself": ({"a": {}}, [{"op": "move", "from": "/a", "path": "/a/b"}]),
    "no value": ({"a": 1}, [{"op": "add", "path": "/b"}]),
    "no such operation": ({"a": 1}, [{"op": "spam", "path": "/a"}]),
    "into text": ({"a": "text"}, [{"op": "add", "path": "/a/0", "value": 1}]),
    "what every object inherits": ({}, [{"op": "copy", "from": "/constructor", "path": "/a"}]),
    "all or nothing": ({"a": 1}, [{"op": "remove", "path": "/a"}, {"op": "remove", "path": "/a"}]),
}


def test_patches_do_what_the_rfc_says(chat: ChatPage) -> None:
    made = {name: apply(chat, document, patch) for name, (document, patch, _) in APPENDIX.items()}
    assert made == {name: {"document": expected} for name, (_, _, expected) in APPENDIX.items()}


def test_what_does_not_fit_is_an_error(chat: ChatPage) -> None:
    made = {name: apply(chat, document, patch) for name, (document, patch) in ERRORS.items()}
    assert [name for name, result in made.items() if set(result) != {"error"}] == []


def test_patches_keep_the_identity_of_unchanged_objects(chat: ChatPage) -> None:
    assert chat.page.evaluate("""async () => {
      const { applyPatch } = await import("/static/streaming/json_patch.js");
      const before = { a: { b: [{}, {}] }, c: [{}] };
      const after = applyPatch(before, [{ op: "add", path: "/a/b/1/d", value: 1 }]);
      return before.c === after.c && before.a.b[0] === after.a.b[0] && before.a.b[1] !== after.a.b[1];
    }""")


def test_a_name_like_a_prototypes_is_a_name(chat: ChatPage) -> None:
    assert (
        chat.page.evaluate("""async () => {
      const { applyPatch } = await import("/static/streaming/json_patch.js");
      const after = applyPatch({}, [{ op: "add", path: "/__proto__", value: { owned: true } }]);
      return JSON.stringify(after) + String(after.owned) + String({}.owned);
    }""")
        == '{"__proto__":{"owned":true}}undefinedundefined'
    )


def apply(chat: ChatPage, document: object, patch: object) -> dict[str, Any]:
    result: dict[str, Any] = chat.page.evaluate(APPLY, [document, patch])
    return result
