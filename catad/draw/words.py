"""What a picture of a net says: the label of each operation, in the signs of the language, and the kind of wires."""

from __future__ import annotations

import math
from collections.abc import Sequence

from catad.net.net import (
    BindSize,
    Call,
    Const,
    Derive,
    Fill,
    Guard,
    IfOp,
    Lambda,
    Loop,
    Op,
    Prim,
    SeriesPack,
    SeriesPart,
    SizeValue,
    While,
)
from catad.types.type import BOOL, I64, Array, Fun, Series, Type

__all__ = ["access_label", "box_class", "box_label", "constant", "index_name", "loop_label", "wire_class"]

_SIGNS = {
    "add": "+", "sub": "−", "neg": "−", "mul": "×", "div": "÷", "idiv": "div", "imod": "mod", "ipow": "^",
    "pow": "^", "powi": "^", "eq": "=", "ne": "≠",
    "lt": "<", "le": "≤", "gt": ">", "ge": "≥", "and": "∧", "or": "∨", "not": "¬",
    "sqrt": "√", "cbrt": "∛", "abs": "|x|", "select": "?:", "stack": "[…]",
    "to_f64": "f64", "to_f32": "f32", "to_i64": "i64", "corr": "⋆",
    "floor": "⌊x⌋", "ceil": "⌈x⌉", "lgamma": "ln Γ", "digamma": "ψ", "polygamma": "ψ⁽ᵐ⁾", "band": "&", "bor": "|",
    "bxor": "xor", "bnot": "~", "shl": "<<", "shr": ">>",
}
_SUMS = {"add": "Σ", "mul": "Π", "max": "max", "min": "min", "and": "∀", "or": "∃"}
_INDICES = "ijklpqrstuvw"


def index_name(nesting: int) -> str:
    """The name of a loop's counter, by how many loops are around it."""
    return _INDICES[nesting] if nesting < len(_INDICES) else f"i{nesting}"


def access_label(name: str, indices: Sequence[str]) -> str:
    """`a[i, 0]` and its like, with the names of the indices that have one."""
    subscript = f"[{', '.join(indices)}]" if indices else ""
    return {"index": "a" + subscript, "update": f"a{subscript} := x", "add_at": f"a{subscript} += x"}[name]


def box_label(op: Op) -> str:
    """What is written on a box."""
    match op:
        case Prim(name):
            return _SIGNS.get(name, name)
        case BindSize(name):
            return f"size {name}"
        case Guard(checks):
            return ", ".join(f"{a} = {b}" for a, b in checks) + " ?"
        case Fill(sizes):
            return f"fill [{', '.join(map(str, sizes))}]"
        case Call(name):
            return name
        case Derive(kind):
            return kind
        case SeriesPack(order):
            return f"series {order}"
        case SeriesPart("value"):
            return "coefficient 0"
        case SeriesPart():
            return "coefficients 1…"
        case Lambda():
            return "λ"
        case IfOp():
            return "if"
    return type(op).__name__.lower()


def loop_label(op: Loop, name: str) -> str:
    """`for i < n` for maps, `Σ i < n` and its like for pure reductions, `loop i < n` else; ↓ when it runs down."""
    kinds = {c.kind for c in op.carries}
    if not kinds:
        head = "for"
    elif len(kinds) == 1 and not kinds & {"state"}:
        head = _SUMS[next(iter(kinds))]
    else:
        head = "loop"
    return f"{head} {name} < {op.size}" + (" ↓" if op.down else "")


def constant(op: Op) -> str | None:
    """The text of an operation without sources that stands for itself, or None."""
    if isinstance(op, SizeValue):
        return str(op.size)
    return _value(op.value) if isinstance(op, Const) else None


def _value(v: float | int | bool) -> str:
    if isinstance(v, bool | int):
        return str(v).lower().replace("-", "−")
    if math.isnan(v):
        return "NaN"
    if math.isinf(v):
        return "∞" if v > 0 else "−∞"
    if v == math.pi:
        return "π"
    text = str(int(v)) if v.is_integer() and abs(v) < 1e6 else repr(v)
    if v == 0 and math.copysign(1, v) < 0:
        text = "-0"
    return (text if len(text) < 9 else f"{v:.4g}").replace("-", "−")


def wire_class(t: Type) -> str:
    """The style class of a wire."""
    match t:
        case Fun():
            return "wf"
        case Series():
            return "ws"
        case Array(_, item):
            return "wm" if isinstance(item, Array) else "wa"
    return "wi" if t == I64 else "wb" if t == BOOL else "w"


def box_class(op: Op) -> str:
    """The style class of a box."""
    match op:
        case Loop() | While():
            return "loop"
        case IfOp():
            return "if"
        case Lambda() | Derive():
            return "fun"
        case Call():
            return "call"
        case Guard() | BindSize():
            return "size"
    return "op"
