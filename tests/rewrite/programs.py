"""Random nets that run: maps, sums, scatters, folds and branches over arrays, nested, as derivatives make them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from catad.net.build import Builder
from catad.net.net import BindSize, IfOp, Net, Wire
from catad.net.zero import zero
from catad.types.size import Size
from catad.types.type import BOOL, F64, I64, Array, Scalar, Type

N, M = Size.var("n"), Size.var("m")
VECTOR, OTHER, MATRIX = Array(N, F64), Array(M, F64), Array(N, Array(M, F64))
SOURCE: tuple[Type, ...] = (F64, F64, I64, VECTOR, VECTOR, OTHER, MATRIX)
RESULTS: tuple[Type, ...] = (F64, VECTOR, MATRIX, OTHER)
Indices = list[tuple[Wire, Size]]


class Program:
    """Boxes chosen at random; `indices` are loop indices with their sizes, `busy` wires an accumulator owns."""

    def __init__(self, rnd: random.Random, depth: int, prefix: str) -> None:
        self.rnd, self.depth, self.prefix = rnd, depth, prefix
        self.b = Builder()
        self.indices: Indices = []
        self.busy: set[Wire] = set()

    def of(self, t: Type) -> Wire:
        found = [w for w, u in enumerate(self.b.wires) if u == t and w not in self.busy]
        if found and self.rnd.random() < 0.95:
            return self.rnd.choice(found[-4:] if self.rnd.random() < 0.7 else found)
        match t:
            case Array(size, Scalar()):
                return zero(self.b, t) if self.rnd.random() < 0.5 else self.b.fill([size], self.of(F64))
            case Array():
                return self.map(t)
            case Scalar("i64"):
                return self.b.const(self.rnd.randrange(-1, 3), I64)
            case Scalar("bool"):
                return self.b.const(self.rnd.random() < 0.5, BOOL)
        if self.rnd.random() < 0.3:
            return zero(self.b, F64)
        return self.b.const(self.rnd.choice([0.0, -0.0, 1.0, -1.0, 2.0, 0.3]), F64)

    def index_into(self, size: Size) -> Wire:
        """Mostly a loop index of that size, else something reduced to it."""
        found = [w for w, s in self.indices if s == size]
        if found and self.rnd.random() < 0.8:
            return self.rnd.choice(found)
        if self.rnd.random() < 0.3:
            return self.b.const(self.rnd.randrange(2), I64)
        if self.rnd.random() < 0.1:
            return self.of(I64)                                        # may be out of range
        return self.b.prim("imod", self.of(I64), self.b.size(size))

    def steps(self, n: int) -> None:
        flat = [self.arithmetic] * 4 + [self.entry] * 3 + [self.choice, self.integers, self.put, self.sum_arrays]
        deep = [self.loop] * 4 + [self.branch, self.bound] if self.depth > 0 else []
        for _ in range(n):
            self.rnd.choice(flat + deep)()

    def arithmetic(self) -> None:
        name = self.rnd.choice(["add", "mul", "sub", "neg", "sin", "max", "div", "powi"])
        if name == "powi":
            self.b.prim(name, self.of(F64), self.b.const(self.rnd.randrange(-1, 5), I64))
        else:
            self.b.prim(name, *[self.of(F64) for _ in range(1 if name in ("neg", "sin") else 2)])

    def entry(self) -> None:
        array = self.of(self.rnd.choice([VECTOR, VECTOR, OTHER, MATRIX]))
        t = self.b.type(array)
        args: list[Wire] = []
        while isinstance(t, Array) and (not args or self.rnd.random() < 0.7):
            args.append(self.index_into(t.size))
            t = t.item
        self.b.prim("index", array, *args)

    def choice(self) -> None:
        c = self.b.prim(self.rnd.choice(["lt", "eq", "ge"]), self.of(F64), self.of(F64))
        self.b.prim("select", c, self.of(F64), self.of(F64))

    def integers(self) -> None:
        self.b.prim(self.rnd.choice(["add", "sub", "mul"]), self.of(I64), self.of(I64))
        self.b.size(self.rnd.choice([N, M, N + M, N * M]))

    def put(self) -> None:
        array = self.of(self.rnd.choice([VECTOR, OTHER]))
        t = self.b.type(array)
        assert isinstance(t, Array)
        self.b.prim(self.rnd.choice(["update", "add_at"]), array, self.index_into(t.size), self.of(F64))

    def sum_arrays(self) -> None:
        t = self.rnd.choice([VECTOR, MATRIX])
        self.b.prim("add_at", self.of(t), self.of(t))

    def inner(self, captured: Sequence[Wire], indices: Indices) -> Program:
        p = Program(self.rnd, self.depth - 1, f"{self.prefix}{len(self.b.boxes)}_")
        for w in captured:
            p.b.input(self.b.wires[w])
        p.indices = [(captured.index(w), s) for w, s in indices if w in captured]
        return p

    def outside(self) -> list[Wire]:
        free = [w for w in range(len(self.b.wires)) if w not in self.busy]
        return list(dict.fromkeys([self.rnd.choice(free) for _ in range(min(5, len(free)))] +
                                  [w for w, _ in self.indices]))

    def map(self, t: Array) -> Wire:
        captured = self.outside() if self.b.wires else []
        p = self.inner(captured, self.indices)
        p.indices.append((p.b.input(I64), t.size))
        p.steps(self.rnd.randrange(3))
        return self.b.loop(t.size, p.b.net(p.of(t.item)), captured)[0]

    def loop(self) -> None:
        """Several carries, each of a kind, and several collected results."""
        size = self.rnd.choice([N, N, M, Size.of(1), Size.of(2)])
        captured = self.outside()
        p = self.inner(captured, self.indices)
        p.indices.append((p.b.input(I64), size))
        kinds = [self.rnd.choice(["state", "add", "into", "into", "same"]) for _ in range(self.rnd.randrange(3))]
        types: list[Type] = [self.rnd.choice([VECTOR, OTHER, MATRIX]) if k == "into" else F64 for k in kinds]
        inits = [self.into(t) if k == "into" else self.of(t) for k, t in zip(kinds, types, strict=True)]
        carried = [p.b.input(t) for t in types]
        p.busy.update(w for w, k in zip(carried, kinds, strict=True) if k != "state")
        p.steps(self.rnd.randrange(5))
        out = [p.step(k, w) for k, w in zip(kinds, carried, strict=True)]
        p.busy.update(w for w, k in zip(out, kinds, strict=True) if k != "state")
        out += [p.of(self.rnd.choice([F64, F64, OTHER])) for _ in range(self.rnd.randrange(3))]
        labels = [{"into": "add", "same": "state"}.get(k, k) for k in kinds]
        self.b.loop(size, p.b.net(*out), captured, inits, labels, self.rnd.random() < 0.3)

    def into(self, t: Type) -> Wire:
        return zero(self.b, t) if self.rnd.random() < 0.6 else self.of(t)

    def step(self, kind: str, carried: Wire) -> Wire:
        """What the body makes of a carry."""
        if kind == "same":
            return carried
        if kind == "into":
            return self.accumulate(carried)
        if kind == "add":
            total = self.b.prim("add", carried, self.of(F64))
            self.busy.add(total)
            return total
        return self.b.prim("add", self.b.prim("mul", carried, self.b.const(0.5)), self.of(F64))

    def accumulate(self, acc: Wire) -> Wire:
        """add_at once or twice, at an index, as a whole, or inside a loop."""
        for _ in range(self.rnd.randrange(1, 3)):
            t = self.b.type(acc)
            assert isinstance(t, Array)
            kind = self.rnd.random()
            if kind < 0.3 and self.depth > 0:
                acc = self.accumulate_inside(acc, t)
            elif kind < 0.4:
                acc = self.b.prim("add_at", acc, self.of(t))
            else:
                i = self.index_into(t.size)
                acc = self.b.prim("add_at", acc, i, self.of(t.item))
            self.busy.add(acc)
        return acc

    def accumulate_inside(self, acc: Wire, t: Array) -> Wire:
        size = t.item.size if isinstance(t.item, Array) and self.rnd.random() < 0.7 else t.size
        captured = self.outside()
        p = self.inner(captured, self.indices)
        j = p.b.input(I64)
        p.indices.append((j, size))
        inside = p.b.input(t)
        p.busy.add(inside)
        p.steps(self.rnd.randrange(3))
        if isinstance(t.item, Array) and size == t.item.size:
            out = p.b.prim("add_at", inside, p.index_into(t.size), j, p.of(F64))
        else:
            out = p.accumulate(inside)
        return self.b.loop(size, p.b.net(out), captured, [acc], ["add"])[0]

    def branch(self) -> None:
        captured = self.outside()
        c = self.b.prim("lt", self.of(F64), self.of(F64)) if self.rnd.random() < 0.8 else self.of(BOOL)
        result = [self.rnd.choice([F64, F64, VECTOR]) for _ in range(self.rnd.randrange(1, 3))]
        bubbles = []
        for _ in range(2):
            p = self.inner(captured, self.indices)
            p.steps(self.rnd.randrange(3))
            bubbles.append(p.b.net(*[p.of(t) for t in result]))
        self.b.box(IfOp(), [c, *captured], result, bubbles)

    def bound(self) -> None:
        """A size found while running, and a map over it, summed."""
        name = f"{self.prefix}{len(self.b.boxes)}"
        extent = self.b.size(self.rnd.choice([N - 1, N + M, Size.of(2)])) if self.rnd.random() < 0.6 else self.of(I64)
        self.b.box(BindSize(name, True), [extent], [])
        size = Size.var(name)
        captured = self.outside()
        p = self.inner(captured, self.indices)
        p.indices.append((p.b.input(I64), size))
        p.steps(3)
        (array,) = self.b.loop(size, p.b.net(p.of(F64)), captured)
        q = Builder()
        a, i, acc = q.input(Array(size, F64)), q.input(I64), q.input(F64)
        body = q.net(q.prim("add", acc, q.prim("index", a, i)))
        self.b.loop(size, body, [array], [self.b.const(0.0)], ["add"])
        self.busy.add(array)


def program(seed: int, steps: int = 12, depth: int = 2) -> Net:
    """A random net from SOURCE to some of its wires."""
    rnd = random.Random(seed)
    p = Program(rnd, depth, "k")
    p.b.sizes = ["n", "m"]
    for t in SOURCE:
        p.b.input(t)
    p.steps(steps)
    return p.b.net(*[p.of(t) for t in RESULTS], *[p.of(rnd.choice(RESULTS)) for _ in range(2)])
