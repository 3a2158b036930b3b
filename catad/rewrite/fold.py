"""Rules on scalars, rooted at one box: constants and identities.

Every equation here holds for all IEEE values, NaN, infinities and signed zeros included (so x*0 = 0 and x-x = 0 are
not here), with one exception that is no exception: a *structural* zero, made by a derivative for "nothing flows here",
is the zero of the module, 0 + x = x and f 0 = 0 for f linear. Each rule removes its box or replaces it by one that
costs less or is nearer to the normal form named beside it, so rewriting ends. What a reduction carries keeps its form:
its body goes on combining by the operation of its kind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from catad.net.build import rounded
from catad.net.net import Prim, SizeValue, Wire
from catad.ops import row
from catad.rewrite.scope import Rule, Scope, Site
from catad.types.type import BOOL, F32, F64, I64, Scalar, Type

__all__ = ["RULES", "fold"]

Value = float | int | bool


# ── constants ───────────────────────────────────────────────────────────────────────────────────────────────

def wrap(x: int) -> int:
    """Two's complement in 64 bits."""
    return (x + 2**63) % 2**64 - 2**63


def divide(x: float, y: float) -> float:
    """IEEE division."""
    if y != 0:
        return x / y
    if x == 0 or math.isnan(x):
        return math.nan
    return math.copysign(math.inf, x) * math.copysign(1.0, y)


_FLOAT: Mapping[str, Callable[..., float]] = {
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "corr": lambda x, y: x * y,
    "div": divide, "neg": lambda x: -x, "abs": abs,
    "sqrt": lambda x: math.sqrt(x) if x >= 0 else math.nan,
    "to_f64": float, "to_f32": float,
}
_INT: Mapping[str, Callable[..., int]] = {
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "neg": lambda x: -x,
    "abs": abs, "max": max, "min": min, "idiv": lambda x, y: x // y, "imod": lambda x, y: x % y,
    "ipow": lambda x, n: pow(x, n, 2**64), "band": lambda x, y: x & y, "bor": lambda x, y: x | y,
    "bxor": lambda x, y: x ^ y, "bnot": lambda x: ~x, "shl": lambda x, n: x << n, "shr": lambda x, n: x >> n,
}
_TEST: Mapping[str, Callable[..., bool]] = {
    "eq": lambda x, y: x == y, "ne": lambda x, y: x != y, "lt": lambda x, y: x < y, "le": lambda x, y: x <= y,
    "gt": lambda x, y: x > y, "ge": lambda x, y: x >= y, "and": lambda x, y: x and y, "or": lambda x, y: x or y,
    "not": lambda x: not x, "isnan": math.isnan, "isinf": math.isinf,
}


def fold(name: str, values: Sequence[Value], t: Type) -> Value | None:
    """The value of a primitive at constants, when it is the same as at run time. Transcendental ones are left."""
    if t == BOOL:
        return bool(_TEST[name](*values)) if name in _TEST else None
    if t in (F64, F32) and name in _FLOAT:
        result = rounded(_FLOAT[name](*values), t)
        return result if _exact(name, values, result) else None
    if t != I64:
        return None
    if name == "to_i64":
        return _truncate(values[0])
    if (name in ("idiv", "imod") and values[1] in (0, -1)) or (name == "ipow" and values[1] < 0):
        return None
    if name in _INT and not (name in ("shl", "shr") and not 0 <= values[1] < 64):
        return wrap(_INT[name](*values))
    return None


_EXACT: Mapping[str, Callable[..., Fraction]] = {
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "corr": lambda x, y: x * y,
    "div": lambda x, y: x / y,
}


def _exact(name: str, values: Sequence[Value], result: float) -> bool:
    """Is nothing rounded? A rounded constant would spoil exact backends; LLVM folds what is left here."""
    if not all(map(math.isfinite, (*values, result))) or (name == "div" and values[1] == 0):
        return True
    if name == "sqrt":
        return Fraction(result) ** 2 == Fraction(values[0])
    return name not in _EXACT or Fraction(result) == _EXACT[name](*map(Fraction, values))


def _truncate(x: Value) -> int | None:
    """float → i64 where that is defined."""
    if isinstance(x, float):
        return int(x) if math.isfinite(x) and abs(x) < 2**62 else None
    return int(x)


