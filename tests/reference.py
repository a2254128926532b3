"""Writes docs/streaming/reference.md from the docstrings of the public names: `python -m tests.reference`.

Which names are public docs/architecture.md says. `tests/test_reference.py` holds the page up to date.
"""

import ast
import inspect
import os
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from itertools import pairwise
from textwrap import dedent
from typing import Any

from tests.test_public_names import PUBLIC, ROOT

PAGE = ROOT / "docs/streaming/reference.md"
HEAD = """# Reference

Every public name of the package, with its docstring. `python -m tests.reference` has written this page: to
change it, change the docstrings. Settings are in
[configuration.md](../configuration.md#the-streaming-app-streaming), events as JSON in
[protocol.md](../protocol.md#events).
"""


def page() -> str:
    """The whole page."""
    contents = "\n".join(f"- [`{name}`](#{name.replace('.', '')})" for name in PUBLIC)
    return "\n\n".join([HEAD.rstrip(), contents, *(section(name) for name in PUBLIC)]) + "\n"


def section(module_name: str) -> str:
    """The part about one module: functions first, then classes, then values."""
    module = import_module(module_name)
    found = {name: getattr(module, name) for name in PUBLIC[module_name]}
    parts = [f"## `{module_name}`", first_paragraph(module)]
    for name in sorted(found, key=lambda name: (kind(found[name]), name.lower())):
        thing = found[name]
        parts.append(f"### `{name}`")
        if kind(thing) == "value":
            parts.append(value_docstring(module_name, name))
        else:
            parts += described(name, thing)
    return "\n\n".join(part for part in parts if part)


def kind(thing: Any) -> str:
    if inspect.isroutine(thing) or hasattr(thing, "__wrapped__"):
        return "a function"
    return "class" if isinstance(thing, type) else "value"


def described(name: str, thing: Any) -> Iterator[str]:
    """How it is called, what it is, and what it has, if it is a class of ours."""
    yield f"```text\n{signature(name, thing)}\n```"
    yield own_docstring(thing)
    if isinstance(thing, type) and thing.__module__.startswith("streaming."):
        members = [line for member, value in vars(thing).items() if (line := item(thing, member, value))]
        yield "\n".join(members)


def item(cls: type, name: str, value: Any) -> str:
    """The line of a list about a member of a class, if it is public and says what it is."""
    value = value.__func__ if isinstance(value, classmethod | staticmethod) else value
    is_field = is_dataclass(cls) and name in cls.__dataclass_fields__
    text = value.__doc__ if isinstance(value, property) or inspect.isfunction(value) else None
    if name.startswith(("_", "model_")) or is_field or not text:  # pydantic's hooks; what has none of its own
        return ""
    shown = name if isinstance(value, property) else signature(name, value)
    return f"- `{shown}`: {' '.join(text.split())}"


def signature(name: str, thing: Any) -> str:
    """The call, without types: docstrings say what is taken."""
    if hasattr(thing, "model_fields"):  # pydantic's signature has every field of every base
        thing = vars(thing).get("__init__")
    if thing is None:
        return f"{name}(**options)"
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return name
    bare = [one.replace(annotation=one.empty) for one in parameters if one.name not in ("self", "cls")]
    call = f"{name}{inspect.Signature(bare)}".replace("'", '"')
    call = re.sub(r"<[^<>]*>", "...", call)
    if len(call) <= 100:
        return call
    head, _, rest = call.partition("(")
    return f"{head}(\n    " + ",\n    ".join(rest.removesuffix(")").split(", ")) + ",\n)"


def own_docstring(thing: Any) -> str:
    """What it says of itself; nothing of what it inherits, or dataclasses make up."""
    text = inspect.cleandoc(thing.__doc__ or "")
    return "" if text.startswith(f"{getattr(thing, '__name__', '')}(") else code_fenced(text)


def code_fenced(text: str) -> str:
    """The text, with its indented examples as blocks."""
    return re.sub(
        r"(?<=\n\n)((?: {4}.*\n?|\n(?= {4}))+)",
        lambda example: f"```python\n{dedent(example[0]).strip()}\n```\n",
        text,
    ).strip()


def first_paragraph(module: Any) -> str:
    return inspect.cleandoc(module.__doc__ or "").split("\n\n")[0]


def value_docstring(module_name: str, name: str) -> str:
    """The text below the assignment of a value, in the module that makes it."""
    for source in (import_module(module_name), *map(import_module, _imported_from(module_name, name))):
        body = ast.parse(inspect.getsource(source)).body
        for statement, following in pairwise(body):
            if name in _assigned(statement) and isinstance(following, ast.Expr):
                return inspect.cleandoc(ast.literal_eval(following.value))
    return ""


def _assigned(statement: ast.stmt) -> set[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _imported_from(module_name: str, name: str) -> Iterator[str]:
    """The modules from which the module imports the name."""
    for node in ast.walk(ast.parse(inspect.getsource(import_module(module_name)))):
        if isinstance(node, ast.ImportFrom) and node.module and name in {one.name for one in node.names}:
            yield node.module


if __name__ == "__main__":
    import django

    import tests.environment  # noqa: F401 - the site's settings, which have the admin

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    PAGE.write_text(page())
