"""Types of the language, shared by the typed core and by the wires of a net, together with the walks over them.

    a ::= f64 | f32 | i64 | bool | (a, …) | {x : a, …} | [n]a | a -> a | series k a | t a…

A net carries *flat* types on its wires: products are several wires, and an array of products is one array
for each leaf (`flatten`). Products of products stay visible in `Fun`, whose argument and result are flattened
when a function is applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from catad.types.size import Size

__all__ = [
    "BOOL", "F32", "F64", "I64", "UNIT", "Array", "Child", "Data", "Fun", "Prod", "Record", "Scalar", "Series",
    "Tangent", "Type", "TypeVar", "array", "dims", "flatten", "holds_function", "holds_tree", "is_float", "leaf",
    "map_type", "marked_tangent", "of_size", "subst", "tangent", "type_sizes", "within",
]


class Type:
    """Base of all types; instances are frozen, hashable and compared by structure."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Scalar(Type):
    """One of f64, f32, i64, bool."""

    name: str

    def __str__(self) -> str:
        return self.name


F64, F32, I64, BOOL = Scalar("f64"), Scalar("f32"), Scalar("i64"), Scalar("bool")


@dataclass(frozen=True, slots=True)
class Prod(Type):
    """A tuple type; the empty one is the unit. That of one item has no notation, and is shown as in Python."""

    items: tuple[Type, ...]

    def __str__(self) -> str:
        return "(" + ", ".join(map(str, self.items)) + (",)" if len(self.items) == 1 else ")")


UNIT = Prod(())


@dataclass(frozen=True, slots=True)
class Record(Type):
    """A closed structural record; fields are kept in ascending order of their names, which is also leaf order."""

    fields: tuple[tuple[str, Type], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(sorted(self.fields, key=lambda f: f[0])))

    def __str__(self) -> str:
        return "{" + ", ".join(f"{x} : {t}" for x, t in self.fields) + "}"


@dataclass(frozen=True, slots=True)
class Array(Type):
    """`[size]item`; a matrix is an array of arrays."""

    size: Size
    item: Type

    def __str__(self) -> str:
        item = leaf(self)
        return f"[{', '.join(map(str, dims(self)))}]" + (f"({item})" if isinstance(item, Fun) else str(item))


@dataclass(frozen=True, slots=True)
class Fun(Type):
    arg: Type
    result: Type

    def __str__(self) -> str:
        left = f"({self.arg})" if isinstance(self.arg, Fun) else str(self.arg)
        return f"{left} -> {self.result}"


@dataclass(frozen=True, slots=True)
class Series(Type):
    """Truncated power series of the given order (order + 1 normalised coefficients) over a ring type."""

    order: int
    item: Type

    def __str__(self) -> str:
        return f"series {self.order} {self.item}"


@dataclass(frozen=True, slots=True)
class Child(Type):
    """Inside the payloads of a recursive type: that type itself, at the same arguments."""

    def __str__(self) -> str:
        return "_"


@dataclass(frozen=True, slots=True)
class Data(Type):
    """A declared sum type at arguments, with its constructors and their payloads there (None: no payload).

    Where an argument is a size, `args` hold the type of so many units (`of_size`), after the types.

    A value is laid out as a tag, the position of its constructor, and the record of all payloads; those that are not
    there are zero. So whatever is known of products holds for sums.

    A recursive type has a `size`, the number of nodes of its values. A value is the index of its root and an array
    of nodes, `(i64, [size]node)`, where children stand before their parents and are told by their indices. Parts of
    a tree are the same array with another root; nodes that no root reaches mean nothing.
    """

    name: str
    args: tuple[Type, ...] = ()
    cases: tuple[tuple[str, Type | None], ...] = ()
    size: Size | None = None

    @property
    def payloads(self) -> Record:
        """The payloads side by side."""
        return Record(tuple((x, t) for x, t in self.cases if t is not None))

    @property
    def node(self) -> Data:
        """One node of a recursive type: the sum in which a child is its index."""
        return Data(self.name, self.args, tuple((x, _children(t, lambda: I64)) for x, t in self.cases))

    @property
    def nodes(self) -> Array:
        """The array of all nodes of a recursive type."""
        assert self.size is not None
        return Array(self.size, self.node)

    def payload(self, index: int, child: Callable[[], Type] | None = None) -> Type | None:
        """What a constructor holds; `child` gives the types of children, this type itself if it is not given."""
        return _children(self.cases[index][1], child or (lambda: self))

    def resized(self, size: Size) -> Data:
        """The type of trees with so many nodes."""
        return Data(self.name, self.args, self.cases, size)

    @property
    def given(self) -> tuple[tuple[Type, ...], tuple[Size, ...]]:
        """The arguments that are types, and those behind them that are sizes."""
        sizes = [a.size for a in takewhile(_is_size, reversed(self.args)) if isinstance(a, Array)]
        return self.args[:len(self.args) - len(sizes)], tuple(reversed(sizes))

    def __str__(self) -> str:
        types, sizes = self.given
        shown = [f"({a})" if _ends_open(a) else str(a) for a in types]
        return " ".join([self.name, *shown, *([f"[{', '.join(map(str, sizes))}]"] if sizes else [])])


