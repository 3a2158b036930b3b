"""Principal types: what definitions mean to others, sentence by sentence of the language."""

from __future__ import annotations

import pytest

from catad.core.term import Module
from catad.source import Source
from catad.syntax import parse
from catad.types.check import check


def module(text: str) -> Module:
    return check(parse(Source("test.cad", text)))


def type_of(text: str) -> str:
    m = module(text)
    return str(m.definitions[m.own[-1]].type)


TYPES = [
    # literals are polymorphic; defaults at the end of a definition
    ("def f = 1", "i64"),
    ("def f = 1.5", "f64"),
    ("def f = 1e3", "f64"),
    ("def f = 1 / 2", "f64"),
    ("def f (x : f32) = 2 * x + 1.5", "f32 -> f32"),
    ("def f (n : i64) = 2 * n", "i64 -> i64"),
    ("def f = 2^3", "i64"),
    ("def f (x : f64) = x^2", "f64 -> f64"),
    ("def f (x : f64) = x^0.5", "f64 -> f64"),
    # Hindley-Milner over types and sizes, with constraints
    ("def f x = x", "a -> a"),
    ("def f x = x * x", "a -> a"),
    ("def f g x = g (g x)", "(a -> a) -> a -> a"),
    ("def f x y = (y, x)", "a -> b -> (b, a)"),
    ("def f xs = sum xs", "[n]a -> a"),
    ("def f xs = xs[0, 1]", "[n, m]a -> a"),
    ("def f g xs = map g xs", "(a -> b) -> [n]a -> [n]b"),
    ("def twice (f : a -> a) (x : a) : a = f (f x)", "(a -> a) -> a -> a"),
    ("def f [n] (x : [n]f64) : i64 = n", "[n]f64 -> i64"),
    ("def f x = let y = x in y + 1.0", "a -> a"),
    ("def f = let g x = x + 1 in g 2.0", "f64"),
    # tangent types are computed once the type is known
    ("def f (g : (f64, i64) -> f64) p = grad g p", "((f64, i64) -> f64) -> (f64, i64) -> (f64, ())"),
    ("def f (x : a) (t : a') = t", "a -> a' -> a'"),
    ("def f (g : [3]f64 -> [2]f64) x = (vjp g x).1", "([3]f64 -> [2]f64) -> [3]f64 -> [2]f64 -> [3]f64"),
    ("def f (x : f64) = jvp sin x 1", "f64 -> (f64, f64)"),
    ("def f (x : f64) = jet (\\t -> (t, sin t)) (x, [1, 0])", "f64 -> ((f64, f64), [2](f64, f64))"),
    ("def f x = let (y, p) = vjp (\\t -> add t t) x in add (p y) x", "a -> a"),
    # a lambda is checked when the types of its parameters are known
    ("def f [n] (ps : [n](f64, f64)) = map (\\p -> p.0 + p.1) ps", "[n](f64, f64) -> [n]f64"),
    ("def f [n] (ps : [n](f64, f64)) = ps |> map (\\p -> p.0) |> sum", "[n](f64, f64) -> f64"),
    # products and records
    ("def f (p : (f64, i64)) = (p.1, p.0)", "(f64, i64) -> (i64, f64)"),
    ("def f (x : f64, n : i64) = x^n", "(f64, i64) -> f64"),
    ("def f = {y = 1, x = 2.0}", "{x : f64, y : i64}"),
    ("def f (p : {x : f64, y : f64}) = let {x, y = z} = p in x + z", "{x : f64, y : f64} -> f64"),
    ("def f (p : {x : f64}) = p.x", "{x : f64} -> f64"),
    # operators
    ("def f (x : f64) = x < 1 && !(x == 0) || true", "f64 -> bool"),
    ("def f (n : i64) = n div 2 + n mod 3", "i64 -> i64"),
    ("def f = sin << cos", "f64 -> f64"),
    ("def f [n, m] (a : [n, m]f64) (b : [m, n]f64) = a @ b", "[n, m]f64 -> [m, n]f64 -> [n, n]f64"),
    ("def f [n, m] (a : [n, m]f64) (x : [m]f64) = a @ x", "[n, m]f64 -> [m]f64 -> [n]f64"),
    ("def f [n] (x : [n]f64) (y : [n]f64) = add x (scale 2 y)", "[n]f64 -> [n]f64 -> [n]f64"),
    # arrays and loops
    ("def f (n : i64) (m : i64) = for i < n, j < m -> i + j", "i64 -> i64 -> [n, m]i64"),
    ("def f [n] (x : [n]f64) = scan (\\s v -> s + v) 0 x", "[n]f64 -> [n]f64"),
    ("def f [n] (x : [n]f64) = reduce (\\s v -> s && v > 0) true x", "[n]f64 -> bool"),
    ("def f (x : f64) = loop y = (x, 0) for i < 3 do (y.0 * 2, y.1 + 1)", "f64 -> (f64, i64)"),
    ("def f (x : f64) = loop x for i < 3 do x * 2", "f64 -> f64"),
    ("def f [n] (x : [n]f64) = x with [0] = 1", "[n]f64 -> [n]f64"),
    ("def f [n, m] (x : [n, m]f64) = x[0]", "[n, m]f64 -> [m]f64"),
    ("def f [n] (x : [n]f64) = accumulate x for i < n do (i, 1.0)", "[n]f64 -> [n]f64"),
    ("def f [n] (x : [n, n]f64) = accumulate x for i < n, j < n do ((i, j), 1.0)", "[n, n]f64 -> [n, n]f64"),
    ("def f (x : f64) = [x, 1]", "f64 -> [2]f64"),
    ("def f [n] (x : [n](f64, f64)) = unzip x", "[n](f64, f64) -> ([n]f64, [n]f64)"),
    # built-ins as values are eta-expanded
    ("def f [n] (x : [n]f64) = map2 atan2 x x", "[n]f64 -> [n]f64"),
    # aliases
    ("type point = (f64, f64)\ndef f (p : point) : f64 = p.0", "(f64, f64) -> f64"),
    ("type pair a = (a, a)\ndef f (p : pair i64) = p.0", "(i64, i64) -> i64"),
]


