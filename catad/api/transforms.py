"""Derivatives as functions on functions: each takes a Function and gives a Function, so they compose in any order.

    grad f            : params → x̄                       f has one float result
    value_and_grad f  : params → (y, x̄)
    jvp f             : params, x′ → (y, y′)
    vjp f             : params, ȳ → (y, x̄)
    jet f k           : params, c → (y, d)               c, d : normalised Taylor coefficients 1 … k
    jacobian, hessian : params → arrays of partial derivatives
    hvp f             : params, v → H v
    vmap f            : arrays of params → arrays of results

`argnums` says with respect to which parameters (by position or by name): one of them for a derivative of its own
type, several for a tuple of such. The new parameters have names too; `signature` shows them.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any, cast

from catad.api.function import Function
from catad.crash import internal
from catad.net.build import Builder
from catad.source import CatadError, error
from catad.tracing.active import running
from catad.transforms import call
from catad.types.type import F32, F64, Prod, Type, flatten, is_float

__all__ = [
    "Argnums", "grad", "hessian", "hvp", "jacobian", "jet", "jvp", "part", "positions", "value_and_grad", "vjp", "vmap",
]

Argnums = int | str | Sequence[int | str]


def grad(f: Function, argnums: Argnums = 0) -> Function:
    """The gradient: for f with one float result, the derivative with respect to the chosen parameters.

    >>> import catad
    >>> f = catad.compile("def f (x : f64) (y : f64) : f64 = x * x * y", entry="f")
    >>> catad.grad(f)(3.0, 2.0), catad.grad(f, argnums="y")(3.0, 2.0), catad.grad(f, (0, 1))(3.0, 2.0)
    (12.0, 9.0, (12.0, 9.0))
    >>> catad.grad(catad.grad(f))(3.0, 2.0)
    4.0
    """
    return _derivative(f, "grad", argnums, scalar=True)


def value_and_grad(f: Function, argnums: Argnums = 0) -> Function:
    """Value and gradient in one pass.

    >>> import catad
    >>> f = catad.compile("def f (x : f64) : f64 = x * x", entry="f")
    >>> catad.value_and_grad(f)(3.0)
    (9.0, 6.0)
    """
    return _derivative(f, "value_and_grad", argnums, scalar=True)


def jvp(f: Function, argnums: Argnums | None = None) -> Function:
    """Forward derivative: takes the parameters, then a tangent of the chosen one, or a tuple for several.

    Without a choice, all parameters that carry derivatives are meant; likewise for `vjp` and `jet`.

    >>> import catad
    >>> f = catad.compile("def f (x : f64) (y : f64) : f64 = x * y", entry="f")
    >>> catad.jvp(f)(3.0, 2.0, (1.0, 0.0)), catad.jvp(f, 1)(3.0, 2.0, 1.0)
    ((6.0, 2.0), (6.0, 3.0))
    """
    return _derivative(f, "jvp", argnums)


def vjp(f: Function, argnums: Argnums | None = None) -> Function:
    """Reverse derivative: takes the parameters, then a cotangent of the result; gives the result and the pullback.

    >>> import catad
    >>> f = catad.compile("def f (x : f64) (y : f64) : (f64, f64) = (x * y, x)", entry="f")
    >>> catad.vjp(f)(3.0, 2.0, (1.0, 0.0))
    ((6.0, 3.0), (2.0, 3.0))
    """
    return _derivative(f, "vjp", argnums)


def jet(f: Function, order: int, argnums: Argnums | None = None) -> Function:
    """Taylor mode: takes the parameters, then the coefficients 1 … order of a curve through them.

    Coefficients are normalised (divided by k!); they are arrays with the order outermost.

    >>> import catad
    >>> f = catad.compile("def f (x : f64) : f64 = x * x * x", entry="f")
    >>> y, c = catad.jet(f, 3)(2.0, [1.0, 0.0, 0.0])
    >>> y, c.tolist()
    (8.0, [12.0, 6.0, 1.0])
    """
    if not isinstance(order, int) or isinstance(order, bool) or order < 0:
        raise error("E0609", f"jet takes an order, an integer from 0 on; found {order!r}")
    return _derivative(f, "jet", argnums, order=order)


def jacobian(f: Function, argnums: Argnums = 0) -> Function:
    """All partial derivatives: dimensions of the result first, then those of the parameter.

    >>> import catad
    >>> f = catad.compile("def f (x : [2]f64) : [2]f64 = [x[0] * x[1], x[0]]", entry="f")
    >>> catad.jacobian(f)([3.0, 2.0]).tolist()
    [[2.0, 3.0], [1.0, 0.0]]
    """
    return _derivative(f, "jacobian", argnums)


def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """All second partial derivatives of a function with one float result.

    >>> import catad
    >>> f = catad.compile("def f (x : [2]f64) : f64 = x[0] * x[0] * x[1]", entry="f")
    >>> catad.hessian(f)([3.0, 2.0]).tolist()
    [[4.0, 6.0], [6.0, 0.0]]
    """
    return _derivative(f, "hessian", argnums, scalar=True)


def hvp(f: Function, argnums: Argnums = 0) -> Function:
    """Hessian times vector: takes the parameters, then the vector.

    >>> import catad
    >>> f = catad.compile("def f (x : [2]f64) : f64 = x[0] * x[0] * x[1]", entry="f")
    >>> catad.hvp(f)([3.0, 2.0], [1.0, 0.0]).tolist()
    [4.0, 6.0]
    """
    return _derivative(f, "hvp", argnums, scalar=True)


def vmap(f: Function, in_axes: int | Sequence[int | None] | None = 0) -> Function:
    """The function over a batch: a new outermost dimension on the parameters with axis 0, none on those with None.

    >>> import catad
    >>> f = catad.compile("def f (x : f64) (y : f64) : f64 = x * y", entry="f")
    >>> catad.vmap(f, in_axes=(0, None))([1.0, 2.0], 10.0).tolist()
    [10.0, 20.0]
    """
    if running.get() is not None and callable(f):
        from catad.tracing.derivatives import batched
        return cast(Function, batched(f, in_axes if isinstance(in_axes, Sequence) else (in_axes,)))
    _function(f, "vmap")
    params = f.entry.params
    axes = tuple(in_axes) if isinstance(in_axes, Sequence) else (in_axes,) * len(params)
    if len(axes) != len(params):
        raise _error(f, f"vmap needs an axis (0 or None) for each of {len(params)} parameters; found {len(axes)}")
    if any(a is not None and (type(a) is not int or a != 0) for a in axes):
        raise _error(f, f"vmap batches the outermost dimension only: axes are 0 or None, not {in_axes!r}",
                     "transpose the argument, or write the loop in the program: for i < n -> …")
    if all(a is None for a in axes):
        raise _error(f, "vmap needs at least one parameter with axis 0")
    return _make(f, "vmap", {"in_axes": tuple(a is not None for a in axes)})


def part(f: Function, k: int) -> Function:
    """One component of a function into a tuple; what only the others need is not computed.

    >>> import catad
    >>> f = catad.compile("def f (x : f64) : (f64, f64) = (exp x, x * x)", entry="f")
    >>> part(f, 1)(3.0), part(f, 1).ops()
    (9.0, {'mul': 1})
    """
    def make() -> Function:
        t = f.entry.result
        assert isinstance(t, Prod)
        name = f"part[{k}] {f.key}"
        b = Builder()
        b.sizes.extend(f.entry.sizes)
        out = call(b, f.key, f.entry, [b.input(w) for _, p in f.entry.params for w in flatten(p)])
        ends = list(itertools.accumulate((len(list(flatten(i))) for i in t.items), initial=0))
        entry = dataclasses.replace(f.entry, result=t.items[k])
        net = b.net(*out[ends[k]:ends[k + 1]])
        table = dataclasses.replace(f.table, nets={**f.table.nets, name: net}, entries={**f.table.entries, name: entry})
        return Function(table, name, backend=f._backend, sources=f.sources, shown=f.__name__)

    return f._derive(("part", k), make)


# ── what they have in common ───────────────────────────────────────────────────────────────────────────────────

def _derivative(f: Function, kind: str, argnums: Argnums | None, *, scalar: bool = False,
                order: int | None = None) -> Function:
    if running.get() is not None and callable(f):
        from catad.tracing.derivatives import Derived
        return cast(Function, Derived(kind, f, argnums))
    _function(f, kind)
    if scalar and f.entry.result not in (F64, F32):
        raise error("E0610", f"{kind} needs a function with one float result; {f.__name__} gives {f.entry.result}",
                    notes=[f"the function is  {f.signature}"],
                    help=["vjp takes a cotangent for any result, jacobian gives all partial derivatives"])
    numbers = positions(f, kind, argnums)
    single = isinstance(argnums, (int, str)) or (argnums is None and len(numbers) == 1)
    options: dict[str, Any] = {"argnums": numbers, "single": single}
    if order is not None:
        options["order"] = order
    return _make(f, kind, options)


def _make(f: Function, kind: str, options: dict[str, Any]) -> Function:
    """The function made by `pipeline.derive`, once for each way of asking."""
    def make() -> Function:
        from catad import pipeline
        with internal(f"deriving {kind} of {f.__name__}", f.sources):
            table, name = pipeline.derive(f.table, f.key, kind, **options)
        entry = dataclasses.replace(table.entries[name], doc=_doc(f, kind, options))
        table = dataclasses.replace(table, entries={**table.entries, name: entry})
        made = Function(table, name, backend=f.backend, sources=f.sources,
                        shown=f"{kind}{options.get('order', '')}_{f.__name__}")
        made.defaults = f.defaults if kind != "vmap" else {}
        return made

    return f._derive((kind, *sorted(options.items())), make)


_WORDS = {"grad": "Gradient", "value_and_grad": "Value and gradient", "jvp": "Value and forward derivative",
          "vjp": "Value and reverse derivative", "jet": "Value and Taylor coefficients", "jacobian": "Jacobian",
          "hessian": "Hessian", "hvp": "Hessian times vector", "vmap": "Batch"}


def _doc(f: Function, kind: str, options: dict[str, Any]) -> str:
    """`Gradient of loss by w, b`"""
    by = ", ".join(f.entry.params[k][0] for k in options.get("argnums", ()))
    return f"{_WORDS[kind]} of {f.__name__}" + (f" by {by}" if by and len(f.entry.params) > 1 else "")


def _function(f: object, kind: str) -> None:
    if not isinstance(f, Function):
        raise error("E0609", f"{kind} takes a catad function, made by catad.compile or catad.load; found "
                             f"a {type(f).__name__}")


def positions(f: Function, kind: str, argnums: Argnums | None) -> tuple[int, ...]:
    """The chosen parameters as positions; without a choice, all that carry derivatives."""
    params = f.entry.params
    if argnums is None:
        numbers = tuple(k for k, (_, t) in enumerate(params) if differentiable(t))
        if not numbers:
            raise _error(f, f"{kind}: no parameter of {f.__name__} carries a derivative")
        return numbers
    chosen = [argnums] if isinstance(argnums, (int, str)) else list(argnums)
    numbers = tuple(_position(f, kind, a) for a in chosen)
    if not numbers or len(set(numbers)) != len(numbers):
        raise _error(f, f"{kind}: argnums should name different parameters; found {argnums!r}")
    for k in numbers:
        x, t = params[k]
        if not differentiable(t):
            raise _error(f, f"{kind}: `{x}` has type {t}, through which no derivative flows")
    return numbers


def _position(f: Function, kind: str, a: int | str) -> int:
    names = [x for x, _ in f.entry.params]
    if isinstance(a, str) and a in names:
        return names.index(a)
    if isinstance(a, int) and not isinstance(a, bool) and -len(names) <= a < len(names):
        return a % len(names)
    known = ", ".join(f"{k} `{x}`" for k, x in enumerate(names))
    raise _error(f, f"{kind}: {f.__name__} has no parameter {a!r}", f"it has {known}" if known else None)


def differentiable(t: Type) -> bool:
    """Has the type a leaf that carries derivatives?"""
    return any(is_float(w) for w in flatten(t))


def _error(f: Function, title: str, help: str | None = None) -> CatadError:
    return error("E0609", title, notes=[f"the function is  {f.signature}"], help=[help] if help else [])
