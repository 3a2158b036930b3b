"""Values of the reference evaluator along their types: zero, sums and multiples, seeds and tangents.

A tree is a constructor with its payload, subtrees in it. Its tangent is the list of its nodes' tangents, children
before their parents; in a part of a tree the numbering is that of the part.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from catad.core.scalars import Dual, apply, part
from catad.source import Span, error
from catad.types.type import F32, F64, I64, UNIT, Array, Child, Data, Fun, Prod, Record, Scalar, Type, tangent

__all__ = [
    "basis", "bind", "changed", "dot", "entrywise", "leaves", "moved", "plus", "rebuild", "scaled", "seeded", "split",
    "within", "zero",
]


def bind(u: Type, value: Any, sizes: dict[str, int]) -> None:
    """Read the sizes off an argument."""
    match u:
        case Array(size, item):
            if size.variable is not None:
                sizes.setdefault(size.variable, len(value))
            for v in value:
                bind(item, v, sizes)
        case Data(size=size) if size is not None:
            if size.variable is not None:
                sizes.setdefault(size.variable, sum(1 for _ in nodes(u, value)))
            for tag, payload in nodes(u, value):
                bind(u.cases[tag][1] or UNIT, payload, sizes)
        case Prod() | Record() | Data():
            for i, v in zip(items(u), value, strict=True):
                bind(i, v, sizes)


def items(u: Type) -> tuple[Type, ...]:
    if isinstance(u, Record):
        return tuple(f for _, f in u.fields)
    if isinstance(u, Data):                              # a tag and all payloads; the tangent has no tag
        return (I64, u.payloads)
    return u.items if isinstance(u, Prod) else ()


def within(k: int, xs: list[Any], span: Span) -> int:
    if not 0 <= k < len(xs):
        raise error("E0501", f"index {k} is out of bounds: there are {len(xs)} entries", span)
    return k


def changed(xs: Any, at: Sequence[int], f: Callable[[Any], Any], span: Span) -> Any:
    if not at:
        return f(xs)
    k = within(at[0], xs, span)
    return [*xs[:k], changed(xs[k], at[1:], f, span), *xs[k + 1:]]


def zero(u: Type) -> Any:
    if isinstance(u, Fun):
        return lambda _: zero(u.result)
    if isinstance(u, Array):
        n = u.size.constant
        assert n is not None
        return [zero(u.item) for _ in range(n)]
    if isinstance(u, Data) and u.size is not None:           # a payload that is not there
        return None
    return tuple(zero(i) for i in items(u)) if not isinstance(u, Scalar) else 0.0 if u in (F64, F32) else 0


def plus(a: Any, b: Any) -> Any:
    if isinstance(a, (list, tuple)):
        return type(a)([plus(x, y) for x, y in zip(a, b, strict=True)])
    return apply("add", (a, b))


def entrywise(f: Any, a: Any, b: Any) -> Any:
    """f of every pair of entries."""
    if isinstance(a, (list, tuple)):
        return type(a)([entrywise(f, x, y) for x, y in zip(a, b, strict=True)])
    return f(a)(b)


def scaled(k: Any, a: Any) -> Any:
    if isinstance(a, (list, tuple)):
        return type(a)([scaled(k, x) for x in a])
    return apply("mul", (k, a))


def seeded(tag: int, x: Any, dx: Any, u: Type) -> Any:
    if isinstance(u, Array):
        return [seeded(tag, a, b, u.item) for a, b in zip(x, dx, strict=True)]
    if isinstance(u, Scalar):
        return Dual(tag, x, dx) if u in (F64, F32) else x
    if isinstance(u, Child):
        return x
    if isinstance(u, Data) and u.size is not None:
        return renewed(u, x, lambda k, c, v, item: seeded(tag, v, part_of(u, dx[k], c), item))
    if isinstance(u, Data):
        return (x[0], seeded(tag, x[1], dx, u.payloads))
    return tuple(seeded(tag, a, b, i) for a, b, i in zip(x, dx, items(u), strict=True))


def moved(x: Any, dx: Any, u: Type) -> Any:
    """x + dx, where integers do not move."""
    if isinstance(u, Array):
        return [moved(a, b, u.item) for a, b in zip(x, dx, strict=True)]
    if isinstance(u, Scalar):
        return apply("add", (x, dx)) if u in (F64, F32) else x
    if isinstance(u, Child):
        return x
    if isinstance(u, Data) and u.size is not None:
        return renewed(u, x, lambda k, c, v, item: moved(v, part_of(u, dx[k], c), item))
    if isinstance(u, Data):
        return (x[0], moved(x[1], dx, u.payloads))
    return tuple(moved(a, b, i) for a, b, i in zip(x, dx, items(u), strict=True))


def split(tag: int, y: Any, u: Type, which: int) -> Any:
    """Values (0) or tangents (1) of a result."""
    if isinstance(u, Array):
        return [split(tag, v, u.item, which) for v in y]
    if isinstance(u, Scalar):
        return part(y, tag)[which] if u in (F64, F32) else (y if which == 0 else ())
    if isinstance(u, Child):
        return () if which else y
    if isinstance(u, Data) and u.size is not None:
        if which:
            return tangents(u, y, lambda item, v: split(tag, v, item, 1))
        return renewed(u, y, lambda k, c, v, item: split(tag, v, item, 0))
    if isinstance(u, Data):
        payloads = split(tag, y[1], u.payloads, which)
        return payloads if which else (y[0], payloads)
    return tuple(split(tag, v, i, which) for v, i in zip(y, items(u), strict=True))


def leaves(x: Any, u: Type) -> Iterator[Any]:
    """The floats in a value."""
    if isinstance(u, Array):
        for v in x:
            yield from leaves(v, u.item)
    elif isinstance(u, Scalar):
        if u in (F64, F32):
            yield x
    elif isinstance(u, Data) and u.size is not None:
        for tag, payload in nodes(u, x):
            yield from leaves(payload, u.cases[tag][1] or UNIT)
    elif not isinstance(u, Child):
        for v, i in zip(x, items(u), strict=True):
            yield from leaves(v, i)


def rebuild(numbers: Iterator[Any], x: Any, u: Type) -> Any:
    """A tangent shaped like x, from its floats."""
    if isinstance(u, Array):
        return [rebuild(numbers, v, u.item) for v in x]
    if isinstance(u, Scalar):
        return next(numbers) if u in (F64, F32) else ()
    if isinstance(u, Child):
        return ()
    if isinstance(u, Data) and u.size is not None:
        return tangents(u, x, lambda item, v: rebuild(numbers, v, item))
    if isinstance(u, Data):
        return rebuild(numbers, x[1], u.payloads)
    return tuple([rebuild(numbers, v, i) for v, i in zip(x, items(u), strict=True)])


def basis(x: Any, u: Type) -> Iterator[Any]:
    n = sum(1 for _ in leaves(x, u))
    for k in range(n):
        yield rebuild(iter([1.0 if j == k else 0.0 for j in range(n)]), x, u)


def dot(a: Any, b: Any) -> Any:
    if isinstance(a, (list, tuple)):
        out: Any = 0.0
        for x, y in zip(a, b, strict=True):
            out = apply("add", (out, dot(x, y)))
        return out
    return apply("mul", (a, b))


# ── trees: (constructor, payload), with subtrees where the type has children

def nodes(u: Data, x: Any) -> list[tuple[int, Any]]:
    """The nodes of a tree, children before their parents, as constructors lay them out."""
    out, todo = [], [x]
    while todo:
        tag, payload = todo.pop()
        out.append((tag, payload))
        todo += below(u.cases[tag][1], payload)
    return out[::-1]


def below(u: Type | None, x: Any) -> Iterator[Any]:
    """The subtrees in a payload."""
    if isinstance(u, Child):
        yield x
    elif isinstance(u, (Prod, Record)):
        for i, v in zip(items(u), x, strict=True):
            yield from below(i, v)


def renewed(u: Data, x: Any, f: Callable[[int, int, Any, Type], Any]) -> Any:
    """The tree with payload number k, its subtrees renewed already, replaced by `f k constructor it its-type`."""
    number = itertools.count()

    def go(v: Any) -> Any:
        tag, payload = v
        item = u.cases[tag][1]
        inner = payload if item is None else within_payload(item, payload)
        k = next(number)
        return tag, inner if item is None else f(k, tag, inner, item)

    def within_payload(t: Type, v: Any) -> Any:
        if isinstance(t, (Prod, Record)):
            return tuple([within_payload(i, w) for i, w in zip(items(t), v, strict=True)])
        return go(v) if isinstance(t, Child) else v

    return go(x)


def tangents(u: Data, x: Any, f: Callable[[Type, Any], Any]) -> list[Any]:
    """For each node the record of the tangents of its payloads, `f` for the one that is there, zeros after the last."""
    zeros = tuple(zero(tangent(t)) for _, t in u.node.payloads.fields)
    out = []
    for tag, payload in nodes(u, x):
        name, item = u.cases[tag]
        out.append(tuple(f(item, payload) if item is not None and y == name else z
                         for (y, _), z in zip(u.payloads.fields, zeros, strict=True)))
    n = u.nodes.size.constant
    assert n is not None
    return out + [zeros] * (n - len(out))


def part_of(u: Data, record: Any, tag: int) -> Any:
    """The tangent of the payload of a constructor."""
    return record[[x for x, _ in u.payloads.fields].index(u.cases[tag][0])]
