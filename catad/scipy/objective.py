"""A function with one float result as `scipy.optimize.minimize` wants it.

    Objective: v ↦ fun, jac, hess, (v, p) ↦ hessp            v flat, exact derivatives, compiled at their first use
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from catad.api import transforms
from catad.api.function import Function
from catad.api.transforms import Argnums
from catad.scipy.vectors import Bound, Vector, View, call
from catad.source import error
from catad.types.type import F32, F64

if TYPE_CHECKING:
    from catad.scipy.residuals import Residuals

__all__ = ["Objective", "objective"]


def objective(f: Function, *args: Any, argnums: Argnums = 0) -> Objective:
    """The objective that f is in the parameters `argnums`, started at the arguments given, the others fixed.

    >>> import catad, catad.scipy
    >>> from scipy.optimize import minimize
    >>> f = catad.compile('''
    ...   def rosen (p : {x : f64, y : f64}) (a : f64) : f64 = (1 - p.x)^2 + a * (p.y - p.x^2)^2
    ... ''', entry="rosen")
    >>> o = catad.scipy.objective(f, {"x": -1.2, "y": 1.0}, 100.0)
    >>> o.x0, round(o.fun(o.x0), 9), o.jac(o.x0)
    (array([-1.2,  1. ]), 24.2, array([-215.6,  -88. ]))
    >>> best = minimize(o.fun, o.x0, jac=o.jac, hess=o.hess, method="trust-exact", options={"gtol": 1e-12})
    >>> {name: round(value, 9) for name, value in o.structured(best.x).items()}
    {'x': 1.0, 'y': 1.0}
    >>> minimize(o.fun_and_jac, o.x0, jac=True, method="L-BFGS-B").success
    True
    """
    return Objective(Bound(f, args, argnums))


class Objective(View):
    """Made by `objective`. Every method takes a vector of `n` numbers and gives fresh float64 values."""

    def __init__(self, bound: Bound) -> None:
        f = bound.function
        if f.entry.result not in (F64, F32):
            raise error("E0610", f"an objective has one float result; {f.__name__} gives {f.entry.result}",
                        notes=[f"the function is  {f.signature}"],
                        help=["catad.scipy.residuals is for functions into vectors"])
        super().__init__(bound)

    @property
    def x0(self) -> Vector:
        """The arguments given, as a vector."""
        return self._bound.start.copy()

    def fun(self, v: ArrayLike) -> float:
        """The value."""
        return float(call(self._bound.function, self._bound.place(v))[0])

    def jac(self, v: ArrayLike) -> Vector:
        """The gradient, by reverse mode."""
        return self._bound.join(call(self._gradient, self._bound.place(v)))

    def fun_and_jac(self, v: ArrayLike) -> tuple[float, Vector]:
        """Value and gradient in one pass: for `minimize(…, jac=True)`."""
        value, *gradient = call(self._both, self._bound.place(v))
        return float(value), self._bound.join(gradient)

    value_and_grad = fun_and_jac

    def hessp(self, v: ArrayLike, p: ArrayLike) -> Vector:
        """The Hessian times a vector, forward over reverse."""
        return self._bound.join(call(self._product, [*self._bound.place(v), *self._bound.tangent(p)]))

    def hess(self, v: ArrayLike) -> Vector:
        """The Hessian, dense."""
        return _square(call(self._hessian, self._bound.place(v)), [x.end - x.start for x in self._bound.leaves])

    def hess_operator(self, v: ArrayLike) -> Any:
        """The Hessian as a `scipy.sparse.linalg.LinearOperator`."""
        from scipy.sparse.linalg import LinearOperator
        at = self._bound.vector(v).copy()

        def times(p: Any) -> Vector:
            return self.hessp(at, np.ravel(p))

        return LinearOperator((self.n, self.n), matvec=times, rmatvec=times, dtype=np.float64)

    @cached_property
    def gradient(self) -> Residuals:
        """The gradient as a function into vectors: for `root`, and for sparse Hessians."""
        from catad.scipy.residuals import Residuals
        return Residuals(self._bound.of(self._gradient))

    @property
    def hess_sparsity(self) -> Any:
        """The pattern of the Hessian, conservative: a `csr_matrix` of truth values."""
        return self.gradient.sparsity

    def hess_sparse(self, v: ArrayLike) -> Any:
        """The Hessian as a `scipy.sparse.csr_matrix`: as many products as the pattern needs colours.

        >>> import catad, catad.scipy
        >>> f = catad.compile("def f [n] (x : [n]f64) : f64 = sum (for i < n - 1 -> (x[i + 1] - x[i]^2)^2)", entry="f")
        >>> o = catad.scipy.objective(f, [1.0, 2.0, 3.0, 4.0])
        >>> o.hess_sparse(o.x0).toarray()
        array([[  4.,  -4.,   0.,   0.],
               [ -4.,  38.,  -8.,   0.],
               [  0.,  -8.,  94., -12.],
               [  0.,   0., -12.,   2.]])
        """
        return self.gradient.jac_sparse(v)

    @cached_property
    def _gradient(self) -> Function:
        return transforms.grad(self._bound.function, self._bound.argnums)

    @cached_property
    def _both(self) -> Function:
        return transforms.value_and_grad(self._bound.function, self._bound.argnums)

    @cached_property
    def _product(self) -> Function:
        return transforms.hvp(self._bound.function, self._bound.argnums)

    @cached_property
    def _hessian(self) -> Function:
        return transforms.hessian(self._bound.function, self._bound.argnums)


def _square(blocks: list[Any], sizes: list[int]) -> Vector:
    """The matrix whose blocks, row by row, are the leaves of a derivative by a derivative."""
    k = len(sizes)
    rows = [[np.reshape(blocks[k * i + j], (m, n)) for j, n in enumerate(sizes)] for i, m in enumerate(sizes)]
    return np.array(np.block(rows), dtype=np.float64, order="C")
