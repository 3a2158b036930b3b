"""Sums in the text of a net: their declarations, values taken apart into tag and payloads, and put together again.

    let tag = case s of | Circle _ -> 0 | Dot -> 1 in          if tag == 0 then Circle payload else Dot
    let payload = case s of | Circle x -> x | _ -> 0.0 in

`declared` says how the types are declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from catad.elaborate import phrases as p
from catad.elaborate.declared import LETTERS, Declaration
from catad.elaborate.naming import Names, legal
from catad.elaborate.phrases import Phrase
from catad.types.size import Size
from catad.types.type import BOOL, F32, I64, Array, Data, Fun, Prod, Record, Type, map_type

__all__ = ["Sums", "holds_sum"]

# name, how many types and sizes it takes, and for each constructor whether it holds something
Key = tuple[str, int, int, tuple[tuple[str, bool], ...]]


def holds_sum(t: Type) -> bool:
    """Does a sum occur in a value of this type?"""
    match t:
        case Data():
            return True
        case Prod(items):
            return any(map(holds_sum, items))
        case Record(fields):
            return any(holds_sum(f) for _, f in fields)
        case Array(_, item):
            return holds_sum(item)
    return False


class Writer(Protocol):
    """What this needs of the writer of a definition."""

    names: Names

    def let(self, phrase: Phrase, lines: list[str], hint: str = "t") -> Phrase: ...
    def extent(self, size: Size) -> str: ...


class Sums:
    """The declared types that occur in some types, under names of their own."""

    def __init__(self, types: Iterable[Type]) -> None:
        self.names = Names(LETTERS)
        self.uses: dict[Key, dict[Data, None]] = {}             # inner ones first
        self.known: dict[Key, Declaration] = {}
        self.named: dict[str, Declaration] = {}
        for t in types:
            self._visit(t)
        self.new = {key: (self.names.fresh(legal(key[0])), tuple(self.names.fresh(legal(x)) for x, _ in key[3]))
                    for key in self.uses}

    def _visit(self, t: Type) -> None:
        match t:
            case Data():
                for u in (*t.args, *(payload for _, payload in t.cases if payload is not None)):
                    self._visit(u)
                self.uses.setdefault(_key(t), {})[t] = None
            case Prod(items):
                for i in items:
                    self._visit(i)
            case Record(fields):
                for _, f in fields:
                    self._visit(f)
            case Array(_, item):
                self._visit(item)
            case Fun(a, b):
                self._visit(a)
                self._visit(b)

    def declaration(self, t: Data) -> Declaration:
        """The declaration of a sum among the types."""
        key = _key(t)
        if key not in self.known:
            name, constructors = self.new[key]
            d = Declaration(name, constructors, list(self.uses[key]), self.declaration)
            self.known[key] = self.named[name] = d
        return self.known[key]

    def declarations(self) -> list[str]:
        """One line for each type, inner ones first."""
        return [str(self.declaration(next(iter(uses)))) for uses in self.uses.values()]

    def plain(self, t: Type) -> Type:
        """The type with its sums under their names here, each with an argument for every parameter."""
        def rename(u: Type) -> Type | None:
            if isinstance(u, Data):
                d = self.declaration(u)
                cases = tuple((x, None if payload is None else self.plain(payload)) for x, payload in u.cases)
                return Data(d.name, tuple(map(self.plain, d.arguments(u))), cases)
            return None
        return map_type(rename, t)

    def constructors(self, t: Data) -> tuple[str, ...]:
        """The names here of the constructors of a type that went through `plain`."""
        return self.named[t.name].constructors

    # ── values, of types that went through `plain`

    def taken_apart(self, w: Writer, whole: Phrase, t: Type, sizes: tuple[Size, ...], lines: list[str],
                    hint: str) -> Iterator[Phrase]:
        """The leaves of a value of type [sizes]t, in order, named as they come."""
        match t:
            case Array(size, item):
                yield from self.taken_apart(w, whole, item, (*sizes, size), lines, hint)
            case Prod(items):
                for k, item in enumerate(items):
                    part = self._each(w, whole, sizes, lambda x, k=k: p.project(x, (f".{k}",)))
                    yield from self.taken_apart(w, w.let(part, lines, hint), item, sizes, lines, hint)
            case Record(fields):
                for x, item in fields:
                    part = self._each(w, whole, sizes, lambda y, x=x: p.project(y, (f".{x}",)))
                    yield from self.taken_apart(w, w.let(part, lines, x), item, sizes, lines, x)
            case Data():
                yield w.let(self._each(w, whole, sizes, lambda x: self._tag(x, t)), lines, f"{hint}_tag")
                for x, payload in t.payloads.fields:
                    k = [y for y, _ in t.cases].index(x)
                    part = self._each(w, whole, sizes, lambda y, k=k: self._payload(w, y, t, k))
                    name = f"{hint}_{x.lower()}"
                    yield from self.taken_apart(w, w.let(part, lines, name), payload, sizes, lines, name)
            case _:
                yield whole

    def _each(self, w: Writer, whole: Phrase, sizes: Sequence[Size], f: object) -> Phrase:
        assert callable(f)
        if not sizes:
            one = f(whole)
            assert isinstance(one, Phrase)
            return one
        with w.names.inner():
            at = [w.names.fresh("i") for _ in sizes]
            binders = ", ".join(f"{i} < {w.extent(s)}" for i, s in zip(at, sizes, strict=True))
            return Phrase(f"for {binders} -> {f(p.index(whole, at)).text}", p.OPEN)

    def _tag(self, x: Phrase, t: Data) -> Phrase:
        arms = [f"| {name}{'' if payload is None else ' _'} -> {k}"
                for k, (name, (_, payload)) in enumerate(zip(self.constructors(t), t.cases, strict=True))]
        return Phrase(f"case {x.text} of {' '.join(arms)}", p.OPEN)

    def _payload(self, w: Writer, x: Phrase, t: Data, k: int) -> Phrase:
        payload = t.cases[k][1]
        assert payload is not None
        with w.names.inner():
            value = w.names.fresh("x")
            rest = f" | _ -> {self.zero(w, payload)}" if len(t.cases) > 1 else ""
        return Phrase(f"case {x.text} of | {self.constructors(t)[k]} {value} -> {value}{rest}", p.OPEN)

    def zero(self, w: Writer, t: Type) -> str:
        """Some value of the type; zeros wherever there is a choice."""
        match t:
            case Prod(items):
                return f"({', '.join(self.zero(w, i) for i in items)})"
            case Record(fields):
                return "{" + ", ".join(f"{x} = {self.zero(w, f)}" for x, f in fields) + "}"
            case Array(size, item):
                with w.names.inner():
                    i = w.names.fresh("i")
                    return f"(for {i} < {w.extent(size)} -> {self.zero(w, item)})"
            case Data():
                payload = t.cases[0][1]
                name = self.constructors(t)[0]
                return name if payload is None else f"({name} {self.zero(w, payload)})"
        return "false" if t == BOOL else "0" if t == I64 else "(f32 0.0)" if t == F32 else "0.0"

    def together(self, t: Data, tag: Phrase, payloads: Sequence[Phrase]) -> Phrase:
        """The value with this tag."""
        given = {x: v for (x, _), v in zip(t.payloads.fields, payloads, strict=True)}
        values = [name if x not in given else f"{name} {given[x].at(p.POSTFIX)}"
                  for name, (x, _) in zip(self.constructors(t), t.cases, strict=True)]
        text = values[-1]
        for k in range(len(values) - 2, -1, -1):
            text = f"if {tag.at(p.SUM)} == {k} then {values[k]} else {text}"
        return Phrase(text, p.OPEN if len(values) > 1 else p.APPLIED)


def _key(t: Data) -> Key:
    types, sizes = t.given
    return (t.name, len(types), len(sizes), tuple((x, payload is not None) for x, payload in t.cases))
