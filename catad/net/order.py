"""The boundary-rooted order of a net: which boxes an output depends on, in an order that only their wiring fixes.

Depth first from the outputs, sources from left to right, a box after everything it depends on. A box depends on
the producers of its sources and on the `BindSize` boxes of the size variables that it mentions (in its label, in
the types of its targets, in its bubbles). The order does not depend on the numbers of wires, on the stored order
of boxes or on the names of bound sizes; boxes that it leaves out are dead.

One tie is broken by name: variables that first appear together in one polynomial, symmetrically (as in n*m), and
are bound outside of this net, or to wires that look alike but for sizes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from catad.net.net import BindSize, Box, Call, Const, Net, Op, Prim, Wire
from catad.net.sizes import op_sizes, type_sizes
from catad.types.size import Size
from catad.types.type import Type

__all__ = ["Order", "order"]


@dataclass(frozen=True, slots=True)
class Order:
    """Live boxes in canonical order; the sizes they bind and those they mention otherwise, by appearance."""

    boxes: tuple[int, ...]
    bound: tuple[str, ...]
    free: tuple[str, ...]


def order(net: Net) -> Order:
    """Linear in the size of the net; computed once."""
    known = net._memo.get("order")
    if known is None:
        known = net._memo["order"] = _Traversal(net).run()
    assert isinstance(known, Order)
    return known


class _Traversal:
    def __init__(self, net: Net) -> None:
        self.net = net
        self.producer: dict[Wire, int] = {t: i for i, b in enumerate(net.boxes) for t in b.targets}
        self.binder = {b.op.name: i for i, b in enumerate(net.boxes) if isinstance(b.op, BindSize)}
        self.seen: dict[str, int] = {}                           # size variables by first appearance
        self.types: dict[int, tuple[Size, ...]] = {}
        self.looks: list[bytes] | None = None

    def run(self) -> Order:
        net = self.net
        for w in net.inputs:
            self.mention(self.sizes(net.wires[w]))
        roots = [self.binder[x] for x in self.seen if x in self.binder]
        roots += [i for w in net.outputs if (i := self.producer.get(w)) is not None]
        done = self.visit(roots)
        bound = [op.name for i in done if isinstance(op := net.boxes[i].op, BindSize)]
        return Order(tuple(done), tuple(bound), tuple(x for x in self.seen if x not in self.binder))

    def visit(self, roots: Iterable[int]) -> list[int]:
        """Boxes reachable from the roots, each after what it depends on; without recursion."""
        done: list[int] = []
        entered = bytearray(len(self.net.boxes))
        stack: list[tuple[int, Iterator[int]]] = [(-1, iter(tuple(roots)))]
        while stack:
            i, rest = stack[-1]
            for j in rest:
                if not entered[j]:
                    entered[j] = 1
                    stack.append((j, iter(self.depends(self.net.boxes[j]))))
                    break
            else:
                stack.pop()
                if i >= 0:
                    done.append(i)
        return done

    def depends(self, b: Box) -> list[int]:
        out = [i for s in b.sources if (i := self.producer.get(s)) is not None]
        sizes = [s for t in b.targets for s in self.sizes(self.net.wires[t])]
        if type(b.op) is not Prim:
            sizes = [*op_sizes(b.op), *sizes]
        names = self.mention(sizes) if sizes else []
        for n in b.bubbles:
            free = order(n).free
            self.see(free)
            names += free
        return out + [i for x in names if (i := self.binder.get(x)) is not None] if names else out

    def sizes(self, t: Type) -> tuple[Size, ...]:
        known = self.types.get(id(t))
        if known is None:
            known = self.types[id(t)] = tuple(type_sizes(t))
        return known

    def mention(self, sizes: Iterable[Size]) -> list[str]:
        names: list[str] = []
        for s in sizes:
            found = s.variables if len(s.variables) < 2 else tuple(sorted(s.variables, key=self.rank(s)))
            names += found
            self.see(found)
        return names

    def see(self, names: Iterable[str]) -> None:
        for x in names:
            self.seen.setdefault(x, len(self.seen))

    def rank(self, size: Size) -> Callable[[str], tuple[object, ...]]:
        """Orders the variables of one polynomial: seen ones first, then by their part in it, then by binder."""
        def key(x: str) -> tuple[object, ...]:
            part = sorted((c, dict(m)[x], sorted(e for _, e in m)) for m, c in size.terms if x in dict(m))
            i = self.binder.get(x)
            return self.seen.get(x, len(self.seen)), part, self.look(i) if i is not None else b"", x
        return key

    def look(self, i: int) -> bytes:
        """A digest of what box `i` computes, blind to sizes and bubbles."""
        if self.looks is None:
            wires = {w: b"%d" % k for k, w in enumerate(self.net.inputs)}
            self.looks = []
            for b in self.net.boxes:
                text = _blind(b.op).encode() + b"".join(b"," + wires[s] for s in b.sources)
                self.looks.append(hashlib.blake2b(text, digest_size=16).digest())
                wires.update((t, self.looks[-1] + b"%d" % k) for k, t in enumerate(b.targets))
        return self.looks[i]


def _blind(op: Op) -> str:
    match op:
        case Prim(name) | Call(name):
            return name
        case Const():
            return f"{op._key()}"
    return type(op).__name__
