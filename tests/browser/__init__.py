import pytest

pytest.register_assert_rewrite("tests.browser.chat_page")  # before anybody imports it
