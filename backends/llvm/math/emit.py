"""Formulas over vectors of any width, written down as LLVM text.

A `Value` is a name in the text with its kind: f (floats), i (integers of the same size), b (truth values); operators on
values append instructions. One formula serves every width and both formats:

    e = Emitter(F64, 8, target);  x = e.argument("x");  y = e.fma(x, x, 1.0) / x

Laws: without a fused multiply-add in the target none is emitted (it would be a library call); no fast-math flag is ever
set; `e.otherwise` keeps lanes independent, so that a result does not depend on its neighbours in the vector.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from catad.backends.llvm.math.coefficients import COEFFICIENTS
from catad.backends.llvm.target import Target

__all__ = ["F32", "F64", "FORMATS", "Emitter", "Format", "Number", "Value", "vector"]


@dataclass(frozen=True, slots=True)
class Format:
    """An IEEE format. Adding `magic` to a number rounds it to an integer, found in the low bits of the sum."""

    name: str
    llvm: str
    bits: int
    fraction: int
    bias: int

    @property
    def magic(self) -> float:
        return 1.5 * 2.0 ** self.fraction

    @property
    def smallest(self) -> float:
        """The least normal number."""
        return 2.0 ** (1 - self.bias)

    @property
    def sign(self) -> int:
        return -(1 << (self.bits - 1))

    def pick(self, f64: float, f32: float) -> float:
        return f64 if self.bits == 64 else f32


F64 = Format("f64", "double", 64, 52, 1023)
F32 = Format("f32", "float", 32, 23, 127)
FORMATS = {"f64": F64, "f32": F32}


def vector(scalar: str, lanes: int) -> str:
    """The LLVM type of so many lanes."""
    return scalar if lanes == 1 else f"<{lanes} x {scalar}>"


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """An operand: a register or a constant."""

    e: Emitter
    text: str
    kind: str

    def __add__(self, other: Number) -> Value:
        return self.e.both("fadd", "add", self, other)

    def __radd__(self, other: Number) -> Value:
        return self.e.both("fadd", "add", other, self)

    def __sub__(self, other: Number) -> Value:
        return self.e.both("fsub", "sub", self, other)

    def __rsub__(self, other: Number) -> Value:
        return self.e.both("fsub", "sub", other, self)

    def __mul__(self, other: Number) -> Value:
        return self.e.both("fmul", "mul", self, other)

    def __rmul__(self, other: Number) -> Value:
        return self.e.both("fmul", "mul", other, self)

    def __truediv__(self, other: Number) -> Value:
        return self.e.both("fdiv", "", self, other)

    def __rtruediv__(self, other: Number) -> Value:
        return self.e.both("fdiv", "", other, self)

    def __neg__(self) -> Value:
        return self.e.line("f", f"fneg {self.e.type('f')} {self.text}")

    def __and__(self, other: Number) -> Value:
        return self.e.both("", "and", self, other)

    def __or__(self, other: Number) -> Value:
        return self.e.both("", "or", self, other)

    def __xor__(self, other: Number) -> Value:
        return self.e.both("", "xor", self, other)

    def __lshift__(self, n: int) -> Value:
        return self.e.both("", "shl", self, n)

    def __rshift__(self, n: int) -> Value:
        return self.e.both("", "ashr", self, n)

    def __invert__(self) -> Value:
        return self.e.line("b", f"xor {self.e.type('b')} {self.text}, {self.e.truth(True)}")

    # comparisons are false for NaN, except `ne`
    def lt(self, other: Number) -> Value:
        return self.e.compare("olt", "slt", self, other)

    def le(self, other: Number) -> Value:
        return self.e.compare("ole", "sle", self, other)

    def gt(self, other: Number) -> Value:
        return self.e.compare("ogt", "sgt", self, other)

    def ge(self, other: Number) -> Value:
        return self.e.compare("oge", "sge", self, other)

    def eq(self, other: Number) -> Value:
        return self.e.compare("oeq", "eq", self, other)

    def ne(self, other: Number) -> Value:
        return self.e.compare("une", "ne", self, other)

    def below(self, other: int) -> Value:
        """Unsigned comparison of integers."""
        return self.e.compare("", "ult", self, other)


Number = Value | float | int


class Emitter:
    """Collects the lines of one function body."""

    def __init__(self, fmt: Format, lanes: int, target: Target) -> None:
        self.fmt = fmt
        self.lanes = lanes
        self.target = target
        self.lines: list[str] = []
        self.helpers: dict[str, tuple[str, int, int]] = {}      # cold functions: name -> (row, lanes, arguments)
        self._next = count()

    def converted(self, fmt: Format) -> Emitter:
        """The same body, continued in another format."""
        other = Emitter(fmt, self.lanes, self.target)
        other.lines, other.helpers, other._next = self.lines, self.helpers, self._next
        return other

    # ── text ────────────────────────────────────────────────────────────────────────────────────────────────────

    def type(self, kind: str) -> str:
        scalar = {"f": self.fmt.llvm, "i": f"i{self.fmt.bits}", "b": "i1"}[kind]
        return vector(scalar, self.lanes)

    @property
    def suffix(self) -> str:
        """How LLVM names this float type in intrinsics."""
        return self.fmt.name if self.lanes == 1 else f"v{self.lanes}{self.fmt.name}"

    def fresh(self, stem: str = "v") -> str:
        return f"{stem}{next(self._next)}"

    def line(self, kind: str, instruction: str) -> Value:
        name = f"%{self.fresh()}"
        self.lines.append(f"  {name} = {instruction}")
        return Value(self, name, kind)

    def argument(self, name: str, kind: str = "f") -> Value:
        return Value(self, f"%{name}", kind)

    def value(self, x: Number, kind: str) -> Value:
        if isinstance(x, Value):
            assert x.kind == kind, (x.kind, kind)
            return x
        if kind == "f":
            return Value(self, self._splat(self.fmt.llvm, self._float(float(x))), kind)
        return Value(self, self._splat(f"i{self.fmt.bits}", str(int(x))), kind)

    def truth(self, x: bool) -> str:
        return self._splat("i1", "true" if x else "false")

    def _splat(self, scalar: str, text: str) -> str:
        return text if self.lanes == 1 else f"splat ({scalar} {text})"

    def _float(self, x: float) -> str:
        if self.fmt.bits == 32:                                  # LLVM writes a float as the double of its value
            x = struct.unpack("f", struct.pack("f", x))[0]
        return "0x" + struct.pack(">d", x).hex().upper()

    # ── instructions ────────────────────────────────────────────────────────────────────────────────────────────

    def both(self, floats: str, integers: str, a: Number, b: Number) -> Value:
        kind = a.kind if isinstance(a, Value) else b.kind if isinstance(b, Value) else "f"
        name = floats if kind == "f" else integers
        assert name, "this operator is not for that kind"
        x, y = self.value(a, kind), self.value(b, kind)
        return self.line(kind, f"{name} {self.type(kind)} {x.text}, {y.text}")

    def compare(self, floats: str, integers: str, a: Value, b: Number) -> Value:
        y = self.value(b, a.kind)
        name = f"fcmp {floats}" if a.kind == "f" else f"icmp {integers}"
        return self.line("b", f"{name} {self.type(a.kind)} {a.text}, {y.text}")

    def less(self, a: Value, b: Number) -> Value:
        return a.lt(b)

    def select(self, c: Value, a: Number, b: Number) -> Value:
        kind = a.kind if isinstance(a, Value) else b.kind if isinstance(b, Value) else "f"
        x, y, t = self.value(a, kind), self.value(b, kind), self.type(kind)
        return self.line(kind, f"select {self.type('b')} {c.text}, {t} {x.text}, {t} {y.text}")

    def intrinsic(self, name: str, *args: Number) -> Value:
        t = self.type("f")
        operands = ", ".join(f"{t} {self.value(a, 'f').text}" for a in args)
        return self.line("f", f"call {t} @llvm.{name}.{self.suffix}({operands})")

    def fma(self, a: Number, b: Number, c: Number) -> Value:
        """a·b + c, rounded once where the machine can."""
        if self.target.fma:
            return self.intrinsic("fma", a, b, c)
        x = a if isinstance(a, Value) else self.value(a, "f")
        return x * b + c

    def product_error(self, a: Value, b: Value, p: Value) -> Value:
        """a·b - p exactly, for p = a·b rounded."""
        if self.target.fma:
            return self.fma(a, b, -p)
        split = 2.0 ** ((self.fmt.fraction + 2) // 2) + 1
        (ah, al), (bh, bl) = ((x * split - (x * split - x), x) for x in (a, b))
        al, bl = al - ah, bl - bh
        return ((ah * bh - p) + ah * bl + al * bh) + al * bl

    def bits(self, x: Value) -> Value:
        return self.line("i", f"bitcast {self.type('f')} {x.text} to {self.type('i')}")

    def number(self, x: Value) -> Value:
        return self.line("f", f"bitcast {self.type('i')} {x.text} to {self.type('f')}")

    def shifted(self, x: Value, n: int) -> Value:
        """Shift right, zeros coming in."""
        return self.line("i", f"lshr {self.type('i')} {x.text}, {self.value(n, 'i').text}")

    def abs(self, x: Value) -> Value:
        return self.intrinsic("fabs", x)

    def copysign(self, x: Number, sign: Value) -> Value:
        return self.intrinsic("copysign", x, sign)

    def sqrt(self, x: Value) -> Value:
        return self.intrinsic("sqrt", x)

    def both_true(self, a: Value, b: Value) -> Value:
        return self.line("b", f"and {self.type('b')} {a.text}, {b.text}")

    def either(self, a: Value, b: Value) -> Value:
        return self.line("b", f"or {self.type('b')} {a.text}, {b.text}")

    def polynomial(self, name: str, x: Value) -> Value:
        """A polynomial of the table; long ones as two or four, to shorten the chain of dependent instructions."""
        c = COEFFICIENTS[name, self.fmt.name]
        return self._split(c, x, 1 if len(c) < 8 else 2 if len(c) < 16 else 4)

    def _split(self, c: Sequence[float], x: Value, ways: int) -> Value:
        """Even and odd powers apart, for one more multiplication."""
        if ways == 1:
            return self.horner(c, x)
        z = x * x
        return self.fma(self._split(c[1::2], z, ways // 2), x, self._split(c[::2], z, ways // 2))

    def horner(self, coefficients: Sequence[float], x: Value) -> Value:
        total: Number = coefficients[-1]
        for c in reversed(coefficients[:-1]):
            total = self.fma(total, x, c)
        assert isinstance(total, Value)
        return total

    # ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────

    def otherwise(self, row: str, args: Sequence[Value], ok: Value, fast: Value) -> Value:
        """`fast` in the lanes that are ok; in the others, by a cold call, what the scalar function `row` says."""
        name = f"cad.cold.{row}.{self.fmt.name}.{self.lanes}"
        self.helpers[name] = (row, self.lanes, len(args))
        here, slow, join = self.fresh("b"), self.fresh("b"), self.fresh("b")
        everywhere = ok
        if self.lanes > 1:
            everywhere = self.line("b", f"call i1 @llvm.vector.reduce.and.v{self.lanes}i1({self.type('b')} {ok.text})")
        self.lines += [f"  br label %{here}", f"{here}:", f"  br i1 {everywhere.text}, label %{join}, label %{slow}",
                       f"{slow}:"]
        t = self.type("f")
        operands = ", ".join(f"{t} {a.text}" for a in (*args, fast))
        late = self.line("f", f"call {t} @{name}({operands}, {self.type('b')} {ok.text})")
        self.lines += [f"  br label %{join}", f"{join}:"]
        return self.line("f", f"phi {t} [ {fast.text}, %{here} ], [ {late.text}, %{slow} ]")
