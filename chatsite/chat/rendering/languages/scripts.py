"""Languages that are interpreted."""

from chatsite.chat.rendering.languages.rules import (
    DECORATOR,
    DOUBLE,
    ESCAPE,
    HASH,
    NAME,
    NUMBER,
    POP,
    SINGLE,
    SLASHES,
    STARS,
    Mode,
    Rule,
    language,
)

PYTHON = language(
    HASH,
    Rule(r"(?:^|(?<=[^\w.]))[rRbBuUfF]{0,2}\"\"\"", "s", "triple double"),
    Rule(r"(?:^|(?<=[^\w.]))[rRbBuUfF]{0,2}'''", "s", "triple single"),
    Rule(r"(?:^|(?<=[^\w.]))[rRbBuUfF]{0,2}\"", "s", "double"),
    Rule(r"(?:^|(?<=[^\w.]))[rRbBuUfF]{0,2}'", "s", "single"),
    Rule(r"^>>> |^\.\.\. ", "gp"),
    Rule(r"(?<=\bclass )\w++", "nc"),
    Rule(r"(?<=\bdef )\w++", "nf"),
    Rule(r"^\s*+@[\w.]++", "nd"),
    modes={
        "triple double": Mode((ESCAPE, Rule('"""', "s", POP)), "s"),
        "triple single": Mode((ESCAPE, Rule("'''", "s", POP)), "s"),
    },
    k="""and as assert async await break case class continue def del elif else except finally for from
    global if import in is lambda match nonlocal not or pass raise return try type while with yield""",
    kc="False None True NotImplemented Ellipsis",
    nb="""self cls abs all any bool bytes bytearray callable chr dict dir divmod enumerate filter float
    format frozenset getattr hasattr hash id input int isinstance issubclass iter len list map max
    memoryview min next object open ord pow print property range repr reversed round set setattr
    slice sorted staticmethod str sum super tuple type vars zip""",
    types=True,
)

JAVASCRIPT = language(
    SLASHES,
    STARS,
    DOUBLE,
    SINGLE,
    Rule("`", "s", "template"),
    Rule(
        r"(?:^|(?<=[=(,:\[!&|?{};])|(?<=[=(,:\[!&|?{};] )|(?<=return ))"
        r"/(?![*/])(?:[^/\\\[]|\\.|\[(?:[^\]\\]|\\.)*+(?:\]|$))++(?:/\w*+|$)",
        "s",
    ),
    Rule(r"</?+[A-Za-z][\w.]*+(?=[\s>/])", "nt"),
    DECORATOR,
    Rule(r"(?<![\w$])[^\W\d][\w$]*+(?=\??:)", "na"),
    modes={
        "template": Mode((ESCAPE, Rule(r"\$\{", "se", "inserted"), Rule("`", "s", POP)), "s"),
        "inserted": Mode(
            (
                Rule(r"\}", "se", POP),
                Rule(r"\{", "", "braces"),
                DOUBLE,
                SINGLE,
                Rule("`", "s", "template"),
                NUMBER,
                NAME,
            )
        ),
        "braces": Mode(
            (
                Rule(r"\}", "", POP),
                Rule(r"\{", "", "braces"),
                DOUBLE,
                SINGLE,
                Rule("`", "s", "template"),
                NUMBER,
                NAME,
            )
        ),
    },
    k="""abstract as async await break case catch class const continue debugger declare default delete do
    else enum export extends finally for from function get if implements import in instanceof
    interface is keyof let namespace new of private protected public readonly return satisfies set
    static super switch this throw try type typeof var void while with yield""",
    kc="true false null undefined NaN Infinity",
    nb="""any bigint boolean never number object string symbol unknown Array Boolean Date Error JSON Map
    Math Number Object Promise Proxy Reflect RegExp Set String Symbol WeakMap console document
    globalThis process window""",
    types=True,
)

SHELL = language(
    Rule(r"(?:^|(?<=[\s;|&(]))#.*+", "c"),
    Rule(r"^(?:[\w.@-]++(?::[\w~/.-]*+)?+)?+[$%#] (?=\S)", "gp"),
    Rule(r"\$\{[^}\n]*+(?:\}|$)|\$(?:\w++|[!@#$?*-])", "nv"),
    Rule(r"\\.", "se"),
    Rule('"', "s", "text"),
    Rule("'", "s", "raw single"),
    Rule(r"(?:^|(?<=\s))[^\W\d]\w*+(?==)", "nv"),
    Rule(r"(?<=\s)--?[\w-]++", "na"),
    modes={
        "text": Mode(
            (
                ESCAPE,
                Rule(r"\$\{[^}\n\"]*+(?:\}|$|(?=\"))|\$(?:\w++|[!@#$?*-])", "nv"),
                Rule('"', "s", POP),
            ),
            "s",
        )
    },
    k="case coproc do done elif else esac fi for function if in select then time until while",
    nb="""alias apt awk basename bg cat cd chmod chown command cp curl cut date declare dirname docker
    echo env eval exec exit export false fg find getopts git grep head install jobs kill kubectl ln
    local ls make mkdir mv npm pip popd printf ps pushd pwd python python3 read readonly return rm
    rmdir sed set shift sleep sort source ssh sudo tail tar tee test touch tr trap true type ulimit
    umask unalias uniq unset wait wc wget xargs""",
)

