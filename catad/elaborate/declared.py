"""The declaration of a sum, found again from the types at which a program uses it.

    t f64 [2] = A [2]f64 | B        t i64 [n] = A [n]i64 | B         ↦        type t a [n] = A [n]a | B

What the uses have in common is written once; where they differ stands the parameter whose arguments differ in the same
way, or else a parameter of its own, which every use is given too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from catad.types.size import Size
from catad.types.type import Array, Data, Prod, Record, Type, TypeVar, of_size

__all__ = ["LETTERS", "Declaration"]

LETTERS = "abcdefgh"
Types = tuple[Type, ...]                        # one at each use
Sizes = tuple[Size, ...]


class Declaration:
    """What some uses have in common. `inner` gives the declarations of the sums in their payloads."""

    def __init__(self, name: str, constructors: tuple[str, ...], uses: Sequence[Data],
                 inner: Callable[[Data], Declaration]) -> None:
        self.name, self.constructors = name, constructors
        self.uses, self.inner = {t: k for k, t in enumerate(uses)}, inner
        self.types: list[Types] = list(zip(*(t.given[0] for t in uses), strict=True))
        self.sizes: list[Sizes] = list(zip(*(t.given[1] for t in uses), strict=True))
        self.given = len(self.sizes)
        columns = zip(*(t.cases for t in uses), strict=True)
        self.payloads = [None if c[0][1] is None else self._type(tuple(t for _, t in c if t is not None))
                         for c in columns]

    def arguments(self, t: Data) -> tuple[Type, ...]:
        """The arguments of a use, in the order of the parameters."""
        k = self.uses[t]
        return (*(c[k] for c in self.types), *(of_size(c[k]) for c in self.sizes))

    def __str__(self) -> str:
        numbers = [f"[{', '.join(map(_number, range(len(self.sizes))))}]"] if self.sizes else []
        head = " ".join(["type", self.name, *map(_letter, range(len(self.types))), *numbers, "="])
        parts = [x if t is None else f"{x} {_atom(t)}" for x, t in zip(self.constructors, self.payloads, strict=True)]
        return f"{head} {' | '.join(parts)}"

    def _type(self, column: Types) -> Type:
        """The type that is these at the uses."""
        if column in self.types:
            return TypeVar(_letter(self.types.index(column)))
        match column[0]:
            case Prod() if parts := _columns([t.items for t in column if isinstance(t, Prod)], column):
                return Prod(tuple(map(self._type, parts)))
            case Record(fields) if parts := _columns(list(_fields(fields, column)), column):
                return Record(tuple((x, self._type(c)) for (x, _), c in zip(fields, parts, strict=True)))
            case Array():
                arrays = [t for t in column if isinstance(t, Array)]
                if len(arrays) == len(column):
                    size = self._size(tuple(t.size for t in arrays))
                    return Array(size, self._type(tuple(t.item for t in arrays)))
            case Data():
                sums = [t for t in column if isinstance(t, Data)]
                found = {id(self.inner(t)): self.inner(t) for t in sums}
                if len(sums) == len(column) and len(found) == 1:
                    (d,) = found.values()
                    return Data(d.name, tuple(map(self._type, zip(*map(d.arguments, sums), strict=True))))
        if all(t == column[0] for t in column):
            return column[0]
        self.types.append(column)
        return TypeVar(_letter(len(self.types) - 1))

    def _size(self, column: Sizes) -> Size:
        """The size that is these at the uses."""
        if column in self.sizes:
            return Size.var(_number(self.sizes.index(column)))
        for k, size in enumerate(column):
            general = self._general(size, k)
            if general is not None and all(general.subst(self._at(j)) == s for j, s in enumerate(column)):
                return general
        self.sizes.append(column)
        return Size.var(_number(len(self.sizes) - 1))

    def _general(self, size: Size, k: int) -> Size | None:
        """A size at one use in terms of the parameters, whose arguments there tell its variables."""
        known: dict[str, Size] = {}
        for j, column in enumerate(self.sizes[:self.given]):
            known |= _solved(column[k], Size.var(_number(j)))
        return size.subst(known) if all(x in known for x in size.variables) else None

    def _at(self, k: int) -> dict[str, Size]:
        return {_number(j): column[k] for j, column in enumerate(self.sizes)}


def _solved(size: Size, value: Size) -> dict[str, Size]:
    """The variable of  a*x + b,  when that has this value."""
    if len(size.variables) != 1:
        return {}
    (x,) = size.variables
    rest = size.subst({x: Size.of(0)})
    slope = dict(size.terms).get(((x, 1),))
    if slope is None or size != Size.var(x) * slope + rest:
        return {}
    return {x: (value - rest) * (1 / slope)}


def _fields(fields: Sequence[tuple[str, Type]], column: Types) -> Iterator[tuple[Type, ...]]:
    """The types in records of these fields."""
    for t in column:
        if isinstance(t, Record) and [x for x, _ in t.fields] == [x for x, _ in fields]:
            yield tuple(f for _, f in t.fields)


def _columns(rows: Sequence[tuple[Type, ...]], column: Types) -> list[Types]:
    """The parts at each place, if there is one row for each use, all of one length; else nothing."""
    if len(rows) < len(column) or len({len(row) for row in rows}) != 1:
        return []
    return list(zip(*rows, strict=True))


def _letter(k: int) -> str:
    return LETTERS[k] if k < len(LETTERS) else f"a{k}"


def _number(k: int) -> str:
    return f"n{k or ''}"


def _atom(t: Type) -> str:
    """A payload: what is written after the name of a declared type would be read as another one."""
    text = str(t)
    item = t
    while isinstance(item, Array):
        item = item.item
    return f"({text})" if isinstance(item, Data) and item.args else text