@pytest.mark.parametrize(("text", "expected"), TYPES)
def test_type(text: str, expected: str) -> None:
    assert type_of(text) == expected


def test_constraints_hold_at_uses() -> None:
    """`num` and `float` of a polymorphic definition are demanded of those who use it."""
    ok = "def f x = x * x\ndef g = f 2\ndef h = f 2.0"
    assert str(module(ok).definitions["g"].type) == "i64"
    with pytest.raises(ValueError, match="not a number"):
        module("def f x = x * x\ndef g = f true")
    with pytest.raises(ValueError, match="not a float"):
        module("def f x = x / x\ndef g (n : i64) = f n")
    with pytest.raises(ValueError, match="not a float"):
        module("def f x = x^2\ndef g (n : i64) = f n")


def test_order_of_definitions_is_free_and_result_is_in_dependency_order() -> None:
    m = module("def f (x : f64) = g x + h x\ndef g x = h x\ndef h (x : f64) = x")
    assert m.own == ("f", "g", "h")
    keys = [k for k in m.definitions if k in m.own]
    assert keys == ["h", "g", "f"]


def test_let_without_parameters_is_not_generalised() -> None:
    with pytest.raises(ValueError):
        module("def f (x : f64) (n : i64) = let g = \\y -> y in (g x, g n)")


def test_own_definitions_shadow_the_prelude() -> None:
    m = module("def dot (x : f64) (y : f64) = x * y\ndef f = dot 2 3")
    assert str(m.definitions["f"].type) == "f64"


def test_names_are_unique_and_readable() -> None:
    from catad.core.show import show
    text = show(module("def f (x : f64) = let x = x + 1 in let x = x * 2 in x"))
    assert "let x_1 : f64 = x + 1.0 in" in text
    assert "let x_2 : f64 = x_1 * 2.0 in" in text


def test_imports() -> None:
    files = {"a.cad": "def f (x : f64) = x + 1\ndef k = 2.0", "b.cad": 'import "a.cad" as a\ndef g x = a.f x'}

    def load(path: str, importing: Source) -> Source:
        if path not in files:
            raise FileNotFoundError(2, "No such file", path)
        return Source(path, files[path])

    text = 'import "b.cad" as b\nimport "a.cad"\ndef h = b.g k'
    m = check(parse(Source("main.cad", text)), load=load)
    assert m.own == ("h",)
    assert str(m.definitions["h"].type) == "f64"
    assert {"a.f", "a.k", "b.g"} <= set(m.definitions)


def test_types_of_imports() -> None:
    """By the name of the import, with arguments and tangents, in declarations, and the same as inside."""
    file = Source("a.cad", "type pair b = (b, b)\ntype shape = Circle f64 | Dot\ndef f (p : pair f64) = p.0 + p.1")
    text = """import "a.cad" as a
type many = One a.shape | Two (a.pair i64)
def g (p : a.pair f64) (s : a.shape) : a.pair f64' = grad a.f p
def h (s : a.shape') = s.Circle
def k (m : many) = case m of | One s -> (case s of | Circle r -> r | Dot -> 0) | Two p -> f64 p.1
"""
    m = check(parse(Source("main.cad", text)), load=lambda path, importing: file)
    assert m.own == ("g", "h", "k")
    assert str(m.definitions["g"].type).startswith("(f64, f64) ->")
    assert str(m.definitions["h"].type) == "{Circle : f64} -> f64"


@pytest.mark.parametrize(("length", "text"), [
    (10_000, lambda n: "".join(f"let x{i} = x{i - 1} + 1 in " for i in range(1, n)) + f"x{n - 1}"),
    (10_000, lambda n: " + ".join(["x0"] * n)),
    (10_000, lambda n: "x0" + " |> sin" * n),
    (3_000, lambda n: "".join(f"if x0 < {i} then {i}.0 else " for i in range(n)) + "x0"),
])
def test_long_chains(length: int, text) -> None:  # type: ignore[no-untyped-def]
    assert type_of(f"def f (x0 : f64) : f64 = {text(length)}") == "f64 -> f64"
