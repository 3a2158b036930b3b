"""A right-hand side y′ = f t y … as `scipy.integrate.solve_ivp` wants it: fun and jac of (t, y), flat.

    RightHandSide: (t, v) ↦ fun, jac, jac_sparse
"""

from __future__ import annotations

import copy
from functools import cached_property
from typing import Any

from numpy.typing import ArrayLike

from catad.api.function import Function
from catad.api.transforms import positions
from catad.scipy.residuals import Residuals
from catad.scipy.vectors import Bound, Vector, View, call, join
from catad.source import error
from catad.types.type import F64, flatten, tangent

__all__ = ["RightHandSide", "ode"]

Name = int | str


def ode(f: Function, *args: Any, time: Name | None = 0, state: Name | None = None) -> RightHandSide:
    """The right-hand side that f is: `args` are all its arguments, with the time (any) and the initial state.

    `time` and `state` name parameters; by default the time comes first and the state next. An autonomous system has
    `time=None`, and its state comes first.

    >>> import catad, catad.scipy
    >>> from scipy.integrate import solve_ivp
    >>> f = catad.compile('''
    ...   def swing (t : f64) (s : {angle : f64, speed : f64}) (damping : f64) : {angle : f64, speed : f64} =
    ...     {angle = s.speed, speed = -(sin s.angle) - damping * s.speed}
    ... ''', entry="swing")
    >>> o = catad.scipy.ode(f, 0.0, {"angle": 1.0, "speed": 0.0}, 0.1)
    >>> o.jac(0.0, [0.0, 0.0]).round(9).tolist()
    [[0.0, 1.0], [-1.0, -0.1]]
    >>> path = solve_ivp(o.fun, (0.0, 10.0), o.y0, jac=o.jac, method="Radau", rtol=1e-8)
    >>> round(o.structured(path.y[:, -1])["angle"], 4)
    -0.5933
    """
    return RightHandSide(f, args, time, state)


class RightHandSide(View):
    """Made by `ode`. The state is a vector of `n` numbers."""

    def __init__(self, f: Function, args: tuple[Any, ...], time: Name | None, state: Name | None) -> None:
        super().__init__(Bound(f, args, (0 if time is None else 1) if state is None else state))
        self._at = None if time is None else _time(f, time)
        k = self._bound.numbers[0]
        x, t = f.entry.params[k]
        if tangent(t) != tangent(f.entry.result):
            raise error("E0616", f"{f.__name__}: the derivative of the state should have its type; "
                                 f"`{x}` is {t}, the result {f.entry.result}",
                        notes=[f"the function is  {f.signature}"], help=["state=… names another parameter"])
        self._residuals = Residuals(self._bound)

    @property
    def y0(self) -> Vector:
        """The initial state as a vector."""
        return self._bound.start.copy()

    def fun(self, t: float, y: ArrayLike) -> Vector:
        """y′ at time t."""
        flat = self._bound.place(y)
        if self._at is not None:
            flat[self._at] = float(t)
        return join(call(self._bound.function, flat))

    def jac(self, t: float, y: ArrayLike) -> Vector:
        """∂y′/∂y, dense."""
        return self._then(t).jac(y)

    def jac_sparse(self, t: float, y: ArrayLike) -> Any:
        """∂y′/∂y as a `csr_matrix`, for the implicit methods of `solve_ivp`."""
        _ = self._residuals.colors                          # found once, before copies are made
        return self._then(t).jac_sparse(y)

    @cached_property
    def sparsity(self) -> Any:
        """The pattern of the Jacobian: for `solve_ivp(…, jac_sparsity=…)`, or to look at."""
        return self._residuals.sparsity

    def _then(self, t: float) -> Residuals:
        """The right-hand side at one time; patterns and compiled code are shared."""
        if self._at is None:
            return self._residuals
        now = copy.copy(self._residuals)
        now._bound = self._bound.given(self._at, float(t))
        return now


def _time(f: Function, time: Name) -> int:
    """The place of the time among the flat arguments."""
    k = positions(f, "catad.scipy.ode", time)[0]
    if f.entry.params[k][1] != F64:
        raise error("E0616", f"{f.__name__}: the time should be one f64; `{f.entry.params[k][0]}` is "
                             f"{f.entry.params[k][1]}",
                    notes=[f"the function is  {f.signature}"], help=["time=None is for systems without one"])
    return sum(len(list(flatten(t))) for _, t in f.entry.params[:k])
