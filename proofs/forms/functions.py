"""Forms with functions as values: lambdas, partial application, helpers over functions at several types, compositions,
definitions, and definitions that carry their own derivative."""

from __future__ import annotations

from catad.proofs.forms.writer import TAME, Num, Writer

__all__ = ["FUNCTIONS"]


def applied(w: Writer) -> Num:
    z, x = w.name("z"), w.num()
    with w.bind(num=[Num(z, x.bound)]):
        body = w.num()
    return Num(w.c.of([f"((\\{z} -> {body.text}) {x.text})", f"({x.text} |> (\\{z} -> {body.text}))"]), body.bound)


def local(w: Writer) -> Num:
    """A local function, called twice."""
    f, z, x, y = w.name("f"), w.name("z"), w.num(), w.num()
    with w.bind(num=[Num(z, TAME)]):
        body = w.num()
    return Num(f"(let {f} {z} = {body.text} in {f} {x.text} - {f} {y.text})", 2 * body.bound)


def partial(w: Writer) -> Num:
    u, x, y, g = w.num(), w.num(), w.num(), w.name("g")
    return Num(f"(let {g} = {w.use('between')} {u.text} {x.text} in {g} {y.text})",
               x.bound + u.bound * (x.bound + y.bound))


def squared_after(w: Writer) -> Num:
    x, y = w.num(), w.name("y")
    f, bound = w.function(x.bound)
    return Num(f"({w.use('after')} (\\{y} -> {y} * {y}) {f} {x.text})", bound * bound)


def composed(w: Writer) -> Num:
    x = w.num()
    f, bound = w.function(x.bound)
    g, far = w.function(bound)
    return Num(w.c.of([f"(({f} >> {g}) {x.text})", f"(({g} << {f}) {x.text})"]), far)


def repeated(w: Writer) -> Num:
    x, z, helper = w.num(), w.name("z"), w.c.of(["twice", "repeated"])
    with w.bind(num=[Num(z, TAME)]):
        body = w.damped(w.num())
    count = " (k mod 3)" if helper == "repeated" else ""
    return Num(f"({w.use(helper)}{count} (\\{z} -> {body.text}) {x.text})", max(x.bound, body.bound))


def repeated_pair(w: Writer) -> Num:
    """A polymorphic helper at pairs."""
    x, y, p, q = w.num(), w.num(), w.name("p"), w.name("q")
    with w.bind(num=[Num(p, TAME), Num(q, TAME)]):
        one, two = w.damped(w.num()), w.damped(w.num())
    return Num(f"(({w.use('twice')} (\\({p}, {q}) -> ({one.text}, {two.text})) ({x.text}, {y.text})).{w.c.pick(2)})",
               max(one.bound, two.bound))


def repeated_vector(w: Writer) -> Num:
    """A polymorphic helper at arrays."""
    v, y = w.vec(), w.name("y")
    with w.bind(vec=[Num(y, TAME)]):
        body = w.tame_all(w.vec())
    return Num(f"(({w.use('twice')} (\\{y} -> {body.text}) {v.text})[{w.position()}])", body.bound)


def returned(w: Writer) -> Num:
    a, b, x = w.num(), w.num(), w.num()
    return Num(f"({w.use('line')} {a.text} {b.text} {x.text})", a.bound * x.bound + b.bound)


def in_tuple(w: Writer) -> Num:
    x, f, g = w.num(), w.name("f"), w.name("g")
    (one, a), (two, b) = w.function(x.bound), w.function(x.bound)
    return Num(f"(let ({f}, {g}) = ({one}, {two}) in {f} {x.text} + {g} {x.text})", a + b)


def in_record(w: Writer) -> Num:
    x, r = w.num(), w.name("r")
    (one, a), (two, b) = w.function(x.bound), w.function(x.bound)
    return Num(f"(let {r} = {{f = {one}, g = {two}}} in {r}.f {x.text} * {r}.g {x.text})", a * b)


def side_by_side(w: Writer) -> Num:
    x = w.num()
    (one, a), (two, b) = w.function(x.bound), w.function(x.bound)
    return Num(f"(({w.use('both')} ({one}, {two}) {x.text}).{w.c.pick(2)})", max(a, b))


def definition(w: Writer) -> Num:
    """A definition of the file, called with what is here; one that exists is used again."""
    if not w.scope["fun"]:
        f = w.name("def_")
        with w.alone(num=[Num("a", TAME)], vec=[Num("x", TAME)]):
            body = w.num()
        w.declared.append(f"def {f} [n] (x : [n]f64) (a : f64) (k : i64) (w : [n, n]f64) : f64 = {body.text}")
        w.scope["fun"].append(Num(f, body.bound))
    f = w.c.of(w.scope["fun"])
    x, v = w.num(), w.vec()
    return Num(f"({f.text} {v.text} {x.text} k w)", f.bound)


def own_derivative(w: Writer) -> Num:
    """A definition with its own derivative, written by hand or by what the compiler finds."""
    f, (body, rule, grow) = w.name("own_"), w.c.of(RULES[:2] if w.ring else RULES)
    w.declared.append(f"def {f} (s : f64) (t : f64) : f64 = {body}\nderivative {f} (s, t) = y : y' = {rule}")
    x, y = w.num(), w.num()
    return Num(f"({f} {x.text} {y.text})", grow * (1 + x.bound * y.bound + x.bound**2))


RULES = (
    ("s * t + s^2", "s * t' + t * s' + 2.0 * s * s'", 1.0),
    ("s * t - t", "(jvp (\\(p, q) -> p * q - q) (s, t) (s', t')).1", 1.0),
    ("sin s * t", "cos s * t * s' + sin s * t'", 1.0),
    ("s / (1.0 + t^2)", "s' / (1.0 + t * t) - 2.0 * t * y / (1.0 + t * t) * t'", 1.0),
    ("exp (-(s * s)) * cos t", "-2.0 * s * y * s' - exp (-(s * s)) * sin t * t'", 1.0),
    ("sqrt (1.0 + s^2 + t^2)", "(s * s' + t * t') / y", 1.0),
    ("loop q = s for i < 3 do sin (q + t)",
     "(jvp (\\(p, r) -> loop q = p for i < 3 do sin (q + r)) (s, t) (s', t')).1", 1.0),
)

FUNCTIONS = (applied, local, partial, squared_after, composed, repeated, repeated_pair, repeated_vector, returned,
             in_tuple, in_record, side_by_side, definition, own_derivative)
