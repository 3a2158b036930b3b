"""`from_sympy`: formulas to a program.

    from_sympy(e, args)  =  compile("def f (x : f64) … = let t = … in …")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy

from catad.api.function import Function
from catad.api.program import compile
from catad.elaborate.naming import legal
from catad.source import error
from catad.source.deep import deep
from catad.sympy.arguments import parameters
from catad.sympy.matrices import MatrixWriter
from catad.sympy.phrases import ATOM, Phrase, real

__all__ = ["from_sympy"]


def from_sympy(expr: Any, args: Sequence[Any] | None = None, *, name: str = "f") -> Function:
    """A function from a SymPy expression, or from a tuple, dictionary, Matrix or Array of expressions.

    `args` are the arguments in order: symbols (an i64 if declared `integer=True`), IndexedBase, MatrixSymbol, and
    lists, tuples and matrices of symbols. Without them, the free symbols by name.

    Raises E0638 for what has no meaning in the language, E0639 for arguments that are none.

    >>> import catad, sympy
    >>> x, y = sympy.symbols("x y")
    >>> f = catad.from_sympy(sympy.exp(x) * y + 1, [x, y])
    >>> f(0.0, 2.0), catad.grad(f)(0.0, 2.0)
    (3.0, 2.0)
    >>> n, i = sympy.symbols("n i", integer=True)
    >>> v = sympy.IndexedBase("v", shape=(n,))
    >>> catad.from_sympy(sympy.Sum(v[i]**2, (i, 0, n - 1)), [v])([3.0, 4.0])
    25.0
    """
    with deep():
        parts = _prepared(expr)
        flat = list(_flat(parts))
        p = parameters(_arguments(flat) if args is None else list(args), flat)
        writer = MatrixWriter(p)
        body = writer.block(lambda: _result(writer, parts), flat)
    shown = legal(name)
    head = f"def {shown}" + (f" [{', '.join(p.sizes)}]" if p.sizes else "")
    imports = [f'import "std/{m}.cad" as {m}' for m in sorted(writer.modules)]
    text = "\n".join([*imports, " ".join([head, *p.words, "="]), *(f"  {line}" for line in [*p.lets, body.text])])
    return compile(text, entry=shown, name=f"<formula {shown}>")


def _arguments(expressions: list[Any]) -> list[Any]:
    """The free symbols, by name; a base instead of the symbol of an indexed one."""
    bases = {x.base for e in expressions for x in e.atoms(sympy.Indexed)}
    matrices = {x for e in expressions for x in e.atoms(sympy.MatrixSymbol)}
    sizes = {s for b in [*bases, *matrices] for d in (b.shape or ()) for s in d.free_symbols}
    hidden = sizes | {b.label for b in bases}
    symbols = {s for e in expressions for s in e.free_symbols if isinstance(s, sympy.Symbol)} - hidden
    return sorted([*symbols, *bases, *matrices], key=str)


def _prepared(expr: Any) -> Any:
    """Expressions of SymPy, in which derivatives that SymPy knows are taken."""
    if isinstance(expr, Mapping):
        return {str(k): _prepared(v) for k, v in expr.items()}
    if isinstance(expr, (tuple, sympy.Tuple)):
        return tuple(_prepared(v) for v in expr)
    if isinstance(expr, list):
        return sympy.Array([_prepared(v) for v in expr])
    try:
        e = sympy.sympify(expr)
    except (sympy.SympifyError, TypeError, AttributeError):
        raise error("E0638", f"this is no SymPy expression: {expr!r:.60}") from None
    if not isinstance(e, (sympy.Basic, sympy.MatrixBase, sympy.NDimArray)):
        raise error("E0638", f"this is no SymPy expression: {expr!r:.60}")
    return e.doit() if e.has(sympy.Derivative) else e


def _flat(parts: Any) -> list[Any]:
    if isinstance(parts, dict):
        return [e for v in parts.values() for e in _flat(v)]
    if isinstance(parts, tuple):
        return [e for v in parts for e in _flat(v)]
    if isinstance(parts, (sympy.MatrixBase, sympy.NDimArray)):
        return list(sympy.flatten(parts))
    return [parts]


def _result(writer: MatrixWriter, parts: Any) -> Phrase:
    if isinstance(parts, dict):
        fields = ", ".join(f"{legal(x)} = {_result(writer, v).text}" for x, v in parts.items())
        return Phrase("{" + fields + "}", ATOM, "record")
    if isinstance(parts, tuple):
        return Phrase(f"({', '.join(_result(writer, v).text for v in parts)})", ATOM, "tuple")
    p = writer.write(parts)
    return real(p) if p.kind == "lit" else p
