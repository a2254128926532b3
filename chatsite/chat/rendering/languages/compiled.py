"""Languages that are compiled."""

from chatsite.chat.rendering.languages.rules import (
    DECORATOR,
    DOUBLE,
    ESCAPE,
    POP,
    SINGLE,
    SLASHES,
    STARS,
    Mode,
    Rule,
    language,
)

_C_WORDS = """alignas alignof asm auto break case catch class concept const const_cast consteval constexpr
    constinit continue co_await co_return co_yield decltype default delete do dynamic_cast else enum explicit
    export extern final for friend goto if inline mutable namespace new noexcept operator override private
    protected public register reinterpret_cast requires restrict return sizeof static static_assert
    static_cast struct switch template this thread_local throw try typedef typeid typename union using
    virtual volatile while"""

C = language(
    SLASHES,
    STARS,
    Rule(r"^\s*+#\s*+\w++(?:\s*+<[\w./+-]*+>)?+", "cp"),
    Rule(r"(?:u8|[uUL])?+\"", "s", "double"),
    SINGLE,
    k=_C_WORDS,
    nb="""bool char char8_t char16_t char32_t double float int int8_t int16_t int32_t int64_t long short
    signed size_t ssize_t uint8_t uint16_t uint32_t uint64_t uintptr_t unsigned void wchar_t FILE
    string vector""",
    kc="true false nullptr NULL",
    types=True,
)

JAVA = language(
    SLASHES,
    STARS,
    Rule(r'"""', "s", "text block"),
    DOUBLE,
    SINGLE,
    DECORATOR,
    modes={"text block": Mode((ESCAPE, Rule('"""', "s", POP)), "s")},
    k="""abstract assert break case catch class continue default do else enum exports extends final
    finally for if implements import instanceof interface module native new non-sealed package
    permits private protected public record requires return sealed static strictfp super switch
    synchronized this throw throws transient try var volatile while yield""",
    nb="boolean byte char double float int long short void",
    kc="true false null",
    types=True,
)

KOTLIN = language(
    *(SLASHES, STARS, Rule(r'"""', "s", "raw"), DOUBLE, SINGLE, DECORATOR),
    modes={"raw": Mode((Rule('"""', "s", POP),), "s")},
    k="""abstract actual annotation as break by catch class companion const constructor continue
    crossinline data do else enum expect external final finally for fun if import in infix init
    inline inner interface internal is lateinit noinline object open operator out override package
    private protected public reified return sealed super suspend tailrec this throw try typealias
    val value var vararg when where while""",
    kc="true false null",
    types=True,
)

CSHARP = language(
    *(SLASHES, STARS, Rule(r"^\s*+#\s*+\w++", "cp"), Rule(r'\$?+@\$?+"', "s", "verbatim")),
    *(Rule(r'\$?+"', "s", "double"), SINGLE),
    modes={"verbatim": Mode((Rule('""', "se"), Rule('"', "s", POP)), "s")},
    k="""abstract as async await base break case catch checked class const continue default delegate do
    else enum event explicit extern finally fixed for foreach get goto if implicit in init interface
    internal is lock namespace new operator out override params partial private protected public
    readonly record ref required return sealed set sizeof stackalloc static struct switch this throw
    try typeof unchecked unsafe using var virtual volatile when where while with yield""",
    nb="bool byte char decimal double dynamic float int long nint object sbyte short string uint ulong void",
    kc="true false null",
    types=True,
)

GO = language(
    *(SLASHES, STARS, DOUBLE, SINGLE, Rule("`", "s", "raw")),
    modes={"raw": Mode((Rule("`", "s", POP),), "s")},
    k="""break case chan const continue default defer else fallthrough for func go goto if import
    interface map package range return select struct switch type var""",
    nb="""any append bool byte cap clear close complex complex64 complex128 copy delete error float32
    float64 imag int int8 int16 int32 int64 len make max min new panic print println real recover
    rune string uint uint8 uint16 uint32 uint64 uintptr""",
    kc="true false nil iota",
    types=True,
)

RUST = language(
    *(SLASHES, Rule(r"/\*", "c", "nested"), Rule(r'b?+r#"', "s", "raw"), Rule(r'b?+"', "s", "long double")),
    Rule(r"b?+'(?:[^'\\]|\\[^u]|\\u\{\w{1,6}\})'", "s"),
    Rule(r"'\w++", "nv"),
    Rule(r"#!?+\[[^\]\n]*+(?:\]|$)", "nd"),
    Rule(r"(?<!\w)\w++!", "nf"),
    modes={
        "nested": Mode((Rule(r"/\*", "c", "nested"), Rule(r"\*/", "c", POP)), "c"),
        "raw": Mode((Rule('"#', "s", POP),), "s"),
    },
    k="""as async await break const continue crate dyn else enum extern fn for if impl in let loop match
    mod move mut pub ref return self static struct super trait type union unsafe use where while""",
    nb="""bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize Self Box Err None Ok
    Option Result Some String Vec""",
    kc="true false",
    types=True,
)

SWIFT = language(
    *(SLASHES, STARS, Rule('"""', "s", "text"), DOUBLE, DECORATOR, Rule(r"#\w++", "cp")),
    modes={"text": Mode((ESCAPE, Rule('"""', "s", POP)), "s")},
    k="""actor any as associatedtype async await break case catch class continue convenience default
    defer deinit do dynamic else enum extension fallthrough fileprivate final for func get guard if
    import in indirect infix init inout internal is lazy let mutating nonmutating open operator
    optional override postfix prefix private protocol public repeat required rethrows return self
    set some static struct subscript super switch throw throws try typealias unowned var weak where
    while""",
    kc="true false nil",
    types=True,
)

SCALA = language(
    *(SLASHES, STARS, Rule('[a-z]*+"""', "s", "raw"), Rule('[a-z]*+"', "s", "double")),
    *(Rule(r"'(?:[^'\\]|\\.)'", "s"), DECORATOR),
    modes={"raw": Mode((Rule('"""', "s", POP),), "s")},
    k="""abstract case catch class def derives do else end enum export extends extension final finally
    for forSome given if implicit import infix inline lazy match new object open opaque override
    package private protected return sealed super then this throw trait transparent try type using
    val var while with yield""",
    kc="true false null",
    types=True,
)

HASKELL = language(
    *(Rule(r"\{-", "c", "nested"), Rule(r"--(?![!#$%&*+./<=>?@\\^|~]).*+", "c"), DOUBLE),
    *(Rule(r"'(?:[^'\\]|\\.)'", "s"), Rule(r"^[a-z_][\w']*+(?= ::)", "nf"), Rule(r"[^\W\d][\w']*+", "name")),
    modes={"nested": Mode((Rule(r"\{-", "c", "nested"), Rule(r"-\}", "c", POP)), "c")},
    k="""as case class data default deriving do else forall foreign hiding if import in infix infixl
    infixr instance let module newtype of qualified then type where""",
    types=True,
)
