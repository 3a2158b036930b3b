"""A function at fixed arguments, seen as a function of one flat vector: what SciPy's solvers work on.

    Bound(f, args, argnums)      place : vector → flat arguments of f        join : flat leaves → vector

The vector holds the float leaves of the chosen parameters, one after the other in the order of `types.type.flatten`;
integers among them stay as they were given. Laws: `flat(structured(v)) = v`, and `structured(start)` is the argument
itself. Vectors are fresh C-contiguous float64 arrays, also where leaves are f32.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catad.api.function import Function
from catad.api.transforms import Argnums, positions
from catad.api.values import Packing, dtype_of, unpack
from catad.source import CatadError, error
from catad.types.type import Prod, Scalar, Type, flatten, is_float, leaf

__all__ = ["Bound", "Vector", "View", "call", "join"]

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A float leaf: its place among the flat arguments, its dimensions (None for a scalar), its part of the vector."""

    at: int
    shape: tuple[int, ...] | None
    dtype: np.dtype[Any]
    start: int
    end: int

    def value(self, v: Vector) -> Any:
        """The leaf at this vector, as native code takes it."""
        if self.shape is None:
            return float(v[self.start])
        return v[self.start:self.end].reshape(self.shape).astype(self.dtype, copy=False)

    def batch(self, rows: Vector) -> Any:
        """The leaf at each row of a matrix, as an array with one more dimension."""
        part = rows[:, self.start:self.end].reshape(len(rows), *(self.shape or ()))
        return np.ascontiguousarray(part, dtype=self.dtype)


class Bound:
    """A function at arguments of which those that `argnums` chooses may move."""

    def __init__(self, f: Function, args: Sequence[Any], argnums: Argnums) -> None:
        if not isinstance(f, Function):
            raise error("E0609", f"this takes a catad function, made by catad.compile or catad.load; found "
                                 f"a {type(f).__name__}")
        self.function, self.argnums = f, argnums
        self.numbers = positions(f, "catad.scipy", argnums)
        packing = f.pack(f.bind(*args))
        self._given, self._classes = packing.flat, packing.classes
        ends = np.cumsum([0, *(len(list(flatten(t))) for _, t in f.entry.params)])
        self._spans = [(int(ends[k]), int(ends[k + 1])) for k in self.numbers]
        self.leaves = tuple(self._leaves())
        self.size = self.leaves[-1].end
        self.start = self.join(self._given[x.at] for x in self.leaves)

    def of(self, f: Function) -> Bound:
        """Another function of the same parameters at the same arguments."""
        other = copy.copy(self)
        other.function = f
        return other

    def given(self, at: int, value: Any) -> Bound:
        """With another value of the flat argument number `at`."""
        other = copy.copy(self)
        other._given = [*self._given[:at], value, *self._given[at + 1:]]
        return other

    @property
    def type(self) -> Type:
        """The type of what moves: one parameter, or a tuple of them."""
        types = tuple(self.function.entry.params[k][1] for k in self.numbers)
        return types[0] if self.single else Prod(types)

    @property
    def single(self) -> bool:
        return isinstance(self.argnums, (int, str))

    def _leaves(self) -> Iterable[Leaf]:
        start = 0
        for k, (first, _) in zip(self.numbers, self._spans, strict=True):
            for i, t in enumerate(flatten(self.function.entry.params[k][1]), first):
                if is_float(t):
                    scalar = leaf(t)
                    assert isinstance(scalar, Scalar)
                    given = self._given[i]
                    shape = given.shape if isinstance(given, np.ndarray) else None
                    end = start + math.prod(shape or ())
                    yield Leaf(i, shape, dtype_of(scalar), start, end)
                    start = end

    def vector(self, v: ArrayLike) -> Vector:
        """A vector of the right length, contiguous; a diagnostic for anything else."""
        try:
            a = np.ascontiguousarray(v, dtype=np.float64)
        except (TypeError, ValueError):
            raise self._misfit(f"found a {type(v).__name__}") from None
        if a.shape != (self.size,):
            raise self._misfit(f"found shape {list(a.shape)}")
        return a

    def _misfit(self, found: str) -> CatadError:
        names = ", ".join(f"`{self.function.entry.params[k][0]}`" for k in self.numbers)
        wanted = f"a vector of {self.size} numbers is wanted for {names}"
        return error("E0615", f"{self.function.__name__}: {wanted}; {found}",
                     notes=[f"the function is  {self.function.signature}"])

    def place(self, v: ArrayLike) -> list[Any]:
        """The flat arguments with this vector in place."""
        a, flat = self.vector(v), list(self._given)
        for x in self.leaves:
            flat[x.at] = x.value(a)
        return flat

    def tangent(self, v: ArrayLike) -> list[Any]:
        """The flat tangent that a vector is."""
        a = self.vector(v)
        return [x.value(a) for x in self.leaves]

    def tangents(self, rows: Vector) -> list[Any]:
        """The flat batch of tangents that the rows of a matrix are."""
        return [x.batch(rows) for x in self.leaves]

    def join(self, leaves: Iterable[Any]) -> Vector:
        """The vector of float leaves."""
        return join(leaves)

    def structured(self, v: ArrayLike) -> Any:
        """What the function would be given for this vector: numbers, arrays, records in the classes they came in."""
        flat = [x.copy() if isinstance(x, np.ndarray) else x for x in self.place(v)]
        moved = [flat[i] for first, end in self._spans for i in range(first, end)]
        return unpack(self.type, iter(moved), self._classes)

    def flat(self, value: Any) -> Vector:
        """The vector of a structured value, of the dimensions of the one given at first."""
        packing = Packing(self.function)
        packing.add(self.type, value, " ".join(self.function.entry.params[k][0] for k in self.numbers))
        floats = [x for x, t in zip(packing.flat, flatten(self.type), strict=True) if is_float(t)]
        shapes = [x.shape if isinstance(x, np.ndarray) else None for x in floats]
        if shapes != [x.shape for x in self.leaves]:
            raise self._misfit(f"found dimensions {shapes}, but {[x.shape for x in self.leaves]} were given first")
        return self.join(floats)


def join(leaves: Iterable[Any]) -> Vector:
    """The entries of flat values one after the other, as a fresh float64 vector."""
    parts = [np.ravel(x) for x in leaves]
    return np.concatenate(parts, dtype=np.float64) if parts else np.zeros(0)


def call(f: Function, flat: Sequence[Any]) -> list[Any]:
    """The flat results of a function at flat arguments in canonical form."""
    return list(f.engine.run(flat))


class View:
    """What SciPy's forms have in common: vectors that stand for the parameters that move."""

    def __init__(self, bound: Bound) -> None:
        self._bound = bound

    @property
    def n(self) -> int:
        """How many numbers move."""
        return self._bound.size

    def structured(self, v: ArrayLike) -> Any:
        """What a vector stands for, in the classes in which it was given."""
        return self._bound.structured(v)

    def flat(self, value: Any) -> Vector:
        """The vector of given parameters."""
        return self._bound.flat(value)
