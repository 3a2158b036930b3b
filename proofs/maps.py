"""Maps between objects, with the operations of a cartesian left additive category and its derivatives.

    f >> g   composition        f * g   product        f + g   sum        pair(f, g) = ⟨f, g⟩

and, for a kit of functors,

    R[f] : A ⊗ B → A        D[f] : A ⊗ A → B        D from R:  (ι₀ × 1) ; R[R[f]] ; π₁

so that laws are written as in Cockett et al., arXiv 1910.07065. Two maps are compared by their values at random
points, over the rationals where they are polynomial.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from catad.proofs.choice import Choice, number

from catad.functors.coefficients import unfold
from catad.functors.kit import Kit
from catad.functors.taylor import to_series
from catad.net import algebra
from catad.net.build import Builder
from catad.net.net import Net, SeriesPack, SeriesPart, Table, Wire
from catad.net.zero import zero as zero_wire
from catad.types.size import Size
from catad.types.type import Array, Type, dims

__all__ = [
    "Calculus", "Map", "Obj", "addition", "discard", "identity", "injection", "jet_object", "pair", "point", "project",
    "values", "zero",
]

Obj = tuple[Type, ...]


@dataclass(frozen=True, eq=False)
class Map:
    """A net of float wires."""

    net: Net

    @property
    def source(self) -> Obj:
        return self.net.source

    @property
    def target(self) -> Obj:
        return self.net.target

    def __rshift__(self, g: Map) -> Map:
        return Map(algebra.then(self.net, g.net))

    def __mul__(self, g: Map) -> Map:
        return Map(algebra.beside(self.net, g.net))

    def __add__(self, g: Map) -> Map:
        return pair(self, g) >> addition(self.target)


def identity(a: Obj) -> Map:
    return Map(algebra.identity(a))


def discard(a: Obj) -> Map:
    return Map(algebra.discard(a))


def project(objects: Sequence[Obj], *keep: int) -> Map:
    """From a product of objects to some of them, in this order: π's, exchanges, copies."""
    starts = [sum(map(len, objects[:k])) for k in range(len(objects))]
    wires = [starts[k] + j for k in keep for j in range(len(objects[k]))]
    return Map(algebra.permute([t for o in objects for t in o], wires))


def pair(f: Map, g: Map) -> Map:
    return Map(algebra.copy(f.source)) >> (f * g)


def addition(a: Obj) -> Map:
    """A ⊗ A → A."""
    b = Builder()
    left, right = [b.input(t) for t in a], [b.input(t) for t in a]
    return Map(b.net(*(b.prim("add_at" if isinstance(t, Array) else "add", x, y)
                       for t, x, y in zip(a, left, right, strict=True))))


def zero(a: Obj, b: Obj) -> Map:
    builder = Builder()
    for t in a:
        builder.input(t)
    return Map(builder.net(*(zero_wire(builder, t) for t in b)))


def injection(objects: Sequence[Obj], k: int) -> Map:
    """ι_k into the product of these objects: the k-th one, zeros beside it."""
    source = objects[k]
    b = Builder()
    ins = [b.input(t) for t in source]
    out: list[Wire] = []
    for j, o in enumerate(objects):
        out += ins if j == k else [zero_wire(b, t) for t in o]
    return Map(b.net(*out))


class Calculus:
    """The derivatives of maps by one kit. `nets` are those that maps call."""

    def __init__(self, kit: Kit, nets: Mapping[str, Net]) -> None:
        self.kit = kit
        self.nets = dict(nets)
        self._forward = kit.forward(self.nets, kit.rules)
        self._reverse = kit.reverse(self.nets, kit.rules)

    def R(self, f: Map) -> Map:
        """A ⊗ B → A: the two parts of the lens joined at the residual."""
        n = len(f.source)
        lens = self._reverse.lens(f.net, [True] * n, [True] * len(f.target), [False] * n)
        b = Builder()
        xs, ys = [b.input(t) for t in f.source], [b.input(t) for t in f.target]
        out = b.splice(lens.fwd, xs)
        given = [y for y, o in zip(ys, lens.outs, strict=True) if o]
        return Map(b.net(*b.splice(lens.bwd, [*out[len(ys):], *given])))

    def D(self, f: Map) -> Map:
        """A ⊗ A → B."""
        net, has = self._forward.derivative(f.net, [True] * len(f.source))
        b = Builder()
        out = b.splice(net, [b.input(t) for t in (*f.source, *f.source)])
        rest = iter(out[len(f.target):])
        return Map(b.net(*(next(rest) if h else zero_wire(b, t) for t, h in zip(f.target, has, strict=True))))

    def D_from_R(self, f: Map) -> Map:
        """(ι₀ × 1) ; R[R[f]] ; π₁  :  A ⊗ A → (A ⊗ B) ⊗ A → A ⊗ B → B."""
        a, b = f.source, f.target
        return (injection((a, b), 0) * identity(a)) >> self.R(self.R(f)) >> project((a, b), 1)

    def dagger(self, f: Map) -> Map:
        """f† = ι₁ ; R[f]  :  B → A, for linear f."""
        return injection((f.source, f.target), 1) >> self.R(f)

    def J(self, f: Map, order: int) -> Map:
        """The jet of f, A ⊗ A[k] → B ⊗ B[k], values and normalised coefficients; series inside."""
        taylor = self.kit.taylor(self.nets, order)
        image, shapes = taylor.net(f.net, [(False, True)] * len(f.source))
        b = Builder()
        xs = [b.input(t) for t in f.source]
        cs = [b.input(t) for t in jet_object(f.source, order)]
        packed = [b.box(SeriesPack(order), [x, c], [to_series(t, order)])[0]
                  for x, c, t in zip(xs, cs, f.source, strict=True)]
        ys, rows = [], []
        for w, t, shape in zip(b.splice(image, packed), f.target, shapes, strict=True):
            row = Array(Size.of(order), t)
            ys.append(b.box(SeriesPart("value"), [w], [t])[0] if shape[1] else w)
            rows.append(b.box(SeriesPart("coefficients"), [w], [row])[0] if shape[1] else zero_wire(b, row))
        return Map(b.net(*ys, *rows))

    def unfolded(self, f: Map) -> Map:
        """f with its series as coefficients."""
        return Map(unfold(f.net, self.nets, self.kit.coefficients, self.kit.rules))

    def table(self, f: Map) -> Table:
        return Table({**self.nets, "": f.net})


def jet_object(a: Obj, order: int) -> Obj:
    """A[k]: the coefficients 1 … k of a curve in A."""
    return tuple(Array(Size.of(order), t) for t in a)


def point(c: Choice, a: Obj) -> list[Any]:
    """Rational inputs."""
    out: list[Any] = []
    for t in a:
        shape = tuple(s.evaluate({}) for s in dims(t))
        if not shape:
            out.append(number(c))
            continue
        array = np.empty(shape, object)
        for i in np.ndindex(shape):
            array[i] = number(c)
        out.append(array)
    return out


def values(calculus: Calculus, f: Map, args: Sequence[Any], *, exact: bool) -> list[Any]:
    """The values of f as one flat list, of Fractions when `exact`, else of floats."""
    from catad.backends import exact as rationals
    from catad.backends import reference
    if exact:
        out = rationals.run(calculus.table(f), "", args)
    else:
        out = reference.run(calculus.table(f), "", [np.array(a, float) if isinstance(a, np.ndarray) else float(a)
                                                    for a in args])
    return [x for w in out for x in (w.ravel().tolist() if isinstance(w, np.ndarray) else [w])]
