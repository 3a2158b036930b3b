"""Forms with data: tuples, records, arrays of them, and declared sums with `case`."""

from __future__ import annotations

from dataclasses import dataclass

from catad.proofs.forms.writer import TAME, Num, Writer

__all__ = ["DATA", "Sum", "value"]

PAYLOADS = ("f64", "", "(f64, f64)", "{u : f64, v : f64}", "i64", "[2]f64", "[n]f64")


@dataclass(frozen=True, slots=True)
class Sum:
    """A declared sum: its name, and its constructors with the types of their payloads."""

    name: str
    constructors: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The type as it is written; it takes a size where a payload has one."""
        return f"{self.name} [n]" if any("[n]" in p for _, p in self.constructors) else self.name


def pair(w: Writer) -> Num:
    u, v, x, y = w.name("u"), w.name("v"), w.num(), w.num()
    with w.bind(num=[Num(u, x.bound), Num(v, y.bound)]):
        body = w.num()
    data = w.c.of([f"({x.text}, {y.text})", f"{w.use('swap')} ({y.text}, {x.text})"])
    return Num(f"(let ({u}, {v}) = {data} in {body.text})", body.bound)


def record(w: Writer) -> Num:
    q, x, y = w.name("q"), w.num(), w.num()
    with w.bind(num=[Num(f"{q}.u", x.bound), Num(f"{q}.v", y.bound)]):
        body = w.num()
    return Num(f"(let {q} = {{u = {x.text}, v = {y.text}}} in {body.text})", body.bound)


def fields(w: Writer) -> Num:
    """A record taken apart by a pattern."""
    u, v, x, y = w.name("u"), w.name("v"), w.num(), w.num()
    with w.bind(num=[Num(u, x.bound), Num(v, y.bound)]):
        body = w.num()
    return Num(f"(let {{a = {u}, b = {v}}} = {{b = {y.text}, a = {x.text}}} in {body.text})", body.bound)


def nested(w: Writer) -> Num:
    q, x, v = w.name("q"), w.num(), w.vec()
    with w.bind(num=[Num(f"{q}.0.s", x.bound)], vec=[Num(f"{q}.1", v.bound)]):
        body = w.num()
    return Num(f"(let {q} = ({{s = {x.text}}}, {v.text}) in {body.text})", body.bound)


def array_of_pairs(w: Writer) -> Num:
    i, ps = w.name("i"), w.name("ps")
    with w.bind(index=[i]):
        x, y = w.num(), w.num()
    return Num(f"(let {ps} = (for {i} < n -> ({x.text}, {y.text})) in {ps}[{w.position()}].0 + {ps}[{w.position()}].1)",
               x.bound + y.bound)


def zipped(w: Writer) -> Num:
    u, v, p, q = w.vec(), w.vec(), w.name("p"), w.name("q")
    with w.bind(num=[Num(p, u.bound), Num(q, v.bound)]):
        body = w.num()
    return Num(f"(sum (map (\\({p}, {q}) -> {body.text}) (zip {u.text} {v.text})))", 3 * body.bound)


# ── sums

def declared(w: Writer) -> Sum:
    """A sum type of this program, one that exists or a new one."""
    known = [t for t in w.types if isinstance(t, Sum)]
    if known and w.c.pick(2) == 0:
        return known[0]
    name = w.name("t")
    payloads = [w.c.of(PAYLOADS) for _ in range(1 + w.c.pick(3))]
    s = Sum(name, tuple((f"{name.upper()}{'ABC'[k]}", p) for k, p in enumerate(payloads)))
    body = " | ".join(f"{x} {p}".strip() for x, p in s.constructors)
    w.declared.append(f"type {s.text} = {body}" if len(s.constructors) > 1 else f"type {s.text} = | {body}")
    w.types.append(s)
    return s


def value(w: Writer, s: Sum) -> str:
    """An expression of this sum type."""
    known = [x for x, t in w.scope["sum"] if t == s]
    how = w.c.pick(5) if w.left > 0 else 0
    if known and how == 1:
        return str(w.c.of(known))
    if how == 2:
        return f"(if {w.cond()} then {made(w, s)} else {made(w, s)})"
    if how == 3:
        x, i = w.name("x"), w.name("i")
        start = made(w, s)
        with w.bind(sum=[(x, s)], index=[i]):
            turn = f"(if {w.cond()} then {made(w, s)} else {x})"
        return f"(loop {x} = {start} for {i} < n do {turn})"
    return made(w, s)


def made(w: Writer, s: Sum) -> str:
    x, payload = w.c.of(s.constructors)
    if payload == "[n]f64":
        return f"({x} {w.vec().text})"
    of = "" if s.text == s.name else f" : {s.text}"                # the size is told, for nothing else may tell it
    if not payload:
        return f"({x}{of})" if of else x
    if payload == "i64":
        return f"({x} ({w.int()} mod 5){of})"
    if payload == "f64":
        return f"({x} {w.num().text}{of})"
    a, b = w.num().text, w.num().text
    return {"(f64, f64)": f"({x} ({a}, {b}){of})", "{u : f64, v : f64}": f"({x} {{u = {a}, v = {b}}}{of})",
            "[2]f64": f"({x} [{a}, {b}]{of})"}[payload]


def case(w: Writer, s: Sum, subject: str) -> Num:
    """A `case` with an arm for each constructor, or one for the others."""
    arms, bound, wild = [], 0.0, w.c.pick(4) == 3 and len(s.constructors) > 1
    for x, payload in s.constructors[:1] if wild else s.constructors:
        z = w.name("z")
        inner = {"f64": [Num(z, TAME)], "(f64, f64)": [Num(f"{z}.0", TAME), Num(f"{z}.1", TAME)],
                 "{u : f64, v : f64}": [Num(f"{z}.u", TAME), Num(f"{z}.v", TAME)],
                 "[2]f64": [Num(f"{z}[0]", TAME), Num(f"{z}[1]", TAME)]}.get(payload, [])
        vectors = [Num(z, TAME)] if payload == "[n]f64" else []
        with w.bind(num=inner, vec=vectors, index=[f"({z} mod n)"] if payload == "i64" else []):
            body = w.num()
        arms.append(f"| {x} {z} -> {body.text}" if payload else f"| {x} -> {body.text}")
        bound = max(bound, body.bound)
    if wild:
        other = w.num()
        arms.append(f"| _ -> {other.text}")
        bound = max(bound, other.bound)
    return Num(f"(case {subject} of {' '.join(arms)})", bound)


def matched(w: Writer) -> Num:
    s = declared(w)
    return case(w, s, value(w, s))


def matched_twice(w: Writer) -> Num:
    s, x = declared(w), w.name("x")
    subject = value(w, s)
    with w.bind(sum=[(x, s)]):
        one, two = case(w, s, x), case(w, s, value(w, s))
    return Num(f"(let {x} = {subject} in {one.text} + {two.text})", one.bound + two.bound)


def array_of_sums(w: Writer) -> Num:
    s, i, x = declared(w), w.name("i"), w.name("x")
    with w.bind(index=[i]):
        entry = value(w, s)
    with w.bind(sum=[(x, s)]):
        body = case(w, s, x)
    return Num(f"(sum (map (\\{x} -> {body.text}) (for {i} < n -> {entry})))", 3 * body.bound)


def optional(w: Writer) -> Num:
    w.use("option")
    d, x, z = w.num(), w.num(), w.name("z")
    f, bound = w.function(x.bound)
    o = w.c.of([f"(Some {x.text})", f"(if {w.cond()} then Some {x.text} else None)"])
    if w.c.pick(2) == 0:
        return Num(f"({w.use('otherwise')} {d.text} ({w.use('lift')} {f} {o}))", max(d.bound, bound))
    return Num(f"(case {o} of | None -> {d.text} | Some {z} -> {f} {z})", max(d.bound, bound))


DATA = (pair, record, fields, nested, array_of_pairs, zipped, matched, matched_twice, array_of_sums, optional)
