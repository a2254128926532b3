"""A table while it is written: rows that are read stand still."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.test_cost import BEGIN, IS_AS_RENDERED, steps

ROWS = 12
FIRST = 3
"""Rows after which the columns are as wide as they will be: two say so when the third has begun."""

# Gives for each step how far any cell has moved to a side that was there before, and how many rows there are.
MOVES = """async (steps) => {
  const rows = () => [...document.querySelectorAll("[data-messages] > :last-child tr")];
  const cells = () => rows().slice(0, -1)
    .flatMap((row) => [...row.cells].map((cell) => {
      const text = document.createRange();
      text.selectNodeContents(cell);
      return { cell, left: text.getBoundingClientRect().left };
    }));
  const found = [];
  let before = [];
  for (const step of steps) {
    for (const event of step) reply.take(event);
    await new Promise(requestAnimationFrame);
    const after = cells();
    const moved = before.map(({ left }, at) => Math.abs(after[at].left - left));
    found.push([Math.max(0, ...moved), Math.max(0, rows().length - 1)]);
    before = after;
  }
  return found;
}"""


def growing(aligned: str) -> Iterator[str]:
    """Rows whose cells are longer from row to row."""
    yield from ("| Name | What it does | Price |\n", f"|---|---|{aligned}|\n")
    for number in range(1, ROWS + 1):
        yield from (
            "|",
            " house" * number,
            " |",
            f" {number}",
            " quiet street" * number,
            " | ",
            f"{7 * number}",
        )
        yield " |\n"


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("aligned", ["---", "--:"])
def test_rows_that_are_read_do_not_move_while_others_come(chat: ChatPage, width: int, aligned: str) -> None:
    chat.page.set_viewport_size({"width": width, "height": 800})
    sent = list(steps(growing(aligned)))
    finished = sent[-1].pop()
    chat.page.evaluate(BEGIN)

    moves = chat.page.evaluate(MOVES, sent)

    assert moves[-1][1] == ROWS
    assert [moved for moved, rows in moves if rows > FIRST and moved > 1] == []
    chat.page.evaluate("(event) => reply.take(event)", finished)
    chat.page.evaluate("() => new Promise(requestAnimationFrame)")
    assert chat.page.evaluate(IS_AS_RENDERED, finished["data"]["html"])


def test_a_long_word_has_room_in_its_column(chat: ChatPage) -> None:
    rows = ["| a | b |\n", "|---|---|\n", "| 1 | 2 |\n" * 4, f"| {'x' * 40} | 2 |\n", "| 1 | 2 |\n"]
    sent = list(steps(rows))
    sent[-1].pop()
    chat.page.evaluate(BEGIN)
    chat.page.evaluate(MOVES, sent)

    cell = chat.body.locator("td", has_text="x" * 40)

    expect(cell).to_be_visible()
    assert cell.evaluate("cell => cell.scrollWidth <= cell.offsetWidth")
