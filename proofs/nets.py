"""Random differentiable nets A → B over float wires: straight lines, arrays, loops, branches, calls.

    polynomial(c, A, B)     only ring operations: laws hold exactly over the rationals
    smooth(c, A, B)         with transcendental functions

Objects are tuples of wire types of fixed sizes, so that nets compose freely. Nothing is ever out of bounds or
undefined, and values stay moderate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from catad.proofs.choice import Choice, number

from catad.net.build import Builder
from catad.net.net import Call, IfOp, Net, Wire
from catad.types.size import Size
from catad.types.type import F64, I64, Array, Scalar, Type, dims

__all__ = ["HELPERS", "OBJECTS", "obj", "polynomial", "smooth"]

V2, V3 = Array(Size.of(2), F64), Array(Size.of(3), F64)
OBJECTS: tuple[tuple[Type, ...], ...] = ((F64,), (F64, F64), (V2,), (F64, V3), (V2, F64))
UNARY = ("sin", "tanh", "atan", "cos", "erf", "asinh", "sech2")


def obj(c: Choice) -> tuple[Type, ...]:
    """A boundary."""
    return c.of(OBJECTS)


def _helper() -> Net:
    """A net to be called: (x, y) ↦ x y + x."""
    b = Builder()
    x, y = b.input(F64), b.input(F64)
    return b.net(b.prim("add", b.prim("mul", x, y), x))


HELPERS: Mapping[str, Net] = MappingProxyType({"helper": _helper()})


def polynomial(c: Choice, source: Sequence[Type], target: Sequence[Type], steps: int = 5, depth: int = 2) -> Net:
    """A net of ring operations. It may call the nets of `HELPERS`."""
    return _make(c, source, target, steps, depth, smooth=False)


def smooth(c: Choice, source: Sequence[Type], target: Sequence[Type], steps: int = 5, depth: int = 2) -> Net:
    """A net of smooth functions. It may call the nets of `HELPERS`."""
    return _make(c, source, target, steps, depth, smooth=True)


def _make(c: Choice, source: Sequence[Type], target: Sequence[Type], steps: int, depth: int, *, smooth: bool) -> Net:
    maker = Maker(c, depth, smooth)
    for t in source:
        maker.b.input(t)
    maker.steps(c.pick(steps + 1))
    return maker.b.net(*[maker.of(t) for t in target])


class Maker:
    """Appends random boxes to a net under construction."""

    def __init__(self, c: Choice, depth: int, smooth: bool) -> None:
        self.c, self.depth, self.smooth = c, depth, smooth
        self.b = Builder()
        self.hidden: set[Wire] = set()                 # carried sums, which a body may only add to

    def of(self, t: Type) -> Wire:
        """A wire of this type, one of the latest; made when there is none."""
        found = [w for w, u in enumerate(self.b.wires) if u == t and w not in self.hidden]
        if found:
            return self.c.of(found[:-4:-1])
        if isinstance(t, Scalar):
            return self.b.const(0 if t == I64 else float(number(self.c)), t)
        return self.b.fill(dims(t), self.of(F64))

    def steps(self, n: int) -> None:
        flat = [self.product, self.sum, self.gather, self.scatter, self.write, self.stack, self.negate]
        if self.smooth:
            flat += [self.function, self.function, self.quotient]
        deep = [self.state, self.total, self.collect, self.branch, self.named] if self.depth > 0 else []
        for _ in range(n):
            self.c.of([*flat, *deep])()

    # ── flat boxes

    def sum(self) -> None:
        self.b.prim(self.c.of(["add", "sub"]), self.of(F64), self.of(F64))

    def product(self) -> None:
        x = self.of(F64)
        kind = self.c.pick(4)
        y = self.b.const(float(number(self.c)), F64) if kind == 3 else x if kind == 2 else self.of(F64)
        w = self.b.prim("mul", x, y)
        if self.smooth:
            self.b.prim("sin", w)                      # values stay moderate

    def negate(self) -> None:
        self.b.prim("neg", self.of(F64))

    def function(self) -> None:
        self.b.prim(self.c.of(UNARY), self.of(F64))

    def quotient(self) -> None:
        y = self.of(F64)
        self.b.prim("div", self.of(F64), self.b.prim("add", self.b.const(1.0), self.b.prim("mul", y, y)))

    def array(self) -> tuple[Wire, int]:
        t = self.c.of([V2, V3])
        n = t.size.constant
        assert n is not None
        return self.of(t), n

    def position(self, n: int) -> Wire:
        """An index below n: a constant, or computed from one at hand."""
        found = [w for w, t in enumerate(self.b.wires) if t == I64]
        if not found or self.c.pick(2):
            return self.b.const(self.c.pick(n), I64)
        i = self.b.prim("add", self.c.of(found), self.b.const(self.c.pick(3), I64))
        return self.b.prim("imod", i, self.b.const(n, I64))

    def gather(self) -> None:
        a, n = self.array()
        self.b.prim("index", a, self.position(n))

    def scatter(self) -> None:
        a, n = self.array()
        self.b.prim("add_at", a, self.position(n), self.of(F64))

    def write(self) -> None:
        a, n = self.array()
        self.b.prim("update", a, self.position(n), self.of(F64))

    def stack(self) -> None:
        self.b.prim("stack", *[self.of(F64) for _ in range(2 + self.c.pick(2))])

    # ── bubbles and calls

    def captured(self) -> list[Wire]:
        free = [w for w in range(len(self.b.wires)) if w not in self.hidden]
        return [self.c.of(free[::-1]) for _ in range(self.c.pick(3))] if free else []

    def inner(self, captured: Sequence[Wire]) -> Maker:
        maker = Maker(self.c, self.depth - 1, self.smooth)
        for w in captured:
            maker.b.input(self.b.type(w))
        return maker

    def state(self) -> None:
        """A loop that threads a number and perhaps an array."""
        inits = [self.of(F64)] + ([self.of(V2)] if self.c.pick(2) else [])
        captured = self.captured()
        maker = self.inner(captured)
        maker.b.input(I64)
        carried = [maker.b.input(self.b.type(w)) for w in inits]
        maker.steps(1 + self.c.pick(3))
        out = [maker.of(maker.b.type(w)) for w in carried]
        self._loop(maker, captured, inits, ["state"] * len(inits), out)

    def total(self) -> None:
        """An order-free sum of numbers, and one into an array."""
        captured = self.captured()
        maker = self.inner(captured)
        i = maker.b.input(I64)
        scalar, array = maker.b.input(F64), maker.b.input(V2)
        maker.hidden = {scalar, array}
        maker.steps(1 + self.c.pick(3))
        at = maker.b.prim("imod", i, maker.b.const(2, I64))
        first, second = maker.of(F64), maker.of(F64)   # before the sums, which nothing else may read
        out = [maker.b.prim("add", scalar, first), maker.b.prim("add_at", array, at, second)]
        self._loop(maker, captured, [self.of(F64), self.of(V2)], ["add", "add"], out)

    def collect(self) -> None:
        captured = self.captured()
        maker = self.inner(captured)
        maker.b.input(I64)
        maker.steps(1 + self.c.pick(3))
        self._loop(maker, captured, [], [], [maker.of(F64)])

    def _loop(self, maker: Maker, captured: Sequence[Wire], inits: Sequence[Wire], kinds: Sequence[str],
              out: Sequence[Wire]) -> None:
        body = maker.b.net(*out)
        self.b.loop(Size.of(2 + self.c.pick(2)), body, captured, inits, kinds, down=self.c.pick(4) == 3)

    def branch(self) -> None:
        captured = [self.of(F64), *self.captured()]
        cond = self.b.prim("eq", self.position(2), self.b.const(0, I64))
        nets = []
        for _ in range(2):
            maker = self.inner(captured)
            maker.steps(1 + self.c.pick(2))
            nets.append(maker.b.net(maker.of(F64)))
        self.b.box(IfOp(), [cond, *captured], [F64], nets)

    def named(self) -> None:
        self.b.box(Call("helper", ()), [self.of(F64), self.of(F64)], [F64])

