"""Other meanings of a function: numbers that are no floats, and formulas.

    exact, mp, mod : floats read as the rational numbers they are
    symbolic       : a SymPy expression for each float of the result, in symbols named after the parameters
"""

from __future__ import annotations

from fractions import Fraction
from numbers import Rational
from typing import TYPE_CHECKING, Any

import numpy as np

from catad.api.values import Packing, unpack
from catad.net.net import Loop, While
from catad.source import CatadError, error
from catad.types.size import Size
from catad.types.type import F32, F64, Scalar

if TYPE_CHECKING:
    from catad.api.shown import Shown

__all__ = ["FormulaPacking", "NumberPacking", "latex", "short_latex", "structured", "symbolic"]

_SHORT, _LONGEST = 24, 400               # boxes of a net, and characters of LaTeX, that a notebook shows unasked


class NumberPacking(Packing):
    """Takes what `Packing` takes, and Fractions, long floats and integers of any length where floats are meant."""

    def taken(self, value: Any) -> bool:
        """Is it a number as it stands?"""
        return _rational(value) or _long(value)

    def scalar(self, t: Scalar, value: Any, where: Any) -> Any:
        if t in (F64, F32) and self.taken(value):
            return Fraction(value) if _rational(value) else value
        return super().scalar(t, value, where)

    def array(self, t: Scalar, value: Any, where: Any, dims: tuple[Size, ...]) -> Any:
        if t in (F64, F32) and (isinstance(value, (list, tuple, np.ndarray)) or type(value).__module__[:5] == "sympy"):
            try:
                a = np.asarray(value)
            except ValueError:
                return super().array(t, value, where, dims)
            if a.dtype == np.object_ and a.ndim == len(dims) and all(self.taken(v) or _float(v) for v in a.flat):
                return a
        return super().array(t, value, where, dims)


class FormulaPacking(NumberPacking):
    """Takes SymPy expressions too."""

    def taken(self, value: Any) -> bool:
        import sympy
        return isinstance(value, sympy.Expr) or super().taken(value)


def _rational(value: Any) -> bool:
    return isinstance(value, Rational) and not isinstance(value, (bool, np.bool_)) \
        and not type(value).__module__.startswith("sympy")


def _long(value: Any) -> bool:
    return type(value).__name__ == "mpf"


def _float(value: Any) -> bool:
    return isinstance(value, (float, np.floating))


# ── formulas ───────────────────────────────────────────────────────────────────────────────────────────────────

def symbolic(f: Shown, known: dict[str, int]) -> Any:
    """The structured result, each float a SymPy expression. Raises E0604 for a name that is none of a size's."""
    from catad.backends import symbolic as backend
    names = {*f.entry.sizes, *(x for x, _ in f.entry.params)}
    unknown = sorted(x for x in known if x not in names)
    if unknown:
        raise error("E0604", f"{f.__name__}: it has no size or parameter `{unknown[0]}`",
                    notes=[f"the function is  {f.signature}"])
    table = f.prepared
    flat = backend.run(table, f.key, backend.symbols(table, f.key, **known))
    return unpack(f.entry.result, iter(flat), {})


def structured(value: Any) -> Any:
    """Arrays of expressions as SymPy has them."""
    import sympy
    if isinstance(value, tuple):
        return tuple(map(structured, value))
    if isinstance(value, dict):
        return {x: structured(v) for x, v in value.items()}
    if isinstance(value, np.ndarray):
        if value.ndim == 2:
            return sympy.ImmutableMatrix(*value.shape, [sympy.sympify(v) for v in value.flat])
        return sympy.ImmutableDenseNDimArray([sympy.sympify(v) for v in value.flat], value.shape)
    return sympy.sympify(value)


def latex(f: Shown, known: dict[str, int]) -> str:
    """`f(x, y) = …`"""
    import sympy
    name = sympy.latex(sympy.Symbol(f.__name__))
    params = ", ".join(sympy.latex(sympy.Symbol(x)) for x, _ in f.entry.params if x not in known)
    value = structured(symbolic(f, known))
    if isinstance(value, dict):
        value = {sympy.Symbol(x): v for x, v in value.items()}
    return f"{name}({params}) = {sympy.latex(value)}"


def short_latex(f: Shown) -> str | None:
    """The formula for a notebook; None where it is long, or where there is none."""
    try:
        boxes = f.net.boxes
        if len(boxes) > _SHORT or any(isinstance(b.op, (Loop, While)) for b in boxes):
            return None
        text = latex(f, {})
    except CatadError:
        return None
    return f"$\\displaystyle {text}$" if len(text) <= _LONGEST else None