def folding(name: str) -> Rule:
    """name(constants) = constant"""
    def rule(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
        values = [s.value(w) for w in a]
        if not values or any(v is None for v in values):
            return None
        result = fold(name, [v for v in values if v is not None], t)
        if result is None or not isinstance(t, Scalar):
            return None
        return s.const(result, t, site)
    return rule


def sizes(name: str) -> Rule:
    """size ∘ size = size, for +, -, × : polynomials are one box"""
    def rule(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
        if t != I64:
            return None
        x, y = s.polynomial(a[0]), s.polynomial(a[1])
        if x is None or y is None:
            return None
        size = x + y if name == "add" else x - y if name == "sub" else x * y
        if size.constant is not None:
            return s.const(size.constant, I64)
        return s.emit(SizeValue(size), (), [I64], (), *site)[0]
    return rule


# ── structural zeros ────────────────────────────────────────────────────────────────────────────────────────

def linear_zero(name: str) -> Rule:
    """f(0, …) = 0 when f is linear in arguments that are structural zeros"""
    sets = row(name).linear

    def rule(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
        return s.zero(t) if any(all(s.is_zero(a[i]) for i in group) for group in sets) else None
    return rule


# ── identities ──────────────────────────────────────────────────────────────────────────────────────────────

def same(x: Value | None, y: float) -> bool:
    """Is a constant this number, sign of zero included?"""
    return x is not None and x == y and math.copysign(1.0, x) == math.copysign(1.0, y)


def made(s: Scope, w: Wire, name: str) -> tuple[Wire, ...] | None:
    """The sources of the box here that makes `w`, when it is this primitive."""
    box = s.made[w]
    return box.sources if box is not None and type(box.op) is Prim and box.op.name == name else None


def add(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """x + (-0.0) = x     x + 0 = x (integers, structural zeros)     x + (-y) = x - y     (-x) + y = y - x"""
    for x, y in ((a[0], a[1]), (a[1], a[0])):
        if s.is_zero(y) or same(s.value(y), 0.0 if t == I64 else -0.0):
            return x
        if x not in s.adders and y not in s.adders and (negated := made(s, y, "neg")) is not None:
            return s.prim("sub", x, negated[0], site=site)
    return None


def sub(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """x - 0.0 = x     0 - x = -x (integers, structural zeros)     x - (-y) = x + y     x - x = 0 (integers)"""
    x, y = a
    if s.is_zero(y) or same(s.value(y), 0.0):
        return x
    if s.is_zero(x) or (t == I64 and same(s.value(x), 0)):
        return s.prim("neg", y, site=site)
    if (negated := made(s, y, "neg")) is not None:
        return s.prim("add", x, negated[0], site=site)
    return s.const(0, I64) if t == I64 and x == y else None


def neg(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """-(-x) = x"""
    inner = made(s, a[0], "neg")
    return None if inner is None else inner[0]


def mul(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """x * 1 = x     x * -1 = -x     (-x) * (-y) = x * y     x * 0 = 0 (integers)"""
    for x, y in ((a[0], a[1]), (a[1], a[0])):
        value = s.value(y)
        if value is None:
            continue
        if value == 1:
            return x
        if value == -1 and x not in s.adders:
            return s.prim("neg", x, site=site)
        if t == I64 and value == 0:
            return y
    p, q = made(s, a[0], "neg"), made(s, a[1], "neg")
    if p is not None and q is not None:
        return s.prim("mul", p[0], q[0], site=site)
    return None


def scaled(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """(-x) * c = x * (-c), c constant"""
    for x, y in ((a[0], a[1]), (a[1], a[0])):
        inner, value = made(s, x, "neg"), s.value(y)
        if inner is not None and value is not None and t in (F64, F32) and isinstance(t, Scalar):
            return s.prim("mul", inner[0], s.const(-value, t), site=site)
    return None


def div(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """x / 1 = x     x / -1 = -x     0 / y = 0 (structural)     x / 2^k = x * 2^-k, which is exact"""
    value = s.value(a[1])
    if value == 1 or s.is_zero(a[0]):
        return a[0]
    if value == -1:
        return s.prim("neg", a[0], site=site)
    if value and isinstance(t, Scalar) and math.frexp(value)[0] in (0.5, -0.5) and 2**-60 <= abs(value) <= 2**60:
        return s.prim("mul", a[0], s.const(1.0 / value, t), site=site)
    return None


def integer_quotient(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """x div 1 = x"""
    return a[0] if s.value(a[1]) == 1 else None


def integer_rest(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """x mod 1 = 0"""
    return s.const(0, I64) if s.value(a[1]) == 1 else None


def select(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """select true x y = x     select false x y = y     select c x x = x     select (not c) x y = select c y x"""
    c, x, y = a
    value = s.value(c)
    if value is not None:
        return x if value else y
    if x == y:
        return x
    inner = made(s, c, "not")
    return None if inner is None else s.prim("select", inner[0], y, x, site=site)


def conjunction(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """x and true = x     x and false = false     x and x = x"""
    for x, y in ((a[0], a[1]), (a[1], a[0])):
        value = s.value(y)
        if value is not None:
            return x if value else y
    return a[0] if a[0] == a[1] else None


def disjunction(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """x or false = x     x or true = true     x or x = x"""
    for x, y in ((a[0], a[1]), (a[1], a[0])):
        value = s.value(y)
        if value is not None:
            return y if value else x
    return a[0] if a[0] == a[1] else None


def involution(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """not (not x) = x     not (x == y) = x /= y, and back. (Not so for <: NaN.)"""
    box = s.made[a[0]]
    if box is None or type(box.op) is not Prim:
        return None
    if box.op.name == "not":
        return box.sources[0]
    if box.op.name in ("eq", "ne"):
        return s.prim("ne" if box.op.name == "eq" else "eq", *box.sources, site=site)
    return None


def idempotent(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """max x x = x"""
    return a[0] if a[0] == a[1] else None


def reflexive(truth: bool) -> Rule:
    """x == x, on integers and truth values, where there is no NaN"""
    def rule(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
        return s.const(truth, BOOL) if a[0] == a[1] and s.types[a[0]] in (I64, BOOL) else None
    return rule


def conversion(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """to_t x = x for x : t"""
    return a[0] if s.types[a[0]] == t else None


def power(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """x^0 = 1     x^1 = x     x^2 = x * x     x^3 = x * x * x     x^4 = (x * x)^2     x^-1 = 1 / x"""
    x, n = a[0], s.value(a[1])
    if n is None or t not in (F64, F32) or not isinstance(t, Scalar):
        return None
    match n:
        case 0:
            return s.const(1.0, t)
        case 1:
            return x
        case -1:
            return s.prim("div", s.const(1.0, t), x, site=site)
        case 2 | 3 | 4:
            square = s.prim("mul", x, x, site=site)
            return square if n == 2 else s.prim("mul", square, x if n == 3 else square, site=site)
    return None


def frozen(s: Scope, a: Sequence[Wire], t: Type, site: Site) -> Wire | None:
    """constant c = c     constant (constant x) = constant x     constant x = x, when no derivative comes any more"""
    box = s.made[a[0]]
    twice = box is not None and isinstance(box.op, Prim) and box.op.name == "constant"
    return a[0] if s.run.selects or twice or s.is_zero(a[0]) or s.value(a[0]) is not None else None


def _rules() -> dict[str, tuple[Rule, ...]]:
    own: dict[str, tuple[Rule, ...]] = {
        "add": (add, sizes("add")), "sub": (sub, sizes("sub")), "mul": (mul, scaled, sizes("mul")), "neg": (neg,),
        "div": (div,), "idiv": (integer_quotient,), "imod": (integer_rest,), "select": (select,),
        "and": (conjunction,), "or": (disjunction,), "not": (involution,), "max": (idempotent,), "min": (idempotent,),
        "eq": (reflexive(True),), "le": (reflexive(True),), "ge": (reflexive(True),), "ne": (reflexive(False),),
        "lt": (reflexive(False),), "gt": (reflexive(False),), "to_f64": (conversion,), "to_f32": (conversion,),
        "to_i64": (conversion,), "powi": (power,), "constant": (frozen,),
    }
    constant = {name for table in (_FLOAT, _INT, _TEST) for name in table} | {"to_i64"}
    linear = {"neg", "mul", "corr", "select", "to_f64", "to_f32"}
    names = sorted({*own, *constant, *linear})
    return {n: (*((folding(n),) if n in constant else ()), *((linear_zero(n),) if n in linear else ()), *own.get(n, ()))
            for n in names}


RULES: Mapping[str, tuple[Rule, ...]] = _rules()
