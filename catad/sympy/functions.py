"""The functions of SymPy that are functions of numbers here, by the name of their class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy

from catad.sympy.phrases import ATOM, PREFIX, PRODUCT, SUM, Phrase, call, infix

__all__ = ["CONSTANTS", "FUNCTIONS", "MODULES"]

_ONE = Phrase("1.0", ATOM, "f64")


def _row(name: str) -> Callable[..., Phrase]:
    return lambda *args: call(name, args)


def _inverse(name: str) -> Callable[..., Phrase]:
    """1 / f x"""
    return lambda x: infix("/", [_ONE, call(name, [x])], PRODUCT, "f64")


def _of_inverse(name: str) -> Callable[..., Phrase]:
    """f (1 / x)"""
    return lambda x: call(name, [infix("/", [_ONE, x], PRODUCT, "f64")])


def _next(name: str) -> Callable[..., Phrase]:
    """f (x + 1)"""
    return lambda x: call(name, [infix("+", [x, _ONE], SUM, "f64")])


FUNCTIONS: Mapping[str, Callable[..., Phrase]] = MappingProxyType({
    **{x: _row(x) for x in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh",
                            "acosh", "atanh", "exp", "erf", "erfc", "sign", "expm1", "log1p", "hypot")},
    "sec": _inverse("cos"), "csc": _inverse("sin"), "cot": _inverse("tan"), "sech": _inverse("cosh"),
    "csch": _inverse("sinh"), "coth": _inverse("tanh"), "asec": _of_inverse("acos"), "acsc": _of_inverse("asin"),
    "acot": _of_inverse("atan"), "asech": _of_inverse("acosh"), "acsch": _of_inverse("asinh"),
    "acoth": _of_inverse("atanh"), "ceiling": _row("ceil"), "loggamma": _row("lgamma"), "digamma": _row("digamma"),
    "gamma": _row("special.gamma"), "factorial": _next("special.gamma"), "beta": _row("special.beta"),
    "erfinv": _row("special.erfinv"), "erfcinv": _row("special.erfcinv"), "sinc": _row("special.sinc")})

# Those that need a module of the standard library.
MODULES: Mapping[str, str] = MappingProxyType(dict.fromkeys(
    ("gamma", "factorial", "beta", "erfinv", "erfcinv", "sinc"), "special"))


def _value(e: Any) -> Phrase:
    return Phrase(repr(float(e)), ATOM, "f64")


CONSTANTS: Mapping[Any, Phrase] = MappingProxyType({
    sympy.pi: Phrase("pi", ATOM, "f64"), sympy.E: _value(sympy.E), sympy.EulerGamma: _value(sympy.EulerGamma),
    sympy.GoldenRatio: _value(sympy.GoldenRatio), sympy.Catalan: _value(sympy.Catalan),
    sympy.oo: Phrase("inf", ATOM, "f64"), -sympy.oo: Phrase("-inf", PREFIX, "f64"),
    sympy.nan: Phrase("nan", ATOM, "f64")})
