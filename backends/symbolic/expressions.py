"""The domain of SymPy expressions:  f64 = f32 = real expressions,  i64 = known integers,  bool = conditions.

A float constant becomes the rational that its decimal form shows (0.1 is 1/10), and π when it is the float of π.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np
import sympy

from catad.net.net import BindSize, Table
from catad.ops.samples import SAMPLES
from catad.source import error
from catad.types.size import Size
from catad.types.type import BOOL, I64, Array, Record, Scalar, Type, dims, flatten

from ..reference.constants import irrational, rational
from ..reference.domain import Fault, Meaning, refuse
from ..reference.floats import integer_row

__all__ = ["EXPRESSIONS", "Expressions", "formula", "symbols"]


class Expressions:
    name = "symbolic"

    def dtype(self, scalar: Scalar) -> Any:
        return np.int64 if scalar == I64 else np.object_

    def enter(self, value: Any, scalar: Scalar) -> Any:
        if scalar == BOOL:
            return bool(value) if isinstance(value, bool | np.bool_) else value
        if scalar == I64:
            if isinstance(value, sympy.Basic) and not value.is_Integer:
                raise Fault("E0712", "an integer must be a known number in a formula", f"not {value}")
            return int(value)
        return value if isinstance(value, sympy.Basic) else _number(value)

    def const(self, value: float | int | bool | Fraction, scalar: Scalar) -> Any:
        number = irrational(value, scalar)
        return self.enter(rational(value, scalar), scalar) if number is None else number(_FUNCTIONS)

    def row(self, name: str, types: Sequence[Scalar]) -> Meaning:
        if name == "select":
            return _SELECT.get(types[1].name, _piecewise)
        if name in SAMPLES:
            return lambda bits: _number(Fraction(SAMPLES[name](bits)))
        if types[0] == BOOL:
            return _conversion(name) or _CONDITIONS[name]
        if types[0] == I64 and name != "polygamma":
            return _conversion(name) or integer_row(name)
        meaning = EXPRESSION_ROWS.get(name)
        if meaning is None:
            raise refuse(self, name)
        return meaning

    def truth(self, value: Any) -> bool | None:
        return bool(value) if value in (True, False) else None

    def integer(self, value: Any) -> int | None:
        return int(value)


EXPRESSIONS = Expressions()

_FUNCTIONS = SimpleNamespace(pi=sympy.pi, e=sympy.E, sqrt=sympy.sqrt, log=sympy.log)


def _number(value: Any) -> Any:
    if isinstance(value, Fraction):
        return sympy.Rational(value.numerator, value.denominator)
    if isinstance(value, int | np.integer):
        return sympy.Integer(int(value))
    x = float(value)
    if not math.isfinite(x):
        return sympy.nan if x != x else (sympy.oo if x > 0 else -sympy.oo)
    return sympy.Rational(repr(x))


def _conversion(name: str) -> Meaning | None:
    """From i64 or bool."""
    if name in ("to_f64", "to_f32"):
        return lambda n: sympy.Integer(n)
    if name == "to_i64":
        return _bool_to_i64
    return None


def _bool_to_i64(x: Any) -> int:
    if x not in (True, False):
        raise Fault("E0712", "an integer must be a known number in a formula", f"depends on {x}")
    return int(bool(x)) if isinstance(x, bool | sympy.logic.boolalg.BooleanAtom) else int(x)


def _to_i64(x: Any) -> int:
    if not x.is_number or not x.is_real:
        raise Fault("E0712", "an integer must be a known number in a formula", f"not {x}")
    return min(max(int(x), -(2**63)), 2**63 - 1)


def _same_integer(cond: Any, a: int, b: int) -> int:
    if a != b:
        raise Fault("E0712", "an integer must be a known number in a formula", f"{a} if {cond}, else {b}")
    return a


def _choose_condition(cond: Any, a: Any, b: Any) -> Any:
    return sympy.Or(sympy.And(cond, a), sympy.And(sympy.Not(cond), b))


def _piecewise(cond: Any, a: Any, b: Any) -> Any:
    return a if a == b else sympy.Piecewise((a, cond), (b, True))


_SELECT: MappingProxyType[str, Meaning] = MappingProxyType({"i64": _same_integer, "bool": _choose_condition})


def _compare(make: Any) -> Meaning:
    def meaning(a: Any, b: Any) -> Any:
        try:
            result = make(a, b)
        except TypeError:
            raise Fault("E0712", "these cannot be compared", f"{a} with {b}") from None
        return bool(result) if result in (True, False) else result
    return meaning


def _cbrt(x: Any) -> Any:
    return sympy.sign(x) * sympy.cbrt(sympy.Abs(x))


_RELATIONS: MappingProxyType[str, Meaning] = MappingProxyType({
    "eq": _compare(sympy.Eq), "ne": _compare(sympy.Ne), "lt": _compare(sympy.Lt), "le": _compare(sympy.Le),
    "gt": _compare(sympy.Gt), "ge": _compare(sympy.Ge)})

_CONDITIONS: MappingProxyType[str, Meaning] = MappingProxyType({
    "and": sympy.And, "or": sympy.Or, "not": sympy.Not,
    "eq": sympy.Equivalent, "ne": sympy.Xor,
    "lt": lambda a, b: sympy.And(sympy.Not(a), b), "gt": lambda a, b: sympy.And(a, sympy.Not(b)),
    "le": lambda a, b: sympy.Implies(a, b), "ge": lambda a, b: sympy.Implies(b, a),
})

EXPRESSION_ROWS: MappingProxyType[str, Meaning] = MappingProxyType({
    **_RELATIONS,
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "neg": lambda a: -a, "mul": lambda a, b: a * b,
    "corr": lambda a, b: a * b, "div": lambda a, b: a / b, "powi": lambda x, n: x**n, "pow": lambda x, p: x**p,
    "to_f64": lambda x: x, "to_f32": lambda x: x, "to_i64": _to_i64,
    "isnan": lambda x: x is sympy.nan, "isinf": lambda x: bool(x.is_infinite),
    "abs": sympy.Abs, "sign": sympy.sign, "max": sympy.Max, "min": sympy.Min,
    "floor": sympy.floor, "ceil": sympy.ceiling, "trunc": lambda x: sympy.sign(x) * sympy.floor(sympy.Abs(x)),
    "sqrt": sympy.sqrt, "cbrt": _cbrt, "exp": sympy.exp, "expm1": lambda x: sympy.exp(x) - 1,
    "log": sympy.log, "log1p": lambda x: sympy.log(1 + x),
    "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "asin": sympy.asin, "acos": sympy.acos,
    "atan": sympy.atan, "atan2": sympy.atan2, "sinh": sympy.sinh, "cosh": sympy.cosh, "tanh": sympy.tanh,
    "sech2": lambda x: sympy.sech(x) ** 2, "asinh": sympy.asinh, "acosh": sympy.acosh, "atanh": sympy.atanh,
    "erf": sympy.erf, "erfc": sympy.erfc, "lgamma": lambda x: sympy.log(sympy.Abs(sympy.gamma(x))),
    "digamma": sympy.digamma, "polygamma": sympy.polygamma, "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
})


# ── programs as formulas ───────────────────────────────────────────────────────────────────────────────────────


def symbols(table: Table, name: str, known: Mapping[str, int]) -> list[Any]:
    """One argument for each input wire."""
    net = table.nets[name]
    counts = {b.sources[0]: b.op.name for b in net.boxes if isinstance(b.op, BindSize)}
    out = []
    for wire, label in zip(net.inputs, _labels(table, name), strict=True):
        t = net.wires[wire]
        if t == I64:
            if label not in known and counts.get(wire) not in known:
                raise error("E0713", f"`{name}` needs a number for {label}", help=(f"give {label}=…",))
            out.append(known[label if label in known else counts[wire]])
        elif isinstance(t, Array):
            out.append(_grid(label, [_extent(name, s, known) for s in dims(t)]))
        else:
            out.append(sympy.Symbol(label, real=True))
    return out


def _extent(name: str, size: Size, known: Mapping[str, int]) -> int:
    missing = [x for x in size.variables if x not in known]
    if missing:
        raise error("E0713", f"`{name}` needs a number for the size {missing[0]}", help=(f"give {missing[0]}=…",))
    return max(size.evaluate(known), 0)


def _grid(label: str, shape: Sequence[int]) -> Any:
    out = np.empty(shape, np.object_)
    for i in np.ndindex(*shape):
        out[i] = sympy.Symbol("_".join([label, *map(str, i)]), real=True)
    return out


def _labels(table: Table, name: str) -> list[str]:
    """A name for each input wire: its parameter, with the path to the leaf where that is a product."""
    entry = table.entries.get(name)
    if entry is None:
        return [f"x{k}" for k in range(len(table.nets[name].inputs))]
    return [label for x, t in entry.params for label in _leaves(x, t)]


def _leaves(label: str, t: Type) -> Iterator[str]:
    if isinstance(t, Record):
        for x, field in t.fields:
            yield from _leaves(f"{label}_{x}", field)
        return
    wires = list(flatten(t))
    yield from [label] if len(wires) == 1 else [f"{label}_{k}" for k in range(len(wires))]


def formula(table: Table, name: str, known: Mapping[str, int]) -> Any:
    """The one scalar result of a program, in the symbols of `symbols`."""
    from . import run
    net = table.nets.get(name)
    if net is None:
        raise error("E0713", f"there is no program called {name}")
    if len(net.outputs) != 1 or not isinstance(net.target[0], Scalar):
        span = table.entries[name].span if name in table.entries else None
        raise error("E0713", f"`{name}` has no scalar result", span, f"gives {', '.join(map(str, net.target))}")
    return run(table, name, symbols(table, name, known))[0]

