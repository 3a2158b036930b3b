"""The parameters of a program from the arguments of a formula: symbols, indexed bases, matrix symbols.

| argument                                      | parameter                                              |
|-----------------------------------------------|--------------------------------------------------------|
| `Symbol("x")`                                 | `(x : f64)`; an i64 if it is declared `integer=True`   |
| `IndexedBase("x", shape=(n,))`                | `(x : [n]f64)`                                         |
| `MatrixSymbol("a", n, m)`                     | `(a : [n, m]f64)`                                      |
| a Matrix, Array or list of symbols            | `(v : [2]f64)`, whose entries they are                 |
| a tuple of symbols                            | `(v : (f64, f64))`, whose components they are          |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy

from catad.elaborate.naming import legal
from catad.source import error
from catad.sympy.phrases import ATOM, Phrase
from catad.syntax.tables import tables
from catad.types.builtins import BUILTINS

__all__ = ["Parameters", "parameters"]

_RELIED_ON = {"pi", "inf", "nan", "special", "linear", "transpose", "trace_", "identity", "diff", "map2", "replicate"}


@dataclass(slots=True)
class Parameters:
    """The header of a definition: sizes, parameters, names of symbols, and what is taken apart first."""

    sizes: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)                       # `(x : [n]f64)`
    known: dict[Any, Phrase] = field(default_factory=dict)
    lets: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=lambda: {
        *BUILTINS, *_RELIED_ON, *(t.literal for t in tables().terminals if t.literal is not None)})

    def name(self, wanted: str) -> str:
        """A name of the language like this one that nothing else has."""
        base = legal(re.sub(r"[{}\\^]", "_", wanted).replace("__", "_").strip("_") or "x")
        name, k = base, 0
        while name in self.taken:
            k += 1
            name = f"{base}_{k}"
        self.taken.add(name)
        return name

    def bind(self, symbol: Any, kind: str) -> str:
        name = self.name(str(symbol))
        self.known[symbol] = Phrase(name, ATOM, kind)
        return name


def parameters(args: Sequence[Any], expressions: Iterable[Any]) -> Parameters:
    """The parameters for these arguments. Raises E0639 for an argument that is none of the above."""
    p = Parameters()
    ranks = _ranks(expressions)
    for a in args:
        if isinstance(a, sympy.Symbol):
            kind = "i64" if a.is_integer else "f64"
            p.words.append(f"({p.bind(a, kind)} : {kind})")
    header = iter(p.words)
    words = []
    for k, a in enumerate(args):
        words.append(next(header) if isinstance(a, sympy.Symbol) else _structured(p, a, k, ranks))
    p.words = words
    return p


def _structured(p: Parameters, a: Any, k: int, ranks: dict[Any, int]) -> str:
    if isinstance(a, sympy.IndexedBase):
        shape = a.shape or [sympy.Symbol(f"n{k}_{axis}", integer=True) for axis in range(ranks.get(a, 1))]
        return f"({p.bind(a, 'array')} : [{', '.join(_size(p, s) for s in shape)}]f64)"
    if isinstance(a, sympy.MatrixSymbol):
        return f"({p.bind(a, 'array')} : [{', '.join(_size(p, s) for s in a.shape)}]f64)"
    if isinstance(a, (sympy.MatrixBase, sympy.NDimArray)):
        name = p.name(f"v{k}")
        shape = [int(n) for n in a.shape if not (isinstance(a, sympy.MatrixBase) and n == 1)] or [1]
        for position, s in enumerate(sympy.flatten(a)):
            _part(p, s, f"{name}[{', '.join(_indices(position, shape))}]")
        return f"({name} : [{', '.join(map(str, shape))}]f64)"
    if isinstance(a, (tuple, list, sympy.Tuple)) and len(a):
        name = p.name(f"v{k}")
        whole = isinstance(a, list)
        for position, s in enumerate(a):
            _part(p, s, f"{name}[{position}]" if whole else f"{name}.{position}")
        return f"({name} : [{len(a)}]f64)" if whole else f"({name} : ({', '.join(['f64'] * len(a))}))"
    raise error("E0639", f"{a!r:.60} is no argument of a formula",
                help=["arguments are symbols, IndexedBase, MatrixSymbol, and lists, tuples and matrices of symbols"])


def _part(p: Parameters, symbol: Any, text: str) -> None:
    if not isinstance(symbol, sympy.Symbol):
        raise error("E0639", f"{symbol!r:.60} is not a symbol", help=["arguments hold symbols only"])
    p.lets.append(f"let {p.bind(symbol, 'f64')} = {text} in")


def _indices(position: int, shape: Sequence[int]) -> list[str]:
    out: list[str] = []
    for n in reversed(shape):
        position, k = divmod(position, n)
        out.append(str(k))
    return out[::-1]


def _size(p: Parameters, s: Any) -> str:
    """A dimension; its symbols become sizes unless they are parameters."""
    s = sympy.sympify(s)
    for x in sorted(s.free_symbols, key=str):
        if x not in p.known:
            p.sizes.append(p.bind(x, "i64"))
    if s.free_symbols and not s.is_polynomial(*s.free_symbols):
        raise error("E0639", f"the dimension {s} is no polynomial")
    return str(s.xreplace({x: sympy.Symbol(p.known[x].text) for x in s.free_symbols})).replace("**", "^")


def _ranks(expressions: Iterable[Any]) -> dict[Any, int]:
    """How many indices each indexed base has where it is used."""
    found: dict[Any, int] = {}
    for e in expressions:
        for x in getattr(e, "atoms", lambda *_: ())(sympy.Indexed):
            found[x.base] = len(x.indices)
    return found
