"""Lowering of scalar rows: divisions and powers with their checks, the rest as it is."""

from __future__ import annotations

from catad.source import Span

from .arrays import ArrayWriter
from .kernel import Reg

__all__ = ["ScalarWriter"]

_INTEGERS = frozenset(("idiv", "imod"))
_PLAIN = frozenset(("add", "sub", "mul", "neg", "div"))  # on floats there is nothing to know about them


class ScalarWriter(ArrayWriter):
    """Writes scalar rows; what can fail is checked right before."""

    def scalar(self, name: str, regs: tuple[Reg, ...], span: Span | None) -> Reg:
        """A row on scalars."""
        kinds = self.kinds
        if name in _PLAIN and kinds[regs[0]] != "i64":
            return self.pure(name, regs)
        if name in _INTEGERS:
            return self._division(name, regs, span)
        if name in ("powi", "ipow"):
            return self._power(name, regs, span)
        if name == "corr":
            name = "mul"                                 # which it is, on scalars
        if name in ("add", "mul") and kinds[regs[0]] == "i64":
            r = self.add(*regs) if name == "add" else self.mul(*regs)
        else:
            r = self.pure(name, regs)
        if kinds[r] == "i64":
            self.symbolic(name, r, regs)
        return r

    def _division(self, name: str, regs: tuple[Reg, ...], span: Span | None) -> Reg:
        divisor = regs[1]
        if self.values.get(divisor, 0) == 0:
            ok = self.pure("ne", (divisor, self.literal(0, "i64")))
            self.check(ok, "E0503", span, "{a} divided by zero", regs[0], divisor)
            return self.pure(name, regs, "i64", pinned=True)
        r = self.pure(name, regs, "i64")
        if name == "idiv":
            self.symbolic(name, r, regs)
        return r

    def _power(self, name: str, regs: tuple[Reg, ...], span: Span | None) -> Reg:
        base, exponent = regs
        known = self.values.get(exponent)
        if known is not None and 0 <= known <= 64:
            return self._chain(base, int(known))
        if name == "ipow":
            ok = self.pure("ge", (exponent, self.literal(0, "i64")))
            self.check(ok, "E0504", span, "{a} to the power {b}", base, exponent)
            return self.pure(name, regs, "i64", pinned=True)
        return self.pure(name, regs, self.kinds[base])

    def _chain(self, x: Reg, n: int) -> Reg:
        """x to a constant power, by squaring."""
        kind = self.kinds[x]
        result: Reg | None = None
        while n:
            if n & 1:
                result = x if result is None else self._times(result, x)
            n >>= 1
            x = self._times(x, x) if n else x
        return result if result is not None else self.literal(1.0 if kind != "i64" else 1, kind)

    def _times(self, a: Reg, b: Reg) -> Reg:
        r = self.pure("mul", (a, b))
        if self.kinds[r] == "i64":
            self.symbolic("mul", r, (a, b))
        return r
