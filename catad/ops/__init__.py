"""The table of primitives: one row each, with its types, linearity, cost and what backends may assume.

The derivative of a row is an equation in `scalar.cad` or `array.cad` beside this file; its meaning is in the
backends, keyed by the same name (`backends/*/`); a totality test holds the columns together. Rows of the *linear
core* (`linear` not empty) have no equation: they are their own derivative in those arguments.

    row("mul").linear == ((0,), (1,))        linear in each argument alone
    row("add").linear == ((0, 1),)           linear in both together
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from catad.types.type import BOOL, F32, F64, I64, Array, Scalar, Series, Type

__all__ = ["ROWS", "Row", "row"]


@dataclass(frozen=True, slots=True)
class Row:
    """A primitive operation.

    `args`: one letter each: F any float (series included), N any number, I i64, B bool, A an array or scalar of
    any leaf, J any number of i64 indices, S any scalar, V as many of any one type. All F, N, S of one row agree.
    `result`: a letter, or one of the functions of types below.
    `constant`: locally constant, so that its derivative is zero (comparisons, floor, everything on integers).
    `fails`: may stop the program. `cost`: in units of one addition.
    """

    name: str
    args: str
    result_kind: str
    linear: tuple[tuple[int, ...], ...] = ()
    constant: bool = False
    fails: bool = False
    cost: int = 1

    def result(self, types: Sequence[Type]) -> Type:
        """The result type at these argument types. Raises TypeError naming the row when they do not fit."""
        _check(self, types)
        match self.result_kind:
            case "B":
                return BOOL
            case "I":
                return I64
            case "same":
                return types[0]
            case "f64":
                return _cast(types[0], F64)
            case "f32":
                return _cast(types[0], F32)
            case "branch":
                return types[1]
            case "float":
                return types[1]
            case "item":
                return _drop(types[0], len(types) - 1)
            case "item1":
                return _drop(types[0], 1)
            case "stack":
                from catad.types.size import Size
                return Array(Size.of(len(types)), types[0])
        raise AssertionError(self.result_kind)

    @property
    def equation(self) -> bool:
        """Does its derivative come from an equation (in the arguments where it is not linear)?"""
        return self.name == "div" or (not self.linear and not self.constant)

    @property
    def domains(self) -> tuple[str, ...]:
        """The kinds of numbers on which backends define it: every row on floats, not every one on the others.

        "floating-point" and "long-float" (mpmath), "exact" (rationals), "modular" (residues), "symbolic" (SymPy).
        """
        more = (("exact", _EXACT), ("modular", _MODULAR), ("symbolic", _SYMBOLIC))
        return ("floating-point", "long-float", *(d for d, rows in more if self.name in rows or not _on_floats(self)))

    def linear_sets(self, arity: int) -> tuple[tuple[int, ...], ...]:
        """The sets of arguments in which the row is linear, for this many arguments."""
        if self.args == "V":
            return (tuple(range(arity)),)
        return tuple(tuple(i % arity for i in s) for s in self.linear)


_MODULAR = frozenset([
    "add", "sub", "neg", "mul", "corr", "div", "powi", "eq", "ne", "isnan", "isinf", "to_f64", "to_f32", "select"])
_EXACT = _MODULAR | frozenset([
    "abs", "max", "min", "sign", "floor", "ceil", "round", "trunc", "lt", "le", "gt", "ge", "to_i64", "maximum",
    "minimum", "argmax", "argmin"])
_SYMBOLIC = _MODULAR | frozenset([
    "abs", "max", "min", "sign", "floor", "ceil", "trunc", "lt", "le", "gt", "ge", "to_i64", "sqrt", "cbrt", "exp",
    "expm1", "log", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "sech2", "asinh",
    "acosh", "atanh", "erf", "erfc", "lgamma", "digamma", "polygamma", "pow", "atan2", "hypot", "maximum", "minimum"])


def _on_floats(r: Row) -> bool:
    """Does it calculate with floats? (Whole numbers and truth values are the same everywhere.)"""
    return bool(set(r.args) & set("FNS")) or r.name in ("maximum", "minimum", "argmax", "argmin")


def _cast(t: Type, to: Scalar) -> Type:
    return Series(t.order, _cast(t.item, to)) if isinstance(t, Series) else to


def _drop(t: Type, n: int) -> Type:
    for _ in range(n):
        if not isinstance(t, Array):
            raise TypeError("more indices than dimensions")
        t = t.item
    return t


def _float(t: Type) -> bool:
    return t in (F64, F32) or isinstance(t, Series)


_KINDS: dict[str, Callable[[Type], bool]] = {
    "F": _float,
    "N": lambda t: _float(t) or t == I64,
    "I": lambda t: t == I64,
    "B": lambda t: t == BOOL,
    "S": lambda t: not isinstance(t, Array),
    "A": lambda t: True,
    "V": lambda t: True,
}


def _check(r: Row, types: Sequence[Type]) -> None:
    pattern = r.args
    if "J" in pattern:                                   # index-like: array, indices…, perhaps a value
        tail = len(pattern) - 2
        pattern = "A" + "I" * (len(types) - 1 - tail) + "A" * tail
    elif pattern == "V":
        pattern = "V" * len(types)
    if len(pattern) != len(types) or not all(_KINDS[k](t) for k, t in zip(pattern, types, strict=True)):
        raise TypeError(f"{r.name} does not take ({', '.join(map(str, types))})")
    alike = [t for k, t in zip(pattern, types, strict=True) if k in "FNSV"]
    if any(t != alike[0] for t in alike):
        raise TypeError(f"{r.name} needs arguments of one type, not ({', '.join(map(str, types))})")


def _rows() -> list[Row]:
    return [
        # arithmetic of a ring, and division: the linear core
        Row("add", "NN", "same", linear=((0, 1),)),
        Row("sub", "NN", "same", linear=((0, 1),)),
        Row("neg", "N", "same", linear=((0,),)),
        Row("mul", "NN", "same", linear=((0,), (1,))),
        Row("corr", "FF", "same", linear=((0,), (1,))),      # dagger of the series product; mul on scalars
        Row("div", "FF", "same", linear=((0,),), cost=4),       # and by equation in the divisor
        Row("select", "BSS", "branch", linear=((1, 2),)),
        Row("to_f64", "N", "f64", linear=((0,),)),
        Row("to_f32", "N", "f32", linear=((0,),)),
        # arrays: also linear
        Row("index", "AJ", "item", linear=((0,),), fails=True),
        Row("update", "AJA", "same", linear=((0, -1),), fails=True),
        Row("add_at", "AJA", "same", linear=((0, -1),), fails=True),
        Row("stack", "V", "stack", linear=((),)),            # linear in all of its arguments together
        # integers and truth values
        Row("idiv", "II", "I", constant=True, fails=True, cost=10),
        Row("imod", "II", "I", constant=True, fails=True, cost=10),
        Row("ipow", "II", "I", constant=True, fails=True, cost=10),
        Row("to_i64", "S", "I", constant=True),               # floats truncate towards zero; bool 0 or 1
        *(Row(n, "II", "I", constant=True) for n in ("band", "bor", "bxor", "shl", "shr")),
        Row("bnot", "I", "I", constant=True),
        Row("exponential_of_bits", "I", "f64", constant=True, cost=30),   # the same bits everywhere: samples.py
        Row("normal_of_bits", "I", "f64", constant=True, cost=80),
        *(Row(n, "SS", "B", constant=True) for n in ("eq", "ne", "lt", "le", "gt", "ge")),
        *(Row(n, "BB", "B", constant=True) for n in ("and", "or")),
        Row("not", "B", "B", constant=True),
        Row("isnan", "F", "B", constant=True),
        Row("isinf", "F", "B", constant=True),
        # floats, piecewise constant
        *(Row(n, "F", "same", constant=True) for n in ("sign", "floor", "ceil", "round", "trunc")),
        # floats, by equation
        *(Row(n, "F", "same", cost=c) for n, c in (
            ("sqrt", 4), ("cbrt", 20), ("exp", 20), ("expm1", 20), ("log", 20), ("log1p", 20),
            ("sin", 20), ("cos", 20), ("tan", 20), ("asin", 20), ("acos", 20), ("atan", 20),
            ("sinh", 20), ("cosh", 20), ("tanh", 20), ("sech2", 20), ("asinh", 20), ("acosh", 20), ("atanh", 20),
            ("erf", 20), ("erfc", 20), ("lgamma", 40), ("digamma", 40))),
        Row("abs", "N", "same"),
        Row("max", "NN", "same"),
        Row("min", "NN", "same"),
        Row("pow", "FF", "same", cost=40),
        Row("powi", "FI", "same", cost=10),                   # 0^0 = 1; negative exponents are reciprocals
        Row("polygamma", "IF", "float", cost=80),             # ψ^(m)(x), m ≥ 0
        Row("atan2", "FF", "same", cost=20),
        Row("hypot", "FF", "same", cost=8),
        # reductions with a choice
        Row("maximum", "A", "item1", fails=True, cost=10),    # of a one-dimensional array of numbers
        Row("minimum", "A", "item1", fails=True, cost=10),
        Row("argmax", "A", "I", constant=True, fails=True, cost=10),   # the first; a NaN counts as largest
        Row("argmin", "A", "I", constant=True, fails=True, cost=10),
        # what derivatives take for a constant; on functions, what they captured
        Row("constant", "A", "same", constant=True),
    ]


ROWS: MappingProxyType[str, Row] = MappingProxyType({r.name: r for r in _rows()})


def row(name: str) -> Row:
    """The row of a primitive; KeyError is an internal error."""
    return ROWS[name]
