"""The languages that code is coloured in."""

from collections.abc import Mapping

from chatsite.chat.rendering.languages import compiled, data, scripts
from chatsite.chat.rendering.languages.rules import Language

LANGUAGES: Mapping[str, Language] = {
    name: language
    for names, language in (
        ("py python python3 pycon", scripts.PYTHON),
        ("javascript js jsx ts tsx typescript mjs", scripts.JAVASCRIPT),
        ("c c++ cpp h hpp", compiled.C),
        ("java", compiled.JAVA),
        ("kotlin kt", compiled.KOTLIN),
        ("c# csharp cs", compiled.CSHARP),
        ("go golang", compiled.GO),
        ("rs rust", compiled.RUST),
        ("swift", compiled.SWIFT),
        ("scala", compiled.SCALA),
        ("bash console sh shell zsh", scripts.SHELL),
        ("powershell ps1", scripts.POWERSHELL),
        ("rb ruby", scripts.RUBY),
        ("perl pl", scripts.PERL),
        ("php", scripts.PHP),
        ("lua", scripts.LUA),
        ("haskell hs", compiled.HASKELL),
        ("r", scripts.R),
        ("sql", data.SQL),
        ("css scss", data.CSS),
        ("html xml svg", data.MARKUP),
        ("django jinja jinja2", data.TEMPLATE),
        ("json json5 jsonc", data.JSON),
        ("yaml yml", data.YAML),
        ("ini toml cfg", data.INI),
        ("docker dockerfile", data.DOCKERFILE),
        ("make makefile", data.MAKEFILE),
        ("nginx", data.NGINX),
        ("graphql", data.GRAPHQL),
        ("diff patch", data.DIFF),
    )
    for name in names.split()
}
"""By the names that people write after a fence."""
