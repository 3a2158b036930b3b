"""NumPy's functions on traced values: each is an operation of the language of another name, or refused.

    np.arcsin(x) ↦ asin x      np.sum(x, axis=0) ↦ map sum (transpose x)      scipy.special.gammaln(x) ↦ lgamma x
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from catad.source import error
from catad.tracing import control
from catad.tracing.library import call, math
from catad.tracing.operators import binary, mapped, rank, unary
from catad.tracing.trace import Trace
from catad.tracing.tracer import Tracer
from catad.types.builtins import BUILTINS
from catad.types.check import prelude
from catad.types.context import suggest

__all__ = ["function_call", "instead", "method", "ufunc_call"]

_OPERATORS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "floor_divide": "//",
    "remainder": "%", "mod": "%", "power": "**", "float_power": "**", "matmul": "@", "equal": "==", "not_equal": "!=",
    "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "logical_and": "&", "logical_or": "|",
    "logical_xor": "^", "bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^", "left_shift": "<<",
    "right_shift": ">>"}
_UNARY = {"negative": "-", "positive": "+", "absolute": "abs", "fabs": "abs", "logical_not": "~", "invert": "~",
          "bitwise_not": "~", "bitwise_invert": "~"}
_NAMES = {
    **{x: x for x in ("sqrt", "cbrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh",
                      "hypot", "sign", "floor", "ceil", "trunc", "isnan", "isinf", "erf", "erfc", "gamma")},
    **{f"arc{x}": f"a{x}" for x in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{x: x for x in ("asin", "acos", "atan", "asinh", "acosh", "atanh", "atan2")},
    "arctan2": "atan2", "rint": "round", "maximum": "max", "minimum": "min", "gammaln": "lgamma", "psi": "digamma",
    "expit": "sigmoid"}
_FORMULAS: MappingProxyType[str, Callable[..., Any]] = MappingProxyType({
    "square": lambda t, x: x * x, "reciprocal": lambda t, x: 1.0 / x, "exp2": lambda t, x: 2.0 ** x,
    "log2": lambda t, x: call(t, "log", x) / call(t, "log", 2.0), "conjugate": lambda t, x: x,
    "log10": lambda t, x: call(t, "log", x) / call(t, "log", 10.0),
    "deg2rad": lambda t, x: x * (3.141592653589793 / 180), "rad2deg": lambda t, x: x * (180 / 3.141592653589793),
    "isfinite": lambda t, x: ~(call(t, "isnan", x) | call(t, "isinf", x)),
    "heaviside": lambda t, x, h: control.where(x < 0, 0.0, control.where(x > 0, 1.0, h))})
_STANDARD = {"logaddexp": "special", "xlogy": "special", "xlog1py": "special", "entr": "special", "logit": "special",
             "log_expit": "special", "exprel": "special", "erfinv": "special", "erfcinv": "special"}


def ufunc_call(trace: Trace, ufunc: Any, method: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """`ufunc(*args)`. Raises E0636 for one that has no meaning here, or for options."""
    name = str(ufunc.__name__).removeprefix("_")
    if method != "__call__" or kwargs:
        what = f"np.{name}.{method}" if method != "__call__" else f"the option {next(iter(kwargs))} of np.{name}"
        raise _unknown(trace, what)
    if name in _OPERATORS:
        return binary(trace, _OPERATORS[name], *args)
    if name in _UNARY:
        return unary(trace, _UNARY[name], *args)
    if name in _NAMES and name != "gamma":
        return call(trace, _NAMES[name], *args)
    if name in _FORMULAS:
        return _FORMULAS[name](trace, *args)
    if name in _STANDARD or name == "gamma":
        return getattr(math.special, name)(*args)
    raise _unknown(trace, f"np.{name}")


def _unknown(trace: Trace, what: str) -> Exception:
    return error("E0636", f"{what} is not available in traced functions", trace.sites.here(), "used here",
                 help=["catad.math has all functions of the language; `dir(catad.math)` lists them"])


# ── functions of arrays ────────────────────────────────────────────────────────────────────────────────────────

def _reduce(row: str) -> Callable[..., Any]:
    def reduce(trace: Trace, a: Any, axis: int | None = None) -> Any:
        return control.reduced(trace, row, a, axis, trace.sites.here())
    return reduce


def _count(trace: Trace, a: Any, axis: int | None) -> Any:
    sizes = a.shape
    if axis is not None:
        return sizes[axis]
    total = sizes[0]
    for n in sizes[1:]:
        total = total * n
    return total


def _mean(trace: Trace, a: Any, axis: int | None = None) -> Any:
    return _reduce("sum")(trace, a, axis) / _count(trace, a, axis)


def _var(trace: Trace, a: Any, axis: int | None = None) -> Any:
    if axis is not None and rank(a) > 1:
        raise _unknown(trace, "np.var over a dimension")
    d = a - _mean(trace, a)
    return _mean(trace, d * d)


def _std(trace: Trace, a: Any, axis: int | None = None) -> Any:
    return call(trace, "sqrt", _var(trace, a, axis))


def _norm(trace: Trace, x: Any) -> Any:
    return call(trace, "norm", x) if rank(x) == 1 else call(trace, "sqrt", control.sum(x * x))


def _clip(trace: Trace, a: Any, a_min: Any, a_max: Any) -> Any:
    return call(trace, "min", call(trace, "max", a, a_min), a_max)


def _concatenate(trace: Trace, arrays: Sequence[Any], axis: int = 0) -> Any:
    if axis != 0:
        raise _unknown(trace, "np.concatenate along another dimension than the first")
    out = arrays[0]
    for a in arrays[1:]:
        out = call(trace, "concat", out, a)
    return out


def _diag(trace: Trace, v: Any) -> Any:
    return call(trace, "diagonal", v) if rank(v) == 2 else math.linear.diag(v)


def _full(value: float) -> Callable[..., Any]:
    def full(trace: Trace, a: Any) -> Any:
        zeros = [a]
        return mapped(trace, lambda x: value if rank(x) == 0 else full(trace, x), zeros, trace.sites.here())
    return full


def _dot(trace: Trace, a: Any, b: Any) -> Any:
    return binary(trace, "@" if rank(a) and rank(b) else "*", a, b)


def _named(name: str) -> Callable[..., Any]:
    return lambda trace, a: call(trace, name, a)


def _where(trace: Trace, condition: Any, x: Any, y: Any) -> Any:
    return control.where(condition, x, y)


def _linear(name: str) -> Callable[..., Any]:
    def function(trace: Trace, *args: Any) -> Any:
            return getattr(math.linear, name)(*args)
    return function


_FUNCTIONS: MappingProxyType[str, Callable[..., Any]] = MappingProxyType({
    **{x: _reduce(row) for x, row in (("sum", "sum"), ("prod", "product"), ("max", "maximum"), ("amax", "maximum"),
                                      ("min", "minimum"), ("amin", "minimum"), ("all", "all"), ("any", "any"),
                                      ("argmax", "argmax"), ("argmin", "argmin"))},
    "mean": _mean, "var": _var, "std": _std, "linalg.norm": _norm, "clip": _clip, "concatenate": _concatenate,
    "dot": _dot, "vdot": _dot, "inner": _dot, "matmul": _dot, "diag": _diag, "where": _where,
    "zeros_like": _full(0.0), "ones_like": _full(1.0), "stack": lambda trace, arrays: control.stacked(arrays),
    **{x: _named(y) for x, y in (("cumsum", "cumsum"), ("cumprod", "cumprod"), ("sort", "sort"),
                                 ("argsort", "argsort"), ("transpose", "transpose"), ("ravel", "flatten"),
                                 ("flip", "reverse"), ("trace", "trace_"), ("diagonal", "diagonal"),
                                 ("round", "round"), ("around", "round"))},
    "outer": lambda trace, a, b: call(trace, "outer", a, b), "copy": lambda trace, a: a,
    "shape": lambda trace, a: a.shape, "ndim": lambda trace, a: rank(a),
    "size": lambda trace, a: _count(trace, a, None),
    "linalg.solve": _linear("solve"), "linalg.inv": _linear("inverse"), "linalg.det": _linear("det"),
    "linalg.slogdet": _linear("slogdet"), "linalg.cholesky": _linear("cholesky"), "cross": _linear("cross"),
    "kron": _linear("kron")})
_METHODS = frozenset({"sum", "prod", "max", "min", "all", "any", "argmax", "argmin", "mean", "var", "std", "dot",
                      "clip", "cumsum", "cumprod", "transpose", "ravel", "diagonal", "trace", "round", "copy"})


def function_call(trace: Trace, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """A NumPy function of arrays. Raises E0636 for one that has no meaning here, or for options that have none."""
    module = str(getattr(function, "__module__", "")).removeprefix("numpy").removeprefix(".")
    name = ".".join(x for x in (module, function.__name__) if x and not x.startswith("_"))
    if name not in _FUNCTIONS:
        raise _unknown(trace, f"np.{name}")
    return _with_options(trace, name, args, kwargs)


def _with_options(trace: Trace, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    implementation = _FUNCTIONS[name]
    given = {x: v for x, v in kwargs.items() if v is not None or x == "axis"}
    try:
        inspect.signature(implementation).bind(trace, *args, **given)
    except TypeError:
        options = ", ".join(given) or f"{len(args)} arguments"
        raise _unknown(trace, f"np.{name} with {options}") from None
    return implementation(trace, *args, **given)


def method(x: Tracer, name: str) -> Any:
    """`x.sum`, `x.T`, …: what arrays of NumPy have by these names; None for others."""
    if name == "T":
        return call(x.trace, "transpose", x) if rank(x) == 2 else x
    if name == "size":
        return _count(x.trace, x, None) if rank(x) else 1
    if name == "flatten":
        name = "ravel"
    if name in _METHODS:
        return partial(_method, x, name)
    return _dtype(x) if name == "dtype" else None


_INSTEAD = {
    "astype": "numbers and arrays are converted by catad.f64(x), catad.f32(x) and catad.i64(x)",
    "item": "a traced number is used as it is", "tolist": "a traced array is used as it is",
    "fill": "values do not change: make another array with catad.array(… for i in catad.range(n))",
    "reshape": "catad.array(… for i in catad.range(n)) makes an array of another shape", "real": "all numbers are real",
}
_ATTRIBUTES = (*sorted(_METHODS), "T", "at", "dtype", "flatten", "ndim", "shape", "size")


def instead(name: str) -> list[str]:
    """Help for an attribute that traced values lack."""
    known = {*BUILTINS, *prelude().value_names()}
    if name in _INSTEAD or name in known:
        return [_INSTEAD.get(name, f"write  catad.math.{name}(x)")]
    near = list(suggest(name, _ATTRIBUTES))
    return near or ["catad.math has all functions of the language; `dir(catad.math)` lists them"]


def _method(x: Tracer, name: str, *args: Any, **kwargs: Any) -> Any:
    if name == "ravel" and rank(x) == 1:
        return x
    return _with_options(x.trace, name, (x, *args), kwargs)


def _dtype(x: Tracer) -> Any:
    import numpy as np

    from catad.types.type import Array
    t = x.type
    while isinstance(t, Array):
        t = x.trace.session.known(t.item)
    return np.dtype({"f64": "float64", "f32": "float32", "i64": "int64", "bool": "bool"}.get(str(t), "float64"))
