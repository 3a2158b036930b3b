"""An entry over a batch of arguments, as an entry.

    vmap  f : a… → b   ↦   [m]a… → [m]b           a loop that calls f; parameters that are not mapped stay as they are
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.net.build import Builder
from catad.net.net import BindSize, Call, Entry, Guard, Net, Wire
from catad.source import error
from catad.types.size import Size
from catad.types.type import I64, Array, Type, dims, flatten, map_type, subst, type_sizes

__all__ = ["vmap"]


def vmap(name: str, entry: Entry, in_axes: tuple[bool, ...]) -> tuple[Net, Entry]:
    """`vmap` of an entry; raises E0609 when the results would differ in shape."""
    batch = _Batch(name, entry, in_axes)
    m = Size.var(batch.size)
    b, body = Builder(), Builder()
    b.sizes.extend(batch.sizes)
    mapped: list[Wire] = []
    inner: list[tuple[Wire, bool]] = []
    for (_, t), batched in zip(batch.params, in_axes, strict=True):
        for w in flatten(t):
            mapped.append(b.input(Array(m, w) if batched else w))
            inner.append((body.input(Array(m, w) if batched else w), batched))
    i = body.input(I64)
    args = [body.prim("index", w, i) if batched else w for w, batched in inner]
    wires = b.loop(m, body.net(*batch.call(body, args)), mapped)
    params = tuple((x, Array(m, t) if batched else t) for (x, t), batched in zip(batch.params, in_axes, strict=True))
    return b.net(*wires), Entry(params, Array(m, batch.result), batch.sizes, f"vmap of {name}", entry.span)


class _Batch:
    """An entry over a batch, where a size that is an i64 parameter may differ from one to the next.

        (k : i64) (x : [k]f64)       ↦   [k_] (k : [batch]i64) (x : [batch, k_]f64)      each k must be k_
        (k : i64) (x : [k + 1]f64)   ↦   [k_] (k : [batch]i64) (x : [batch, k_]f64)      each k + 1 must be k_
        (k : i64) (x : f64)          ↦   (k : [batch]i64) (x : [batch]f64)               k is bound inside
    """

    def __init__(self, name: str, entry: Entry, in_axes: tuple[bool, ...]) -> None:
        self.name, self.entry = name, entry
        self.taken = {*entry.sizes, *(x for x, _ in entry.params)}
        self.mapped = [x for (x, t), batched in zip(entry.params, in_axes, strict=True)
                       if batched and t == I64 and x in entry.sizes]
        wires = [w for _, t in entry.params for w in flatten(t)]
        alone = {s.variable for w in wires for s in dims(w)}
        self.told = {x: Size.var(self._fresh(x)) for x in self.mapped if x in alone}
        self.measured: dict[Size, Size] = {}                 # dimensions that a size bound inside is compared with
        self.size = self._fresh("batch")
        self.params = tuple((x, self._outside(t)) for x, t in entry.params)
        self.result = subst(entry.result, {}, self.told)
        self._one_shape()
        kept = [x for x in entry.sizes if x not in self.mapped]
        made = [str(s) for s in (*self.told.values(), *self.measured.values())]
        self.sizes = (*kept, *made, self.size)

    def _fresh(self, name: str) -> str:
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    @property
    def inside(self) -> list[str]:
        """The sizes that are bound for each entry of the batch alone."""
        return [x for x in self.mapped if x not in self.told]

    def _outside(self, t: Type) -> Type:
        """The type of a parameter, whose sizes are those of the whole batch."""
        def resize(s: Size) -> Size:
            s = s.subst(self.told)
            if not {*self.inside} & {*s.variables}:
                return s
            if s not in self.measured:
                self.measured[s] = Size.var(self._fresh(next(x for x in self.inside if x in s.variables)))
            return self.measured[s]
        return map_type(lambda _: None, t, resize)

    def _one_shape(self) -> None:
        """Raise E0609 when results would differ in shape."""
        for x in self.inside:
            if any(x in s.variables for s in type_sizes(self.result)):
                raise error("E0609", f"vmap of {self.name}: its results would differ in shape", self.entry.span,
                            f"the size `{x}` of the result is a parameter",
                            help=[f"leave `{x}` as it is, with None for its axis: one size for the whole batch"])

    def call(self, b: Builder, args: Sequence[Wire]) -> tuple[Wire, ...]:
        """The entry at one entry of the batch, once the sizes agree."""
        given: list[tuple[Size, Size]] = []
        args = list(args)
        at = 0
        for x, t in self.entry.params:
            if x in self.mapped:
                name = f"{x}$given" if x in self.told else x
                b.box(BindSize(name, False), [args[at]], [], span=self.entry.span)
                if x in self.told:
                    given.append((Size.var(name), self.told[x]))
                    args[at] = b.box(Guard((given[-1],)), [args[at]], [I64], span=self.entry.span)[0]
            at += len(list(flatten(t)))
        types = [subst(w, {}, self.told) for _, t in self.entry.params for w in flatten(t)]
        args = [self._fitted(b, w, t) for w, t in zip(args, types, strict=True)]
        sizes = tuple((x, self.told.get(x, Size.var(x))) for x in self.entry.sizes)
        out = b.box(Call(self.name, sizes), args, list(flatten(self.result)), span=self.entry.span)
        return b.box(Guard(tuple(given)), out, [b.type(w) for w in out], span=self.entry.span) if given else out

    def _fitted(self, b: Builder, w: Wire, t: Type) -> Wire:
        """An argument at the sizes bound inside."""
        checks = tuple((s, r) for s, r in zip(dims(b.type(w)), dims(t), strict=True) if s != r)
        return b.box(Guard(checks), [w], [t], span=self.entry.span)[0] if checks else w
