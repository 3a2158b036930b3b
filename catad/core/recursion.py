"""What a recursive definition calls itself on: the parts of its parameters, found by following `case`.

    case t of | Node p -> … f p.l …          `p.l` is child 0 below `t`, under constructor Node: Part("t", ((1, 0),))

A part is known by the variables that patterns and `let` bind; whatever else a tree comes from is not a part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from catad.core import term as c
from catad.source import Span
from catad.types.type import Child, Data, Prod, Record, Type

__all__ = ["Call", "Calls", "Part", "alike", "branches", "mentions", "spine", "subterms"]

Steps = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The tree below a parameter that is reached by `steps`, each a constructor and the number of a child.

    With `held`, a part of what that node holds under constructor `index`: its type, and the number of its first child.
    """

    param: str
    tree: Data
    steps: Steps
    index: int = 0
    held: Type | None = None
    first: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call of the definition within itself; `inside` a function or a repetition, it may run any number of times."""

    args: tuple[c.Term, ...]
    span: Span
    inside: bool


def spine(e: c.Term) -> tuple[c.Term, tuple[c.Term, ...]]:
    """The function of an application, and its arguments."""
    args: list[c.Term] = []
    while isinstance(e, c.App):
        args.append(e.arg)
        e = e.fn
    return e, tuple(reversed(args))


def subterms(e: c.Term) -> Iterator[c.Term]:
    """The terms right below a term, in order."""
    for f in fields(e):
        yield from _terms(getattr(e, f.name))


def _terms(value: object) -> Iterator[c.Term]:
    if isinstance(value, c.Term):
        yield value
    elif isinstance(value, tuple):
        for v in value:
            yield from _terms(v)


def branches(e: c.If | c.Case) -> list[c.Term]:
    """The terms of which one runs."""
    if isinstance(e, c.If):
        return [e.then, e.other]
    return [*(body for _, _, body in e.arms), *([] if e.other is None else [e.other])]


def mentions(e: c.Term, names: set[str], key: str) -> bool:
    """Does a term use one of these variables or sizes, or the definition `key`?"""
    stack = [e]
    while stack:
        e = stack.pop()
        match e:
            case c.Var(name=x) if x in names:
                return True
            case c.Global(name=x) if x == key:
                return True
            case c.SizeOf(size=size) if any(x in names for x in size.variables):
                return True
        stack += subterms(e)
    return False


def alike(a: c.Term, b: c.Term) -> bool:
    """Are two terms written the same?"""
    if type(a) is not type(b):
        return False
    return all(_alike(getattr(a, f.name), getattr(b, f.name)) for f in fields(a) if f.name not in ("span", "type"))


def _alike(x: object, y: object) -> bool:
    if isinstance(x, c.Term) and isinstance(y, c.Term):
        return alike(x, y)
    if isinstance(x, tuple) and isinstance(y, tuple):
        return len(x) == len(y) and all(map(_alike, x, y))
    return x == y


class Calls:
    """The calls in the body of a definition, and the parts that its variables stand for."""

    def __init__(self, d: c.Definition) -> None:
        self.definition = d
        self.parts = {x: Part(x, t, ()) for x, t in d.params if isinstance(t, Data) and t.size is not None}
        self.lets: dict[str, c.Term] = {}
        self.calls: list[Call] = []
        self.bare: list[Span] = []                       # uses of the definition with too few arguments
        self.dependent: set[str] = set()                 # what is known only after a call, or differs within one node
        self._walk(d.body)

    def part(self, e: c.Term) -> Part | None:
        """What a term is a part of."""
        match e:
            case c.Var(name=x):
                return self.parts.get(x)
            case c.Guard(item=item):
                return self.part(item)
            case c.Proj(item=item, index=k):
                whole = self.part(item)
                return None if whole is None or whole.held is None else _component(whole, k)
        return None

    def is_parameter(self, e: c.Term, name: str) -> bool:
        """Is the value of a term that of a parameter, whole?"""
        match e:
            case c.Var(name=x):
                return x == name or (x in self.lets and self.is_parameter(self.lets[x], name))
            case c.Guard(item=item):
                return self.is_parameter(item, name)
            case c.Tuple(items=items, type=t):
                width = len(t.items) if isinstance(t, Prod) else len(t.fields) if isinstance(t, Record) else -1
                return bool(items) and len(items) == width and all(
                    self._is_component(i, k, name) for k, i in enumerate(items))
        return False

    def _is_component(self, e: c.Term, k: int, name: str) -> bool:
        match e:
            case c.Var(name=x):
                return x in self.lets and self._is_component(self.lets[x], k, name)
            case c.Proj(item=item, index=j):
                return j == k and self.is_parameter(item, name)
        return False

    def _walk(self, body: c.Term) -> None:
        key = self.definition.name
        stack = [(body, False)]
        while stack:
            e, inside = stack.pop()
            self._bind(e, key)
            fn, args = spine(e)
            if isinstance(fn, c.Global) and fn.name == key:
                if len(args) < len(self.definition.params):
                    self.bare.append(e.span)
                else:
                    self.calls.append(Call(args, e.span, inside))
                below: list[c.Term] = list(args)
            else:
                below = list(subterms(e))
            again = inside or isinstance(e, (c.Lam, c.For, c.Loop, c.While, c.Scan, c.Reduce, c.Accumulate))
            stack += [(x, again) for x in reversed(below)]

    def _bind(self, e: c.Term, key: str) -> None:
        match e:
            case c.Let(name=x, bound=bound):
                self.lets[x] = bound
                found = self.part(bound)
                if found is not None:
                    self.parts[x] = found
                if mentions(bound, self.dependent, key):
                    self.dependent.add(x)
            case c.Lam(param=x) | c.While(state=x) | c.For(index=x) | c.Reduce(index=x):
                self.dependent.add(x)
            case c.Loop(state=x, index=i) | c.Scan(state=x, index=i):
                self.dependent |= {x, i}
            case c.Accumulate(index=names):
                self.dependent.update(names)
            case c.BindSize(name=x, extent=extent) if mentions(extent, self.dependent, key):
                self.dependent.add(x)
            case c.Case(item=item, arms=arms):
                whole = self.part(item)
                depends = mentions(item, self.dependent, key)
                for k, x, _ in arms:
                    if whole is not None and whole.held is None:
                        self._payload(x, whole, k)
                    if depends:
                        self.dependent.add(x)

    def _payload(self, x: str, whole: Part, k: int) -> None:
        payload = whole.tree.cases[k][1]
        if payload is not None:
            self.parts[x] = _at(Part(whole.param, whole.tree, whole.steps, k, payload))


def _component(whole: Part, k: int) -> Part:
    t = whole.held
    items = t.items if isinstance(t, Prod) else tuple(f for _, f in t.fields) if isinstance(t, Record) else ()
    first = whole.first + sum(_count(i) for i in items[:k])
    return _at(Part(whole.param, whole.tree, whole.steps, whole.index, items[k], first))


def _at(part: Part) -> Part:
    """A part that is a child, as the tree that it is."""
    if isinstance(part.held, Child):
        return Part(part.param, part.tree, (*part.steps, (part.index, part.first)))
    return part


def _count(t: Type) -> int:
    """The children in a part of a payload."""
    match t:
        case Child():
            return 1
        case Prod(items):
            return sum(map(_count, items))
        case Record(fields):
            return sum(_count(f) for _, f in fields)
    return 0
