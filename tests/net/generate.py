"""Random well-formed nets: scalars, arrays, series, loops with carries, branches, functions, bound sizes."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies as st

from catad.net.build import Builder, rename_sizes
from catad.net.net import (
    Apply,
    BindSize,
    Box,
    Call,
    Derive,
    Guard,
    IfOp,
    Lambda,
    Net,
    SeriesPack,
    SeriesPart,
    Wire,
)
from catad.types.size import Size
from catad.types.type import BOOL, F32, F64, I64, Array, Fun, Prod, Scalar, Series, Type, flatten

N, M = Size.var("n"), Size.var("m")
BOUNDARY: tuple[Type, ...] = (F64, F64, I64, BOOL, F32, Array(N, F64), Array(N, Array(M, F64)), Series(2, F64))
FLOATS = (0.0, -0.0, 1.5, 0.1, float("inf"), float("nan"), 1e-300, -1e22)


class Generator:
    """Adds random boxes to a builder; every choice comes from one source of randomness."""

    def __init__(self, rnd: random.Random, depth: int, prefix: str = "k") -> None:
        self.rnd, self.depth, self.prefix = rnd, depth, prefix
        self.b = Builder()
        self.bound = 0

    def of(self, t: Type) -> Wire:
        """Some wire of this type, made if there is none."""
        found = [w for w, u in enumerate(self.b.wires) if u == t]
        if found:
            return self.rnd.choice(found[-3:] if self.rnd.random() < 0.7 else found)
        match t:
            case Scalar():
                return self.const(t)
            case Array(size, Array(inner, item)):
                return self.b.fill([size, inner], self.of(item))
            case Array(size, item):
                return self.b.fill([size], self.of(item))
            case Series(order, item):
                return self.b.box(SeriesPack(order), [self.of(item)], [t])[0]
            case Fun(a, r):
                return self.function(t, tuple(flatten(a)), tuple(flatten(r)))
        raise AssertionError(t)

    def const(self, t: Scalar) -> Wire:
        if t == BOOL:
            return self.b.const(self.rnd.random() < 0.5, t)
        return self.b.const(self.rnd.randrange(-3, 9) if t == I64 else self.rnd.choice(FLOATS), t)

    def any(self) -> Wire:
        return self.rnd.randrange(len(self.b.wires)) if self.b.wires else self.const(F64)

    def some(self, most: int) -> list[Wire]:
        return [self.any() for _ in range(self.rnd.randrange(most + 1))]

    def bubble(self, source: Sequence[Type], target: Sequence[Type]) -> Net:
        inner = Generator(self.rnd, self.depth - 1, f"{self.prefix}{len(self.b.boxes)}_")
        for t in source:
            inner.b.input(t)
        inner.steps(self.rnd.randrange(4))
        return inner.b.net(*[inner.of(t) for t in target])

    def function(self, t: Fun, arg: Sequence[Type], result: Sequence[Type]) -> Wire:
        captured = self.some(2)
        body = self.bubble([*[self.b.wires[w] for w in captured], *arg], result)
        return self.b.box(Lambda(t), captured, [t], [body])[0]

    def steps(self, n: int) -> None:
        flat = [self.arithmetic] * 4 + [self.integers, self.compare, self.arrays, self.sized, self.named]
        deep = [self.loop, self.branch, self.higher] if self.depth > 0 else []
        for _ in range(n):
            self.rnd.choice(flat + deep)()

    def arithmetic(self) -> None:
        t = self.rnd.choice([F64, F64, F64, F32, Series(2, F64)])
        name = self.rnd.choice(["add", "mul", "sub", "sin", "exp", "neg", "div"])
        args = [self.of(t) for _ in range(1 if name in ("sin", "exp", "neg") else 2)]
        self.b.prim(name, *args, reason=self.rnd.choice(["", "", 'derivative of "f"']))

    def integers(self) -> None:
        self.b.prim(self.rnd.choice(["add", "imod", "band"]), self.of(I64), self.of(I64))

    def compare(self) -> None:
        c = self.b.prim(self.rnd.choice(["lt", "eq"]), self.of(F64), self.of(F64))
        self.b.prim("select", c, self.of(F64), self.of(F64))

    def arrays(self) -> None:
        a, i = self.of(Array(N, F64)), self.of(I64)
        self.b.prim("add_at", a, i, self.b.prim("index", a, i))
        self.b.prim("index", self.of(Array(N, Array(M, F64))), i)
        self.b.prim("stack", *[self.of(F64) for _ in range(2)])
        self.b.box(Guard(((N, M + 1),)), [a], [Array(M + 1, F64)])

    def sized(self) -> None:
        name = f"{self.prefix}{self.bound}"
        self.bound += 1
        self.b.box(BindSize(name, self.rnd.random() < 0.5), [self.of(I64)], [])
        self.b.size(N * (N - 1) / 2)
        if self.rnd.random() < 0.7:
            other = Size.var(self.rnd.choice([f"{self.prefix}{k}" for k in range(self.bound)]))
            a = self.b.fill([Size.var(name) * 2 + N * other], self.of(F64))
            self.b.prim("index", a, self.b.size(other) if self.rnd.random() < 0.5 else self.of(I64))

    def named(self) -> None:
        self.b.box(Call("g", (("n", N + 1), ("k", M))), self.some(3), [F64, I64])
        part = self.rnd.choice(["value", "coefficients"])
        target = F64 if part == "value" else Array(Size.of(2), F64)
        self.b.box(SeriesPart(part), [self.of(Series(2, F64))], [target])

    def loop(self) -> None:
        captured, carried = self.some(2), [self.of(F64) for _ in range(self.rnd.randrange(3))]
        types = [self.b.wires[w] for w in carried]
        elements = [self.rnd.choice([F64, I64, Array(M, F64)]) for _ in range(self.rnd.randrange(2))]
        body = self.bubble([*[self.b.wires[w] for w in captured], I64, *types], [*types, *elements])
        kinds = [self.rnd.choice(["state", "add", "max"]) for _ in carried]
        self.b.loop(self.rnd.choice([N, M * N, Size.of(3)]), body, captured, carried, kinds, self.rnd.random() < 0.3)

    def branch(self) -> None:
        c, captured = self.of(BOOL), self.some(3)
        source = [self.b.wires[w] for w in captured]
        result = [self.rnd.choice([F64, I64, Array(N, F64)]) for _ in range(self.rnd.randrange(1, 3))]
        self.b.box(IfOp(), [c, *captured], result, [self.bubble(source, result), self.bubble(source, result)])

    def higher(self) -> None:
        t = self.rnd.choice([Fun(F64, F64), Fun(Prod((F64, I64)), F64)])
        f = self.of(t)
        args = [self.of(u) for u in flatten(t.arg)]
        self.b.box(Apply(), [f, *args], [F64])
        back = Fun(F64, Prod((F64, Prod(()))) if isinstance(t.arg, Prod) else F64)
        self.b.box(Derive("vjp", t.arg, t.result), [f, *args], [F64, back])


def random_net(rnd: random.Random, source: Sequence[Type] | None = None, target: Sequence[Type] | None = None,
               steps: int = 8, depth: int = 2) -> Net:
    """A net with sizes n, m; `source` and `target` are chosen when they are not given."""
    g = Generator(rnd, depth)
    g.b.sizes = ["n", "m"]
    for t in [rnd.choice(BOUNDARY) for _ in range(rnd.randrange(4))] if source is None else source:
        g.b.input(t)
    g.steps(rnd.randrange(steps + 1))
    if target is not None:
        return g.b.net(*[g.of(t) for t in target])
    free = [w for w, t in enumerate(g.b.wires) if "k" not in str(t)]     # bound sizes stay inside
    return g.b.net(*[rnd.choice(free[-rnd.choice([2, 9, 99]):]) for _ in range(rnd.randrange(5)) if free])


def shuffled(net: Net, rnd: random.Random) -> Net:
    """The same diagram with other wire numbers, another order of boxes, other names of bound sizes."""
    bound = [b.op.name for b in net.boxes if isinstance(b.op, BindSize)]
    renamed = {x: f"z{rnd.randrange(10**6)}_{k}" for k, x in enumerate(bound)}
    net = rename_sizes(net, {x: Size.var(y) for x, y in renamed.items()})
    to = list(range(len(net.wires)))
    rnd.shuffle(to)
    wires: list[Type] = [F64] * len(to)
    for w, t in enumerate(net.wires):
        wires[to[w]] = t
    boxes = [Box(b.op, tuple(to[s] for s in b.sources), tuple(to[t] for t in b.targets),
                 tuple(shuffled(n, rnd) for n in b.bubbles)) for b in _reordered(net, rnd)]
    inputs, outputs = tuple(to[w] for w in net.inputs), tuple(to[w] for w in net.outputs)
    return Net(tuple(wires), tuple(boxes), inputs, outputs, net.sizes)


def _reordered(net: Net, rnd: random.Random) -> list[Box]:
    """A random topological order; boxes stay behind the sizes bound before them, which is enough."""
    known, left, out = set(net.inputs), list(net.boxes), []
    while left:
        ready: list[Box] = []
        for b in left:
            if isinstance(b.op, BindSize) and ready:
                break
            if all(s in known for s in b.sources):
                ready.append(b)
            if isinstance(b.op, BindSize):
                break
        b = rnd.choice(ready)
        left.remove(b)
        known.update(b.targets)
        out.append(b)
    return out


def nets(source: Sequence[Type] | None = None, target: Sequence[Type] | None = None) -> st.SearchStrategy[Net]:
    """Hypothesis strategy."""
    return st.integers(0, 2**32 - 1).map(lambda seed: random_net(random.Random(seed), source, target))