@dataclass(frozen=True, slots=True)
class TypeVar(Type):
    """A rigid (declared or generalised) type variable of a polymorphic definition."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Tangent(Type):
    """The tangent type of a rigid type variable: `a'`. `tangent` computes it once the type is known.

    In the interface of an entry also the tangent of a tree, where people see it in the shape of that: a tree among the
    parameters, or with `result` one among the results.
    """

    item: Type
    result: bool = False

    def __str__(self) -> str:
        open_ = _ends_open(self.item) or isinstance(self.item, Array)
        return f"({self.item})'" if open_ else f"{self.item}'"


def _ends_open(t: Type) -> bool:
    """Would more words behind the notation of a type belong to it?"""
    item = leaf(t)
    return isinstance(item, Series) or (isinstance(item, Data) and bool(item.args)) or isinstance(t, Fun)


def _is_size(t: Type) -> bool:
    return isinstance(t, Array) and t.item == UNIT


def of_size(size: Size) -> Type:
    """A size as an argument of a declared type: `[size]()`, compared, renamed and checked like any size in a type."""
    return Array(size, UNIT)


def _children(t: Type | None, child: Callable[[], Type]) -> Type | None:
    """A payload with something else where it holds children, which stand in products alone."""
    match t:
        case Child():
            return child()
        case Prod(items):
            return Prod(tuple(_children(i, child) or UNIT for i in items))
        case Record(fields):
            return Record(tuple((x, _children(f, child) or UNIT) for x, f in fields))
    return t


def tangent(t: Type) -> Type:
    """The type of tangents and cotangents of `t`: floats are their own, integers and truth values have the unit.

    The tangent of a function type is not a type of the language; asking for it raises TypeError.
    """
    match t:
        case Scalar("f64" | "f32") | Series():
            return t
        case Scalar():
            return UNIT
        case Prod(items):
            return Prod(tuple(tangent(i) for i in items))
        case Record(fields):
            return Record(tuple((x, tangent(f)) for x, f in fields))
        case Array(size, item):
            return Array(size, tangent(item))
        case Data(size=None):
            return tangent(t.payloads) if t.payloads.fields else UNIT
        case Data():
            return tangent(Array(t.nodes.size, t.node))
        case TypeVar():
            return Tangent(t)
        case Tangent():
            return t
    raise TypeError(f"{t} has no tangent type")


def marked_tangent(t: Type, result: bool = False) -> Type:
    """The tangent type with those of trees marked; it has the same leaves."""
    match t:
        case Data() if t.size is not None:
            return Tangent(t, result)
        case Data():
            return marked_tangent(t.payloads, result) if t.payloads.fields else UNIT
        case Prod(items):
            return Prod(tuple(marked_tangent(i, result) for i in items))
        case Record(fields):
            return Record(tuple((x, marked_tangent(f, result)) for x, f in fields))
        case Array(size, item):
            return Array(size, marked_tangent(item, result))
    return tangent(t)


def dims(t: Type) -> tuple[Size, ...]:
    """The dimensions of an array type, outermost first; () for anything else."""
    out: list[Size] = []
    while isinstance(t, Array):
        out.append(t.size)
        t = t.item
    return tuple(out)


def leaf(t: Type) -> Type:
    """The element type below all array dimensions."""
    while isinstance(t, Array):
        t = t.item
    return t


def array(sizes: tuple[Size, ...], item: Type) -> Type:
    """`[s₁]…[sₖ]item`."""
    for s in reversed(sizes):
        item = Array(s, item)
    return item


def flatten(t: Type) -> Iterator[Type]:
    """The wires of a type, left to right: products are spread, arrays of products become products of arrays.

    A sum is its tag and the record of its payloads, a tree its root and its nodes. In the interface of an entry the
    tangent of a tree is marked as such, `Tangent`.

    >>> from catad.types.size import Size
    >>> [str(w) for w in flatten(Array(Size.var("n"), Prod((F64, Prod((I64, F64))))))]
    ['[n]f64', '[n]i64', '[n]f64']
    """
    match t:
        case Prod(items):
            for i in items:
                yield from flatten(i)
        case Record(fields):
            for _, f in fields:
                yield from flatten(f)
        case Data(size=None):
            yield I64
            yield from flatten(t.payloads)
        case Data():
            yield I64
            yield from flatten(t.nodes)
        case Tangent(Data() as tree):
            yield from flatten(tangent(tree))
        case Array(size, item):
            for w in flatten(item):
                yield Array(size, w)
        case _:
            yield t


def map_type(f: Callable[[Type], Type | None], t: Type, resize: Callable[[Size], Size] | None = None) -> Type:
    """Rebuild `t`, replacing each subterm for which `f` gives a type (outermost first), and sizes by `resize`."""
    new = f(t)
    if new is not None:
        return new
    match t:
        case Prod(items):
            return Prod(tuple(map_type(f, i, resize) for i in items))
        case Record(fields):
            return Record(tuple((x, map_type(f, i, resize)) for x, i in fields))
        case Array(size, item):
            return Array(resize(size) if resize else size, map_type(f, item, resize))
        case Fun(a, b):
            return Fun(map_type(f, a, resize), map_type(f, b, resize))
        case Series(order, item):
            return Series(order, map_type(f, item, resize))
        case Data(name, args, cases, nodes):
            return Data(name, tuple(map_type(f, a, resize) for a in args),
                        tuple((x, None if p is None else map_type(f, p, resize)) for x, p in cases),
                        resize(nodes) if resize and nodes is not None else nodes)
        case Tangent(item):
            return tangent(map_type(f, item, resize))
    return t


def subst(t: Type, types: Mapping[str, Type], sizes: Mapping[str, Size]) -> Type:
    """Replace rigid type variables and size variables, all at once."""
    if not types and not sizes:
        return t
    return map_type(lambda u: types.get(u.name, u) if isinstance(u, TypeVar) else None, t, lambda s: s.subst(sizes))


def is_float(t: Type) -> bool:
    """Does the leaf of this wire type carry derivatives?"""
    t = leaf(t)
    return t in (F64, F32) or isinstance(t, Series)


def within(t: Type) -> Iterator[Type]:
    """The parts of a type of values, itself included, payloads of sums too."""
    pending = [t]
    while pending:
        part = pending.pop()
        yield part
        match part:
            case Prod(items):
                pending += items
            case Record(fields):
                pending += [f for _, f in fields]
            case Data():
                pending.append(part.payloads)
            case Array(_, item) | Series(_, item):
                pending.append(item)


def holds_function(t: Type) -> bool:
    """Does a function occur anywhere in `t`?"""
    return any(isinstance(part, Fun) for part in within(t))


def holds_tree(t: Type) -> bool:
    """Does a recursive type occur anywhere in `t`?"""
    for part in within(t):
        match part:
            case Data(args=args, size=size) if size is not None or any(map(holds_tree, args)):
                return True
            case Fun(a, b) if holds_tree(a) or holds_tree(b):
                return True
            case Tangent(item) if holds_tree(item):
                return True
    return False


def type_sizes(t: Type) -> Iterator[Size]:
    """The sizes in a type, outermost and leftmost first."""
    match t:
        case Array(size, item):
            yield size
            yield from type_sizes(item)
        case Fun(a, b):
            yield from type_sizes(a)
            yield from type_sizes(b)
        case Series(_, item) | Tangent(item):
            yield from type_sizes(item)
        case Prod(items):
            for i in items:
                yield from type_sizes(i)
        case Data(_, args, _, size):
            if size is not None:
                yield size
            for i in (*args, t.payloads):
                yield from type_sizes(i)
        case Record(fields):
            for _, f in fields:
                yield from type_sizes(f)
