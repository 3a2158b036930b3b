"""A function into vectors as `scipy.optimize.least_squares` and `root` want it.

    Residuals: v ↦ fun, jac, jac_sparse       (v, p) ↦ jvp       (v, w) ↦ vjp, hess        (hess: of w · fun)

The dense Jacobian is pushed forward column by column or pulled back row by row, whichever is less; the sparse one is
pushed forward one colour at a time (`coloring`), by the pattern that `pattern` reads off the net.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from catad.api import transforms
from catad.api.function import Function
from catad.api.transforms import Argnums
from catad.scipy.vectors import Bound, Vector, View, call, join
from catad.source import error
from catad.types.type import flatten, is_float

__all__ = ["Residuals", "residuals"]


def residuals(f: Function, *args: Any, argnums: Argnums = 0) -> Residuals:
    """The vector that f is in the parameters `argnums`, started at the arguments given, the others fixed.

    >>> import catad, catad.scipy
    >>> from scipy.optimize import least_squares
    >>> f = catad.compile('''
    ...   def miss [n] (line : (f64, f64)) (x : [n]f64) (y : [n]f64) : [n]f64 =
    ...     for i < n -> line.0 * x[i] + line.1 - y[i]
    ... ''', entry="miss")
    >>> r = catad.scipy.residuals(f, (0.0, 0.0), [0.0, 1.0, 2.0], [1.0, 3.0, 5.0])
    >>> r.jac(r.x0).tolist()
    [[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]]
    >>> fit = least_squares(r.fun, r.x0, jac=r.jac)
    >>> [round(z, 9) for z in r.structured(fit.x)]
    [2.0, 1.0]
    """
    return Residuals(Bound(f, args, argnums))


class Residuals(View):
    """Made by `residuals`. Vectors have `n` numbers, results `m`, fresh and contiguous in float64."""

    def __init__(self, bound: Bound) -> None:
        super().__init__(bound)
        floats = [is_float(t) for t in flatten(bound.function.entry.result)]
        if not any(floats):
            f = bound.function
            raise error("E0610", f"residuals are floats; {f.__name__} gives {f.entry.result}",
                        notes=[f"the function is  {f.signature}"])
        self._floats = floats

    @property
    def x0(self) -> Vector:
        """The arguments given, as a vector."""
        return self._bound.start.copy()

    @cached_property
    def m(self) -> int:
        """How many numbers come out."""
        return len(self.fun(self._bound.start))

    # ── values and products ────────────────────────────────────────────────────────────────────────────────────

    def fun(self, v: ArrayLike) -> Vector:
        """The residuals, all leaves of the result one after the other."""
        out = call(self._bound.function, self._bound.place(v))
        return join(x for x, is_one in zip(out, self._floats, strict=True) if is_one)

    def jvp(self, v: ArrayLike, p: ArrayLike) -> Vector:
        """The Jacobian times p."""
        return join(call(self._push, [*self._bound.place(v), *self._bound.tangent(p)]))

    def vjp(self, v: ArrayLike, w: ArrayLike) -> Vector:
        """The transposed Jacobian times w."""
        return join(call(self._pull, [*self._bound.place(v), *self._cotangent(w)]))

    def fun_and_jac(self, v: ArrayLike) -> tuple[Vector, Vector]:
        """Value and Jacobian: for `root(…, jac=True)`."""
        return self.fun(v), self.jac(v)

    def jac_operator(self, v: ArrayLike) -> Any:
        """The Jacobian as a `scipy.sparse.linalg.LinearOperator`, for `least_squares(…, tr_solver="lsmr")`."""
        from scipy.sparse.linalg import LinearOperator
        at = self._bound.vector(v).copy()
        return LinearOperator((self.m, self.n), matvec=lambda p: self.jvp(at, np.ravel(p)),
                              rmatvec=lambda w: self.vjp(at, np.ravel(w)), dtype=np.float64)

    # ── matrices ───────────────────────────────────────────────────────────────────────────────────────────────

    def jac(self, v: ArrayLike) -> Vector:
        """The Jacobian, dense, [m, n]."""
        if self.n <= self.m:
            return np.ascontiguousarray(self._pushed(v, np.eye(self.n)).T)
        return self._pulled(v, np.eye(self.m))

    def hess(self, v: ArrayLike, w: ArrayLike) -> Vector:
        """Σ w_k · (Hessian of residual k), [n, n]: for `NonlinearConstraint`, and for Newton's method on squares."""
        flat = [*self._bound.place(v), *self._cotangent(w)]
        return _rows(call(self._second, [*flat, *self._bound.tangents(np.eye(self.n))]), self.n)

    @cached_property
    def sparsity(self) -> Any:
        """Which results may depend on which parameters: a `csr_matrix` of truth values, read off the net.

        Conservative: what is not there is zero for all values of the parameters (integers and sizes as given).
        """
        from catad.scipy.pattern import jacobian_pattern
        return jacobian_pattern(self._bound, self.m)

    @cached_property
    def colors(self) -> Any:
        """A colour for each parameter: no two of one colour meet in a row."""
        from catad.scipy.coloring import color
        return color(self.sparsity)

    def jac_sparse(self, v: ArrayLike) -> Any:
        """The Jacobian as a `csr_matrix`, from one forward product for each colour.

        >>> import catad, catad.scipy
        >>> f = catad.compile("def f [n] (x : [n]f64) : [n-1]f64 = for i < n - 1 -> x[i] * x[i + 1]", entry="f")
        >>> r = catad.scipy.residuals(f, [1.0, 2.0, 3.0, 4.0])
        >>> int(r.colors.max()) + 1, r.jac_sparse(r.x0).toarray().tolist()
        (2, [[2.0, 1.0, 0.0, 0.0], [0.0, 3.0, 2.0, 0.0], [0.0, 0.0, 4.0, 3.0]])
        """
        from catad.scipy.coloring import expand, seeds
        return expand(self.sparsity, self.colors, self._pushed(v, seeds(self.colors)))

    # ── the functions behind ───────────────────────────────────────────────────────────────────────────────────

    def _pushed(self, v: ArrayLike, rows: Vector) -> Vector:
        """The Jacobian times each row of a matrix, as rows."""
        return _rows(call(self._pushes, [*self._bound.place(v), *self._bound.tangents(rows)]), len(rows))

    def _pulled(self, v: ArrayLike, rows: Vector) -> Vector:
        """Each row of a matrix times the Jacobian, as rows."""
        shapes, ends = self._shapes
        batch = [np.ascontiguousarray(rows[:, a:b].reshape(len(rows), *s), dtype=d)
                 for (s, d), a, b in zip(shapes, ends, ends[1:], strict=False)]
        return _rows(call(self._pulls, [*self._bound.place(v), *batch]), len(rows))

    def _cotangent(self, w: ArrayLike) -> list[Any]:
        shapes, ends = self._shapes
        a = np.ascontiguousarray(w, dtype=np.float64)
        if a.shape != (ends[-1],):
            raise error("E0615", f"{self._bound.function.__name__}: a vector of {ends[-1]} numbers is wanted, one for "
                                 f"each result; found shape {list(a.shape)}")
        return [a[i:j].reshape(s).astype(d, copy=False) if s else float(a[i])
                for (s, d), i, j in zip(shapes, ends, ends[1:], strict=False)]

    @cached_property
    def _shapes(self) -> tuple[list[tuple[tuple[int, ...], np.dtype[Any]]], list[int]]:
        """Dimensions and kind of each float leaf of the result, and where they end in the vector."""
        out = call(self._bound.function, self._bound.place(self._bound.start))
        leaves = [np.asarray(x) for x, is_one in zip(out, self._floats, strict=True) if is_one]
        ends = np.cumsum([0, *(x.size for x in leaves)])
        return [(x.shape, x.dtype) for x in leaves], [int(k) for k in ends]

    def _vmapped(self, f: Function) -> Function:
        """Over a batch of the last parameter."""
        axes: list[int | None] = [None] * (len(f.entry.params) - 1)
        return transforms.vmap(f, in_axes=(*axes, 0))

    @cached_property
    def _push(self) -> Function:
        return transforms.part(transforms.jvp(self._bound.function, self._bound.argnums), 1)

    @cached_property
    def _pull(self) -> Function:
        return transforms.part(transforms.vjp(self._bound.function, self._bound.argnums), 1)

    @cached_property
    def _pushes(self) -> Function:
        return self._vmapped(self._push)

    @cached_property
    def _pulls(self) -> Function:
        return self._vmapped(self._pull)

    @cached_property
    def _second(self) -> Function:
        """Forward over reverse, over a batch of tangents."""
        return self._vmapped(transforms.part(transforms.jvp(self._pull, self._bound.argnums), 1))


def _rows(leaves: list[Any], count: int) -> Vector:
    """A batch of leaves as a matrix with one row for each."""
    parts = [np.asarray(x, dtype=np.float64).reshape(count, -1) for x in leaves]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
