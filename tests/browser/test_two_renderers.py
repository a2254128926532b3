"""What server and script each do for themselves, they do alike."""

import json

from chatsite.chat.templatetags import json_values
from chatsite.chat.templatetags.chat import local_address
from tests.browser.chat_page import ChatPage

# Through JSON text, as the page gets them: Playwright would make other numbers of them.
VALUES = [
    *(None, "", " text\n", 'say "x"', "\u2028<b>&", "\U0001f642", True, False),
    *([], {}, [None], [[1], {"a_b": []}], {"a": {"b": [1.0, {"c": "d"}]}}, {"items": 1, "__proto__": 2}),
    *(0, -17, 2**53, -0.0, 1.0, -3.50, 0.1, 1e-5, 1.5e-6, 1e-7, -2.5e-10, 5e-324),
    *(1e16, 123456789012345680000.0, 1e21, 1.7e308),
]
SHOW = """async ([values, deepest]) => {
  const { fieldLabel, isWorthShowing, kindOf, plainText } = await import("/static/chat/reply/json_values.js");
  return JSON.parse(values).map((value) => [
    plainText(value), kindOf(value, deepest), kindOf(value, 0), isWorthShowing(value), JSON.stringify(value),
  ]);
}"""

ADDRESSES = [
    *("/documents/passages/6f/#passage", "/", "/a?b=c&d=%20"),
    *(
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
    ),
    *("/\n", "/a\n", "", "a/b", "/\xe4", "/a b", '/"'),
]
LOCAL = """async (sources) => {
  const { isLocalAddress } = await import("/static/chat/reply/sources.js");
  return sources.filter(isLocalAddress);
}"""


def test_json_values_look_the_same(chat: ChatPage) -> None:
    shown = chat.page.evaluate(SHOW, [json.dumps(VALUES), json_values.DEEPEST])
    assert shown == [
        [
            json_values.plain_text(value),
            json_values.json_kind(value, 0),
            json_values.json_kind(value, json_values.DEEPEST),
            json_values.is_worth_showing(value),
            json_values.json_text(value),
        ]
        for value in VALUES
    ]
    labels = chat.page.evaluate(
        'async (names) => names.map((await import("/static/chat/reply/json_values.js")).fieldLabel)',
        ["a_b__c", "_"],
    )
    assert labels == [json_values.field_label(name) for name in ("a_b__c", "_")]


def test_the_same_addresses_are_this_sites_own(chat: ChatPage) -> None:
    local = [address for address in ADDRESSES if local_address(address)]
    assert local == ["/documents/passages/6f/#passage", "/", "/a?b=c&d=%20"]
    assert chat.page.evaluate(LOCAL, ADDRESSES) == local


def test_values_too_deep_to_show_become_an_ellipsis() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert json_values.json_text(deep) == "…"
