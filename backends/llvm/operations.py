"""Rows of the primitive table as LLVM instructions, one text for scalars and vectors.

Law: total, in every lane: an integer division whose divisor is not a fitting constant guards itself, shifts are
masked, conversions saturate. So instructions may run in lanes whose results are thrown away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from catad.ops import ROWS

from .emit import SUFFIX, TYPE, Text, constant

__all__ = ["HELPERS", "Operations"]

_FLOAT = ("f64", "f32")
_ARITHMETIC = {"add": "add", "sub": "sub", "mul": "mul"}
_COMPARE = {"eq": ("oeq", "eq", "eq"), "ne": ("une", "ne", "ne"), "lt": ("olt", "slt", "ult"),
            "le": ("ole", "sle", "ule"), "gt": ("ogt", "sgt", "ugt"), "ge": ("oge", "sge", "uge")}
_BITS = {"band": "and", "bor": "or", "bxor": "xor", "and": "and", "or": "or"}
_INTRINSICS = {"sqrt": "sqrt", "abs": "fabs", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "round": "rint"}

_UNARY = frozenset(name for name, row in ROWS.items()      # math functions of one argument
                   if row.args == "F" and row.cost >= 20)

# i64 power by squaring, wrapping; the exponent is not negative.
HELPERS: Mapping[str, str] = MappingProxyType({"ipow": """
define internal i64 @catad.ipow(i64 %base, i64 %power) alwaysinline {
entry:
  br label %head
head:
  %x = phi i64 [ %base, %entry ], [ %xx, %head ]
  %n = phi i64 [ %power, %entry ], [ %nn, %head ]
  %r = phi i64 [ 1, %entry ], [ %rr, %head ]
  %bit = trunc i64 %n to i1
  %times = select i1 %bit, i64 %x, i64 1
  %rr = mul i64 %r, %times
  %xx = mul i64 %x, %x
  %nn = lshr i64 %n, 1
  %done = icmp eq i64 %nn, 0
  br i1 %done, label %end, label %head
end:
  ret i64 %rr
}
"""})


class Operations:
    """Emits rows into a text. `functions` collects the names of math functions, `helpers` those of our own."""

    def __init__(self, strict: bool) -> None:
        self.flag = "" if strict else "contract "
        self.functions: dict[str, None] = {}
        self.helpers: dict[str, None] = {}
        self._single: dict[tuple[str, str, int], tuple[str, str] | None] = {}

    def apply(self, text: Text, op: str, kinds: tuple[str, ...], result: str, args: tuple[str, ...],
              width: int, known: Mapping[int, int]) -> str:
        """The result of a row on argument texts of the given kinds; `known` are constant integer arguments."""
        kind = kinds[0] if op != "select" else kinds[1]
        single = self.single(op, kind, width)
        if single is not None:
            return text.let(f"{single[0]}{', '.join(args)}{single[1]}")
        special = _SPECIAL.get(op)
        if special is not None:
            return special(self, text, kind, vector(kind, width), args, width, known)
        if op in ("to_f64", "to_f32", "to_i64"):
            return _convert(text, kind, result, vector(kind, width), args[0], width)
        return self.function(text, op, kinds, result, args, width)

    def single(self, op: str, kind: str, width: int) -> tuple[str, str] | None:
        """What stands before and after the arguments of a row that is one instruction; None for others."""
        key = (op, kind, width)
        if key not in self._single:
            self._single[key] = self._instruction(op, kind, width)
        return self._single[key]

    def _instruction(self, op: str, kind: str, width: int) -> tuple[str, str] | None:
        t = vector(kind, width)
        floats = kind in _FLOAT
        if op in _ARITHMETIC:
            return (f"f{op} {self.flag}{t} " if floats else f"{op} {t} "), ""
        if op in _COMPARE:
            f, s, u = _COMPARE[op]
            return (f"fcmp {f} {t} " if floats else f"icmp {u if kind == 'bool' else s} {t} "), ""
        if op in _BITS:
            return f"{_BITS[op]} {t} ", ""
        if floats and op in ("div", "neg"):
            return (f"fdiv {self.flag}{t} " if op == "div" else f"fneg {t} "), ""
        if floats and op in _INTRINSICS:
            return f"call {t} @llvm.{_INTRINSICS[op]}.{suffix(kind, width)}({t} ", ")"
        if floats and op in _UNARY:
            name = f"cad.{op}.{kind}.{width}"
            self.functions[name] = None
            return f"call {t} @{name}({t} ", ")"
        return None

    def function(self, text: Text, op: str, kinds: tuple[str, ...], result: str, args: tuple[str, ...],
                 width: int) -> str:
        name = f"cad.{op}.{result}.{width}"
        self.functions[name] = None
        given = ", ".join(f"{vector(k, width)} {a}" for k, a in zip(kinds, args, strict=True))
        return text.let(f"call {vector(result, width)} @{name}({given})")


def vector(kind: str, width: int) -> str:
    """The type of `width` values of a kind."""
    return TYPE[kind] if width == 1 else f"<{width} x {TYPE[kind]}>"


def suffix(kind: str, width: int) -> str:
    """How intrinsics name that type."""
    return SUFFIX[kind] if width == 1 else f"v{width}{SUFFIX[kind]}"


def splat(value: float | int | bool, kind: str, width: int) -> str:
    """A constant, in every lane."""
    c = constant(value, kind)
    return c if width == 1 else f"splat ({TYPE[kind]} {c})"


Special = Callable[[Operations, Text, str, str, tuple[str, ...], int, Mapping[int, int]], str]


def _mask(width: int) -> str:
    return vector("bool", width)


def _neg(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int, known: Mapping[int, int]) -> str:
    return e.let(f"sub {t} {splat(0, kind, w)}, {args[0]}")


def _not(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int, known: Mapping[int, int]) -> str:
    return e.let(f"xor {t} {args[0]}, {splat(True, 'bool', w) if kind == 'bool' else splat(-1, 'i64', w)}")


def _shift(op: str) -> Special:
    def emit(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int,
             known: Mapping[int, int]) -> str:
        by = e.let(f"and {t} {args[1]}, {splat(63, 'i64', w)}")
        return e.let(f"{op} {t} {args[0]}, {by}")
    return emit


def _select(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int, known: Mapping[int, int]) -> str:
    return e.let(f"select {_mask(w)} {args[0]}, {t} {args[1]}, {t} {args[2]}")


def _extreme(float_code: str, intrinsic: str) -> Special:
    """The first at a tie, NaN when either is."""
    def emit(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int,
             known: Mapping[int, int]) -> str:
        x, y = args
        if kind == "bool":
            return e.let(f"{'or' if intrinsic == 'smax' else 'and'} {t} {x}, {y}")
        if kind == "i64":
            return e.let(f"call {t} @llvm.{intrinsic}.{suffix(kind, w)}({t} {x}, {t} {y})")
        other = e.let(f"fcmp {float_code} {t} {x}, {y}")
        nan = e.let(f"fcmp uno {t} {y}, {y}")
        either = e.let(f"or {_mask(w)} {other}, {nan}")
        return e.let(f"select {_mask(w)} {either}, {t} {y}, {t} {x}")
    return emit


def _abs(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int, known: Mapping[int, int]) -> str:
    return e.let(f"call {t} @llvm.abs.{suffix(kind, w)}({t} {args[0]}, i1 false)")


def _sign(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int, known: Mapping[int, int]) -> str:
    one = e.let(f"call {t} @llvm.copysign.{suffix(kind, w)}({t} {splat(1.0, kind, w)}, {t} {args[0]})")
    plain = e.let(f"fcmp one {t} {args[0]}, {splat(0.0, kind, w)}")           # false for zeros and NaN
    return e.let(f"select {_mask(w)} {plain}, {t} {one}, {t} {args[0]}")


def _isnan(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int, known: Mapping[int, int]) -> str:
    return e.let(f"fcmp uno {t} {args[0]}, {args[0]}")


def _isinf(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int, known: Mapping[int, int]) -> str:
    a = e.let(f"call {t} @llvm.fabs.{suffix(kind, w)}({t} {args[0]})")
    return e.let(f"fcmp oeq {t} {a}, {splat(float('inf'), kind, w)}")


def _ult(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int, known: Mapping[int, int]) -> str:
    return e.let(f"icmp ult {t} {args[0]}, {args[1]}")


def _exact_div(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int,
               known: Mapping[int, int]) -> str:
    return e.let(f"sdiv exact {t} {args[0]}, {args[1]}")


def _floor_div(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int,
               known: Mapping[int, int]) -> str:
    a, b = args
    d = known.get(1, 0)
    if d > 0 and d & (d - 1) == 0:
        return e.let(f"ashr {t} {a}, {splat(d.bit_length() - 1, 'i64', w)}")
    minus, safe = _divisor(e, t, b, d, w)
    q = e.let(f"sdiv {t} {a}, {safe}")
    down = _inexact(e, t, a, safe, q, w)
    one = e.let(f"sext {_mask(w)} {down} to {t}")
    q = e.let(f"add {t} {q}, {one}")
    if not minus:
        return q
    opposite = e.let(f"sub {t} {splat(0, 'i64', w)}, {a}")
    return e.let(f"select {_mask(w)} {minus}, {t} {opposite}, {t} {q}")


def _floor_mod(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int,
               known: Mapping[int, int]) -> str:
    a, b = args
    d = known.get(1, 0)
    if d > 0 and d & (d - 1) == 0:
        return e.let(f"and {t} {a}, {splat(d - 1, 'i64', w)}")
    minus, safe = _divisor(e, t, b, d, w)
    r = e.let(f"srem {t} {a}, {safe}")
    signs = e.let(f"xor {t} {r}, {safe}")
    differ = e.let(f"icmp slt {t} {signs}, {splat(0, 'i64', w)}")
    some = e.let(f"icmp ne {t} {r}, {splat(0, 'i64', w)}")
    down = e.let(f"and {_mask(w)} {differ}, {some}")
    more = e.let(f"select {_mask(w)} {down}, {t} {safe}, {t} {splat(0, 'i64', w)}")
    r = e.let(f"add {t} {r}, {more}")
    return r if not minus else e.let(f"select {_mask(w)} {minus}, {t} {splat(0, 'i64', w)}, {t} {r}")


def _divisor(e: Text, t: str, b: str, constant_: int, w: int) -> tuple[str, str]:
    """Where b is -1, and b with 0 and -1 replaced by 1: no division traps."""
    if constant_ not in (0, -1):
        return "", b
    minus = e.let(f"icmp eq {t} {b}, {splat(-1, 'i64', w)}")
    zero = e.let(f"icmp eq {t} {b}, {splat(0, 'i64', w)}")
    bad = e.let(f"or {_mask(w)} {minus}, {zero}")
    return minus, e.let(f"select {_mask(w)} {bad}, {t} {splat(1, 'i64', w)}, {t} {b}")


def _inexact(e: Text, t: str, a: str, b: str, q: str, w: int) -> str:
    """Was the quotient, rounded towards zero, above the true one?"""
    back = e.let(f"mul {t} {q}, {b}")
    r = e.let(f"sub {t} {a}, {back}")
    some = e.let(f"icmp ne {t} {r}, {splat(0, 'i64', w)}")
    signs = e.let(f"xor {t} {r}, {b}")
    differ = e.let(f"icmp slt {t} {signs}, {splat(0, 'i64', w)}")
    return e.let(f"and {_mask(w)} {some}, {differ}")


def _ipow(o: Operations, e: Text, kind: str, t: str, args: tuple[str, ...], w: int, known: Mapping[int, int]) -> str:
    o.helpers["ipow"] = None
    if w == 1:
        return e.let(f"call i64 @catad.ipow(i64 {args[0]}, i64 {args[1]})")
    result = "poison"
    for k in range(w):
        a = e.let(f"extractelement {t} {args[0]}, i64 {k}")
        n = e.let(f"extractelement {t} {args[1]}, i64 {k}")
        x = e.let(f"call i64 @catad.ipow(i64 {a}, i64 {n})")
        result = e.let(f"insertelement {t} {result}, i64 {x}, i64 {k}")
    return result


def _convert(e: Text, kind: str, result: str, t: str, a: str, w: int) -> str:
    to = vector(result, w)
    if kind == result:
        return a
    if result == "i64":
        if kind == "bool":
            return e.let(f"zext {t} {a} to {to}")
        return e.let(f"call {to} @llvm.fptosi.sat.{suffix('i64', w)}.{suffix(kind, w)}({t} {a})")
    if kind == "i64":
        return e.let(f"sitofp {t} {a} to {to}")
    return e.let(f"{'fpext' if result == 'f64' else 'fptrunc'} {t} {a} to {to}")


_SPECIAL: Mapping[str, Special] = {
    "neg": _neg, "not": _not, "bnot": _not, "shl": _shift("shl"), "shr": _shift("ashr"),
    "select": _select, "max": _extreme("olt", "smax"), "min": _extreme("ogt", "smin"), "abs": _abs, "sign": _sign,
    "isnan": _isnan, "isinf": _isinf, "ult": _ult, "exact_div": _exact_div, "idiv": _floor_div,
    "imod": _floor_mod, "ipow": _ipow,
}
