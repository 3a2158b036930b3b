"""The math functions of native code, by name: `@cad.<row>.<f64|f32>.<lanes>`.

    definitions(names, target)  = LLVM text that defines them, and what they call; no intrinsic is declared
    externals(names, target)    = the C functions that this text declares

A row has a formula over vectors (`exponential`, `logarithm`, …) or goes lane by lane through the C library. Formulas
without f32 polynomials of their own are computed in f64. Vector functions are inlined; scalar ones stay calls.
`BOUNDS` states the largest error in units in the last place (for `lgamma` and `digamma`, which have zeros, of the
larger of 1 and the result), on machines with multiply-add; without, half a unit more. The tests hold us to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from types import MappingProxyType

from catad.backends.llvm.math import error, exponential, gamma, logarithm, power, simple, trigonometric
from catad.backends.llvm.math.body import Function, body, cold
from catad.backends.llvm.math.emit import Value
from catad.backends.llvm.target import Target

from catad.ops.samples import FORMULAS

__all__ = ["BOUNDS", "FUNCTIONS", "Function", "bounds_table", "definitions", "externals", "symbol"]


def _f(formula: Callable[..., Value] | None, library: str, f64: float, f32: float, args: str = "F",
       single: bool = True) -> Function:
    return Function(args, formula, library, f64, f32, single)


FUNCTIONS: MappingProxyType[str, Function] = MappingProxyType({
    "exp": _f(exponential.exp, "exp", 1.1, 1.1),
    "expm1": _f(exponential.expm1, "expm1", 2.0, 2.0),
    "log": _f(logarithm.log, "log", 1.0, 1.0),
    "log1p": _f(logarithm.log1p, "log1p", 1.4, 1.4),
    "sin": _f(trigonometric.sin, "sin", 2.0, 2.0),
    "cos": _f(trigonometric.cos, "cos", 2.0, 2.0),
    "tan": _f(trigonometric.tan, "tan", 3.8, 3.8),
    "asin": _f(trigonometric.asin, "asin", 1.8, 1.8),
    "acos": _f(trigonometric.acos, "acos", 1.3, 1.3),
    "atan": _f(trigonometric.atan, "atan", 2.0, 2.0),
    "atan2": _f(trigonometric.atan2, "atan2", 2.0, 2.0, "FF"),
    "sinh": _f(exponential.sinh, "sinh", 2.2, 2.2),
    "cosh": _f(exponential.cosh, "cosh", 2.0, 2.0),
    "tanh": _f(exponential.tanh, "tanh", 2.2, 2.2),
    "sech2": _f(exponential.sech2, "", 5.0, 5.0),
    "asinh": _f(logarithm.asinh, "asinh", 1.8, 1.8),
    "acosh": _f(logarithm.acosh, "acosh", 2.2, 2.2),
    "atanh": _f(logarithm.atanh, "atanh", 2.0, 2.0),
    "erf": _f(error.erf, "erf", 1.5, 1.5),
    "erfc": _f(error.erfc, "erfc", 5.0, 0.6, single=False),
    "sqrt": _f(power.sqrt, "sqrt", 0.5, 0.5),
    "cbrt": _f(power.cbrt, "cbrt", 0.6, 0.6),
    "hypot": _f(power.hypot, "hypot", 1.2, 1.2, "FF"),
    "pow": _f(power.pow_, "pow", 1.0, 0.6, "FF"),
    "powi": _f(None, "", 0.0, 0.0, "FI"),
    "lgamma": _f(None, "lgamma", 4.0, 1.0, single=False),
    "digamma": _f(gamma.digamma, "cad.digamma.below", 8.0, 0.6, single=False),
    "polygamma": _f(None, "cad.polygamma.scalar", 60.0, 1.0, "IF", single=False),
    **{name: _f(formula, "", 0.0, 0.0, "I", single=False) for name, formula in FORMULAS.items()},
    "sign": _f(simple.sign, "", 0.0, 0.0),
    "floor": _f(simple.floor, "floor", 0.0, 0.0),
    "ceil": _f(simple.ceil, "ceil", 0.0, 0.0),
    "trunc": _f(simple.trunc, "trunc", 0.0, 0.0),
    "round": _f(simple.nearest, "roundeven", 0.0, 0.0),
    "abs": _f(simple.absolute, "", 0.0, 0.0),
    "div": _f(simple.div, "", 0.5, 0.5, "FF"),
    "max": _f(simple.maximum, "", 0.0, 0.0, "FF"),
    "min": _f(simple.minimum, "", 0.0, 0.0, "FF"),
})

BOUNDS: MappingProxyType[str, tuple[float, float]] = MappingProxyType({n: (f.f64, f.f32) for n, f in FUNCTIONS.items()})

_NAME = re.compile(r"@?cad\.(\w+)\.(f64|f32)\.(\d+)")
_CALL = re.compile(r"call (\S+|<[^>]+>) @([\w.]+)\(")


def bounds_table() -> str:
    """`BOUNDS` as Markdown, for the documentation. Exact rows (sign, floor, max, …) are left out."""
    lines = ["| function | f64 | f32 | how |", "|---|---|---|---|"]
    for name, f in FUNCTIONS.items():
        if f.f64:
            how = "the C library, lane by lane" if f.formula is None else "vectors"
            if f.formula is not None and not f.single:
                how += ", f32 in f64"
            lines.append(f"| `{name}` | {f.f64} | {f.f32} | {how} |")
    return "\n".join(lines) + "\n"


def symbol(row: str, kind: str, lanes: int) -> str:
    """The name of the function, without the @."""
    return f"cad.{row}.{kind}.{lanes}"


def definitions(names: Iterable[str], target: Target) -> str:
    """LLVM text of the named functions and of all that they need. Names as in `symbol`, with or without @."""
    bodies = _closure(names, target)
    return "\n".join([*_declarations(bodies), *bodies.values()])


def externals(names: Iterable[str], target: Target) -> tuple[str, ...]:
    """The functions of the C library that `definitions` declares."""
    return _outside(_closure(names, target))


def _closure(names: Iterable[str], target: Target) -> dict[str, str]:
    bodies: dict[str, str] = {}
    pending = sorted({n.removeprefix("@") for n in names})
    while pending:
        name = pending.pop(0)
        if name in bodies:
            continue
        bodies[name] = _define(name, target)
        pending += [c for _, c in _CALL.findall(bodies[name]) if c.startswith("cad.") and _is_root(c)]
    return bodies


def _is_root(name: str) -> bool:
    """Is this defined by a text of its own? (The Hurwitz ζ comes with polygamma.)"""
    return name != "cad.hurwitz"


def _outside(bodies: dict[str, str]) -> tuple[str, ...]:
    called = {c for body in bodies.values() for _, c in _CALL.findall(body)}
    return tuple(sorted(c for c in called if not c.startswith(("cad.", "llvm."))))


def _declarations(bodies: dict[str, str]) -> list[str]:
    two = {"pow", "atan2", "hypot"}
    return [f"declare double @{n}(double{', double' if n in two else ''})" for n in _outside(bodies)]


def _define(name: str, target: Target) -> str:
    if name == "cad.digamma.below":
        return gamma.digamma_below
    if name == "cad.polygamma.scalar":
        return gamma.POLYGAMMA
    if name.startswith("cad.cold."):
        row, kind, lanes = name.removeprefix("cad.cold.").split(".")
        return cold(FUNCTIONS[row], name, kind, int(lanes))
    match = _NAME.fullmatch(name)
    if match is None or match[1] not in FUNCTIONS:
        raise KeyError(name)
    return body(FUNCTIONS[match[1]], name, match[2], int(match[3]), target)