POWERSHELL = language(
    *(HASH, Rule("<#", "c", "block"), DOUBLE, SINGLE, Rule(r"\$\{?+[\w:]++\}?+", "nv")),
    *(Rule(r"\b[A-Za-z]++-[A-Za-z]++", "nb"), Rule(r"(?<=\s)-\w++", "na")),
    modes={"block": Mode((Rule("#>", "c", POP),), "c")},
    any_case=True,
    k="""begin break catch class continue data do dynamicparam else elseif end enum exit filter finally
    for foreach from function if in param process return switch throw trap try until using while""",
)

RUBY = language(
    *(Rule(r"^=begin\b", "c", "block"), HASH, Rule('"', "s", "text"), Rule("'", "s", "long single")),
    *(Rule(r"(?<![:\w]):[^\W\d]\w*+[?!]?+", "s"), Rule(r"@{1,2}\w++|\$\w++", "nv")),
    *(Rule(r"(?<=\bdef )[\w.]++[?!]?+", "nf"), Rule(r"[^\W\d]\w*+:(?!:)", "na")),
    modes={
        "block": Mode((Rule(r"^=end\b", "c", POP),), "c"),
        "text": Mode((ESCAPE, Rule(r"#\{[^}\n\"]*+(?:\}|$|(?=\"))", "se"), Rule('"', "s", POP)), "s"),
    },
    k="""alias and begin break case class def defined? do else elsif end ensure for if in module next not
    or redo rescue retry return self super then undef unless until when while yield""",
    nb="""attr_accessor attr_reader attr_writer extend include lambda loop p print private proc protected
    public puts raise require require_relative""",
    kc="true false nil",
    types=True,
)

PERL = language(
    *(Rule(r"(?<![$@%&])#.*+", "c"), Rule(r"^=\w++.*+", "c", "pod")),
    *(
        Rule('"', "s", "long double"),
        Rule("'", "s", "long single"),
        Rule(r"[$@%]\$?+(?:\w++|[!@_&/\\])", "nv"),
    ),
    modes={"pod": Mode((Rule(r"^=cut\b", "c", POP),), "c")},
    k="""and cmp continue do else elsif eq for foreach ge given gt if last le local lt my ne next no not
    or our package redo require return sub unless until use when while xor""",
    nb="""bless chomp close defined delete die each exists join keys length map open pop print printf push
    ref reverse scalar shift sort splice split sprintf substr undef unshift values wantarray warn""",
)

PHP = language(
    *(Rule(r"<\?(?:php|=)?+|\?>", "cp"), SLASHES, HASH, STARS),
    *(Rule('"', "s", "long double"), Rule("'", "s", "long single"), Rule(r"\$\w++", "nv")),
    any_case=True,
    k="""abstract and array as break callable case catch class clone const continue declare default do
    echo else elseif enum extends final finally fn for foreach function global goto if implements
    include include_once instanceof insteadof interface isset list match namespace new or print
    private protected public readonly require require_once return static switch throw trait try
    unset use var while xor yield""",
    nb="bool float int iterable mixed never object string void self parent",
    kc="true false null",
)

LUA = language(
    *(
        Rule(r"--\[\[", "c", "long comment"),
        Rule(r"--.*+", "c"),
        Rule(r"\[\[", "s", "long text"),
        DOUBLE,
        SINGLE,
    ),
    modes={
        "long comment": Mode((Rule(r"\]\]", "c", POP),), "c"),
        "long text": Mode((Rule(r"\]\]", "s", POP),), "s"),
    },
    k="and break do else elseif end for function goto if in local not or repeat return then until while",
    nb="assert error ipairs next pairs pcall print require select setmetatable tonumber tostring type self",
    kc="true false nil",
)

R = language(
    *(HASH, Rule('"', "s", "long double"), Rule("'", "s", "long single")),
    k="break else for function if in next repeat return while",
    nb="c data.frame factor length library list matrix mean names paste print rep require seq sum",
    kc="TRUE FALSE NULL NA NaN Inf T F",
)
