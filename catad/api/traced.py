"""Programs from Python functions: `@catad.function`.

    function f : Function          traced when it is first used; within other traced functions a call of f is a call
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from catad.api.function import Function
from catad.crash import internal
from catad.source import error

if TYPE_CHECKING:
    from catad.tracing.modules import Module

__all__ = ["Traced", "function"]


def function(f: Callable[..., Any]) -> Function:
    """A program from a Python function, whose annotations are the types of its parameters.

    The function runs once, on tracers, when it is first used; what it does with them is the program. Errors point
    into its Python source. docs/python.md says what such functions may do.

    Raises (when used) E0635 for its annotations, E0630 where Python would have to know a traced value, E0634 for
    values that are not of the language, and what the checker says of any program.

    >>> import catad, numpy as np
    >>> @catad.function
    ... def rosenbrock(x: catad.f64, y: catad.f64) -> catad.f64:
    ...     return (1 - x)**2 + 100 * (y - x**2)**2
    >>> rosenbrock(2.0, 3.0), catad.grad(rosenbrock)(2.0, 3.0)
    (101.0, 802.0)
    >>> @catad.function
    ... def energy(x: "[n]f64") -> catad.f64:
    ...     return catad.sum(np.sin(x[i]) * i for i in catad.range(x.shape[0]))
    >>> energy.signature
    'energy [n] (x : [n]f64) : f64'
    """
    if isinstance(f, Function):
        return f
    if not inspect.isfunction(f):
        raise error("E0635", f"catad.function takes a Python function; found a {type(f).__name__}")
    return Traced(f, sys._getframe(1).f_locals)


class Traced(Function):
    """A function written in Python; traced when something of it is first asked for."""

    def __init__(self, f: Callable[..., Any], local: Mapping[str, Any]) -> None:
        self.prepare_empty(f.__name__, f.__doc__)
        self.__wrapped__ = f
        words = " ".join(t for t in f.__annotations__.values() if isinstance(t, str))
        seen = {x: v for x, v in local.items() if x in words}
        self._scope = {**f.__globals__, **seen} if seen else f.__globals__
        self.defaults = {x: p.default for x, p in inspect.signature(f).parameters.items() if p.default is not p.empty}
        self._busy = False

    def __getattr__(self, name: str) -> Any:
        if name in ("_table", "_entry", "_sources", "_name", "_module") and "_busy" in self.__dict__:
            self._trace()
            return self.__dict__[name]
        raise AttributeError(f"a catad function has no attribute {name!r}")

    def _trace(self) -> None:
        from catad import pipeline
        from catad.tracing.definition import define
        f = self.__wrapped__
        with self._lock:
            if "_module" in self.__dict__:
                return
            if self._busy:
                raise error("E0208", f"`{self.__name__}` uses itself", help=["use catad.loop to repeat"])
            self._busy = True
            try:
                module, loader = define(f, self._scope)
                with internal(f"checking {self.__name__}", [module.file.source]):
                    table = pipeline.elaborate(pipeline.check(module.file, load=loader))
            finally:
                self._busy = False
            self.become(table, module.name, (module.file.source,))
            self._module = module

    def module(self) -> Module:
        """The definition as a tree that other traced functions import."""
        module: Module = self._module
        return module
