"""Markup, data, configuration, queries and differences."""

from chatsite.chat.rendering.languages.rules import (
    DECORATOR,
    DOUBLE,
    ESCAPE,
    HASH,
    MODES,
    NAME,
    NUMBER,
    POP,
    SINGLE,
    SLASHES,
    STARS,
    Language,
    Mode,
    Rule,
    language,
    words,
)

SQL = language(
    *(
        Rule(r"--.*+", "c"),
        STARS,
        Rule("'", "s", "raw single"),
        Rule(r'"[^"\n]*+(?:"|$)|`[^`\n]*+(?:`|$)', "nv"),
    ),
    any_case=True,
    k="""add all alter analyze and as asc begin between by cascade case check column commit constraint
    create cross default delete desc distinct drop else end except exists explain foreign from full
    function grant group having if ilike in index inner insert intersect into is join key lateral
    left like limit materialized natural not offset on or order outer over partition primary
    references returning right rollback select set table temporary then to transaction trigger
    truncate union unique update using values view when where window with""",
    nb="""avg bigint blob bool boolean bytea char coalesce count current_date current_timestamp date
    datetime decimal double float int integer interval json jsonb lower max min now numeric real
    row_number serial smallint sum text time timestamp upper uuid varchar""",
    kc="true false null",
)

CSS = language(
    *(STARS, SLASHES, DOUBLE, SINGLE, Rule(r"@[\w-]++", "k"), Rule(r"--[\w-]++|\$[\w-]++", "nv")),
    *(
        Rule(r"#[\da-fA-F]{3,8}\b", "m"),
        Rule(r"(?<![\w-])[\w-]++(?=:\s|:$)", "na"),
        Rule(r"[.#][A-Za-z_][\w-]*+", "nc"),
    ),
    *(Rule(r"::?[a-z-]++", "nd"), Rule(r"(?<![\w-])-?+(?:\d++(?:\.\d++)?+|\.\d++)(?:%|[a-z]++)?+", "m")),
    Rule(r"(?<![\w-])[A-Za-z_][\w-]*+", "name"),
    k="important",
)

_TAG_MODES = {
    "comment": Mode((Rule("-->", "c", POP),), "c"),
    "tag": Mode(
        (
            Rule(r"/?+>|\?>", "nt", POP),
            Rule('"', "s", "long double"),
            Rule("'", "s", "raw single"),
            Rule(r"[^\s=\"'<>/]++", "na"),
        )
    ),
    "block": Mode((Rule(r"[%}]\}", "cp", POP), Rule("\"[^\"]*+\"|'[^']*+'", "s"), NUMBER, NAME)),
    "template comment": Mode((Rule(r"#\}", "c", POP),), "c"),
}

_TEMPLATE_RULES = (
    Rule(r"\{#", "c", "template comment"),
    Rule(r"\{[{%]-?+", "cp", "block"),
)

_MARKUP_RULES = (
    Rule("<!--", "c", "comment"),
    Rule(r"<[!?][A-Za-z]++", "cp", "tag"),
    Rule(r"</?+[A-Za-z][\w:.-]*+", "nt", "tag"),
    Rule(r"&#?+\w{1,31};", "se"),
)

MARKUP = Language({**MODES, **_TAG_MODES, "root": Mode(_MARKUP_RULES)})

TEMPLATE = Language(
    {**MODES, **_TAG_MODES, "root": Mode((*_TEMPLATE_RULES, *_MARKUP_RULES))},
    words(
        k="""and as autoescape block by csrf_token elif else empty endblock endfor endif endmacro endset
        endwith extends filter for from if import in include is load macro not or set static trans
        url with""",
        kc="True False None true false none",
    ),
)

JSON = language(
    *(Rule(r'"(?:[^"\\]|\\.)*+"(?=\s*+:)', "na"), DOUBLE, SINGLE, SLASHES, STARS),
    *(Rule(r"-?+\d++(?:\.\d++)?+(?:[eE][+-]?+\d++)?+", "m"), Rule(r"(?<![\w$])[^\W\d][\w$]*+(?=:)", "na")),
    kc="true false null Infinity NaN undefined",
)

YAML = Language(
    {
        **MODES,
        "root": Mode(
            (
                Rule(r"(?:^|(?<=\s))#.*+", "c"),
                Rule(r"^---$|^\.\.\.$", "cp"),
                Rule(r"(?:^|(?<=[\s{,]))[\w./$-]++(?=:(?:\s|$))", "na"),
                Rule('"', "s", "long double"),
                Rule("'", "s", "raw single"),
                Rule(r"[&*!][\w./-]++", "nv"),
                Rule(r"\{\{[^}]*+(?:\}\}|$)?+", "cp"),
                NUMBER,
                NAME,
            )
        ),
    },
    words(kc="true false null yes no on off True False Null"),
)

INI = Language(
    {
        **MODES,
        "root": Mode(
            (
                Rule(r"(?:^|(?<=\s))[#;].*+", "c"),
                Rule(r"^\s*+\[.*+", "nc"),
                Rule(r"^\s*+[\w.\"-]++(?=\s{0,20}[=:])", "na"),
                Rule('"""', "s", "text"),
                Rule("'''", "s", "raw text"),
                DOUBLE,
                SINGLE,
                NUMBER,
                NAME,
            )
        ),
        "text": Mode((ESCAPE, Rule('"""', "s", POP)), "s"),
        "raw text": Mode((Rule("'''", "s", POP),), "s"),
    },
    words(kc="true false yes no on off"),
)

DOCKERFILE = language(
    *(Rule(r"^\s*+#.*+", "c"), DOUBLE, SINGLE, Rule(r"\$\{[^}\n]*+(?:\}|$)|\$\w++", "nv")),
    *(Rule(r"^\s*+[A-Za-z]++(?=\s)", "k"), Rule(r"(?<=\s)--[\w-]++", "na")),
    k="AS as",
)

MAKEFILE = language(
    *(HASH, Rule(r"\$[({][^)}\n]*+(?:[)}]|$)|\$.", "nv"), Rule(r"^[^\s:=#]++(?=\s{0,20}:(?!=))", "nf")),
    *(Rule(r"^\s*+[\w.-]++(?=\s{0,20}(?:[:?+]?=))", "nv"), DOUBLE, SINGLE),
    k="define else endef endif export ifdef ifeq ifndef ifneq include override undefine unexport",
)

NGINX = language(
    *(HASH, DOUBLE, SINGLE, Rule(r"\$\w++", "nv"), Rule(r"^\s*+[a-z_]++(?=[\s;])", "k")),
    *(Rule(r"\d++(?:\.\d++)*+[a-z]?+", "m"),),
    kc="on off",
)

GRAPHQL = language(
    *(
        HASH,
        Rule('"""', "s", "text"),
        DOUBLE,
        DECORATOR,
        Rule(r"\$\w++", "nv"),
        Rule(r"(?<!\w)\w++(?=:)", "na"),
    ),
    modes={"text": Mode((Rule('"""', "s", POP),), "s")},
    k="""directive enum extend fragment implements input interface mutation on query scalar schema
    subscription type union""",
    kc="true false null",
    types=True,
)

DIFF = Language(
    {
        "root": Mode(
            (
                Rule(r"^(?:diff |index |--- |\+\+\+ |@@).*+", "gh"),
                Rule(r"^\+.*+", "gi"),
                Rule(r"^-.*+", "gd"),
            )
        )
    }
)
