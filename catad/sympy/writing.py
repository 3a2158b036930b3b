"""One formula as .cad text: what occurs twice is computed once, and every function of SymPy has a row or is refused.

    x**2 + sin(y)/3            x^2 + sin y / 3
    Sum(x[i]**2, (i, 0, n-1))  sum (for i < n -> x[i]^2)
    Piecewise((a, c), (b, True))       if c then a else b

A *block* is what is computed together, with its `let`s: the formula itself, the body of a sum, a branch. Whole numbers
stay whole until they meet others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import sympy
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from catad.source import CatadError, error
from catad.sympy.arguments import Parameters
from catad.sympy.functions import CONSTANTS, FUNCTIONS, MODULES
from catad.sympy.phrases import ATOM, CALL, COMPARE, OPEN, OR, POWER, PREFIX, PRODUCT, SUM, Phrase, call, infix, real

__all__ = ["Writer"]

_DEEPEST = 40                    # what is nested deeper gets a name
_RELATIONS = {"Equality": "==", "Unequality": "!=", "StrictLessThan": "<", "LessThan": "<=", "StrictGreaterThan": ">",
              "GreaterThan": ">="}
_APART = (sympy.Sum, sympy.Product, sympy.Piecewise, sympy.Derivative, ExprCondPair)


class Writer:
    """Writes the formulas of one definition."""

    def __init__(self, p: Parameters) -> None:
        self.p = p
        self.known: dict[Any, Phrase] = dict(p.known)
        self.lets: list[str] = []
        self.shared: Counter[Any] = Counter()
        self.modules: set[str] = set()

    # ── blocks ─────────────────────────────────────────────────────────────────────────────────────────────────

    def block(self, write: Callable[[], Phrase], expressions: Sequence[Any]) -> Phrase:
        """What `write` makes, after the `let`s that it needs; `expressions` are what it is made of."""
        saved = self.lets, self.shared, dict(self.known)
        self.lets, self.shared = [], Counter()
        for e in expressions:
            self._count(e)
        body = write()
        if self.lets:
            body = Phrase("\n".join([*self.lets, body.text]), OPEN, body.kind, 2)
        self.lets, self.shared, self.known = saved
        return body

    def _count(self, e: Any) -> None:
        """How often each part is needed in this block."""
        stack = [e]
        while stack:
            x = stack.pop()
            if not isinstance(x, sympy.Basic) or not x.args or isinstance(x, sympy.Rational):
                continue
            self.shared[x] += 1
            if self.shared[x] == 1 and not isinstance(x, _APART):
                stack.extend(x.args)

    def named(self, p: Phrase) -> Phrase:
        name = self.p.name("t")
        self.lets.append(f"let {name} = {p.text} in")
        return Phrase(name, ATOM, p.kind)

    # ── formulas ───────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, e: Any) -> Phrase:
        """The text of a formula, in this block. Raises E0638 for what has no meaning in the language."""
        if e in self.known:
            return self.known[e]
        p = self._write(e)
        if p.level < ATOM and (p.depth > _DEEPEST or (self.shared[e] > 1 and p.kind != "lit")):
            p = self.named(p)
            self.known[e] = p
        return p

    def _write(self, e: Any) -> Phrase:
        for kind in type(e).__mro__:
            method = getattr(self, f"_{kind.__name__}", None)
            if method is not None:
                found: Phrase = method(e)
                return found
        name = type(e).__name__
        if name in FUNCTIONS:
            if name in MODULES:
                self.modules.add(MODULES[name])
            return FUNCTIONS[name](*[real(self.write(a)) for a in e.args])
        if e in CONSTANTS:
            return CONSTANTS[e]
        raise self.refused(e)

    def refused(self, e: Any, *help: str) -> CatadError:
        return error("E0638", f"`{e!s:.80}` has no meaning in the language",
                     notes=[f"it is a SymPy {type(e).__name__}"],
                     help=help or ["rewrite it in functions that the language has: expr.rewrite(…), expr.doit()"])

    # ── numbers ────────────────────────────────────────────────────────────────────────────────────────────────

    def _Integer(self, e: Any) -> Phrase:
        return Phrase(str(e), ATOM if e >= 0 else PREFIX, "lit")

    def _Rational(self, e: Any) -> Phrase:
        return Phrase(f"{e.p}.0 / {e.q}.0", PRODUCT, "f64")

    def _Float(self, e: Any) -> Phrase:
        x = float(e)
        return Phrase(repr(x), ATOM if x >= 0 else PREFIX, "f64")

    def _Symbol(self, e: Any) -> Phrase:
        raise error("E0639", f"`{e}` is no argument", help=["list it among the arguments of from_sympy"])

    def _BooleanTrue(self, e: BooleanTrue) -> Phrase:
        return Phrase("true", ATOM, "bool")

    def _BooleanFalse(self, e: BooleanFalse) -> Phrase:
        return Phrase("false", ATOM, "bool")

    # ── arithmetic ─────────────────────────────────────────────────────────────────────────────────────────────

    def alike(self, parts: Sequence[Phrase]) -> tuple[list[Phrase], str]:
        """Numbers of one type: whole if all are."""
        if all(p.kind in ("i64", "lit") for p in parts):
            return list(parts), "i64" if any(p.kind == "i64" for p in parts) else "lit"
        return [real(p) for p in parts], "f64"

    def _Add(self, e: Any) -> Phrase:
        terms = [(t.could_extract_minus_sign() and (t.is_Mul or t.is_Number), t) for t in e.as_ordered_terms()]
        terms.sort(key=lambda t: t[0])                      # begin with a positive one
        parts, kind = self.alike([self.write(-t if minus else t) for minus, t in terms])
        text = parts[0].at(SUM) if not terms[0][0] else "-" + parts[0].at(PREFIX)
        for (minus, _), p in zip(terms[1:], parts[1:], strict=True):
            text += f" {'-' if minus else '+'} {p.at(SUM + 1)}"
        return Phrase(text, SUM, "i64" if kind == "lit" else kind, 1 + max(p.depth for p in parts))

    def _Mul(self, e: Any) -> Phrase:
        over, under, minus = [], [], False
        for f in e.args:
            if f.is_Rational:
                minus = f < 0
                over += [sympy.Integer(abs(f.p))] if abs(f.p) != 1 else []
                under += [sympy.Integer(f.q)] if f.q != 1 else []
            elif f.is_Pow and f.exp.is_Rational and f.exp < 0:
                under.append(sympy.Pow(f.base, -f.exp))
            else:
                over.append(f)
        p = self._ratio([self.write(f) for f in over], [self.write(f) for f in under])
        return Phrase("-" + p.at(PREFIX), PREFIX, p.kind, p.depth + 1) if minus else p

    def _ratio(self, over: list[Phrase], under: list[Phrase]) -> Phrase:
        parts, kind = self.alike(over or [Phrase("1", ATOM, "lit")])
        top = infix("*", parts, PRODUCT, kind) if len(parts) > 1 else parts[0]
        if not under:
            return Phrase(top.text, top.level, "i64" if kind == "lit" else kind, top.depth)
        parts = [real(p) for p in under]
        bottom = infix("*", parts, PRODUCT, "f64") if len(parts) > 1 else parts[0]
        return infix("/", [real(top), bottom], PRODUCT, "f64")

    def _Pow(self, e: Any) -> Phrase:
        base, exponent = e.as_base_exp() if not e.is_Pow else (e.base, e.exp)
        if exponent.is_Rational and exponent < 0:
            return self._ratio([], [self.write(sympy.Pow(base, -exponent))])
        if exponent == sympy.Rational(1, 2):
            return call("sqrt", [real(self.write(base))])
        b, k = self.write(base), self.write(exponent)
        if k.kind in ("i64", "lit"):
            whole = b.kind in ("i64", "lit") and exponent.is_nonnegative
            b = b if whole else real(b)
            return Phrase(f"{b.at(CALL)}^{k.at(CALL)}", POWER, "i64" if whole else "f64", 1 + max(b.depth, k.depth))
        return Phrase(f"{real(b).at(CALL)}^{k.at(CALL)}", POWER, "f64", 1 + max(b.depth, k.depth))

    # ── functions that take more than numbers, or give whole ones ──────────────────────────────────────────────

    def _log(self, e: Any) -> Phrase:
        if len(e.args) == 2:
            return self.write(sympy.log(e.args[0]) / sympy.log(e.args[1]))
        return call("log", [real(self.write(e.args[0]))])

    def _chosen(self, e: Any, row: str) -> Phrase:
        parts, kind = self.alike([self.write(a) for a in e.args])
        out = parts[0]
        for p in parts[1:]:
            out = call(row, [out, p], kind)
        return out

    def _Max(self, e: Any) -> Phrase:
        return self._chosen(e, "max")

    def _Min(self, e: Any) -> Phrase:
        return self._chosen(e, "min")

    def _Abs(self, e: Any) -> Phrase:
        p = self.write(e.args[0])
        return call("abs", [p], p.kind if p.kind != "lit" else "i64")

    def _floor(self, e: Any) -> Phrase:
        over, under = e.args[0].as_numer_denom()
        if under.is_Integer:
            p = self.write(over)
            if p.kind == "i64":
                return infix("div", [p, self.write(under)], PRODUCT, "i64")
        return call("floor", [real(self.write(e.args[0]))])

    def _Mod(self, e: Any) -> Phrase:
        parts, kind = self.alike([self.write(a) for a in e.args])
        if kind != "f64":
            return infix("mod", parts, PRODUCT, "i64")
        a, b = (p if p.level == ATOM else self.named(p) for p in parts)
        return Phrase(f"{a.text} - {b.text} * floor ({a.text} / {b.text})", SUM, "f64", 3)

    def _polygamma(self, e: Any) -> Phrase:
        order = self.write(e.args[0])
        if order.kind not in ("i64", "lit"):
            raise self.refused(e, "the order of polygamma is a whole number")
        return call("polygamma", [order, real(self.write(e.args[1]))])

    def _Heaviside(self, e: Any) -> Phrase:
        x = real(self.write(e.args[0]))
        middle = real(self.write(e.args[1] if len(e.args) > 1 else sympy.Rational(1, 2)))
        x = x if x.level == ATOM else self.named(x)
        return Phrase(f"if {x.text} > 0.0 then 1.0 else if {x.text} < 0.0 then 0.0 else {middle.text}", OPEN, "f64", 3)

    # ── conditions and branches ────────────────────────────────────────────────────────────────────────────────

    def _Relational(self, e: Any) -> Phrase:
        op = _RELATIONS.get(type(e).__name__)
        if op is None:
            raise self.refused(e)
        parts, _ = self.alike([self.write(a) for a in e.args])
        return Phrase(f"{parts[0].at(COMPARE + 1)} {op} {parts[1].at(COMPARE + 1)}", COMPARE, "bool",
                      1 + max(p.depth for p in parts))

    def _And(self, e: Any) -> Phrase:
        return infix("&&", [self.write(a) for a in e.args], OR + 1, "bool")

    def _Or(self, e: Any) -> Phrase:
        return infix("||", [self.write(a) for a in e.args], OR, "bool")

    def _Not(self, e: Any) -> Phrase:
        p = self.write(e.args[0])
        return Phrase("!" + p.at(PREFIX), PREFIX, "bool", 1 + p.depth)

    def _Xor(self, e: Any) -> Phrase:
        out, *rest = [self.write(a) for a in e.args]
        for p in rest:
            out = Phrase(f"{out.at(SUM)} != {p.at(SUM)}", COMPARE, "bool", 1 + max(out.depth, p.depth))
        return out

    def _ITE(self, e: Any) -> Phrase:
        c, a, b = e.args
        return self.write(sympy.Or(sympy.And(c, a), sympy.And(sympy.Not(c), b)))

    def _Piecewise(self, e: Any) -> Phrase:
        sides = [self.block(lambda x=x: self.write(x), [x]) for x, _ in e.args]        # type: ignore[misc]
        sides, kind = self.alike(sides)
        if kind == "lit":
            sides, kind = [real(p) for p in sides], "f64"
        text, depth = "", 1
        for p, (_, c) in zip(sides, e.args, strict=True):
            if c == sympy.true:
                return Phrase(text + p.text, OPEN, kind, depth + 1)
            condition = self.block(lambda c=c: self.write(c), [c])                     # type: ignore[misc]
            text += f"if {condition.text} then {p.text} else "
            depth = max(depth, p.depth + 1, condition.depth + 1)
        return Phrase(text + ("nan" if kind == "f64" else "0"), OPEN, kind, depth + 1)

    # ── sums, arrays, derivatives ──────────────────────────────────────────────────────────────────────────────

    def _iterated(self, e: Any, row: str) -> Phrase:
        body, *limits = e.args
        return self._over(body, list(limits), row, e)

    def _over(self, body: Any, limits: list[Any], row: str, e: Any) -> Phrase:
        """The outermost loop is that of the last limit."""
        if not limits:
            return self.block(lambda: self.write(body), [body])
        if len(limits[-1]) != 3:
            raise self.refused(e, "sums have bounds: Sum(f, (i, a, b))")
        i, low, high = limits[-1]
        count = self.write(sympy.expand(high - low + 1))
        if count.kind not in ("i64", "lit"):
            raise self.refused(e, "the bounds are whole numbers: symbols declared with integer=True, or sizes")
        saved = dict(self.known)
        counter = self.p.name(str(i))
        start = self.write(low)
        offset = Phrase(counter, ATOM, "i64") if low == 0 else \
            infix("+", [Phrase(counter, ATOM, "i64"), start], SUM, "i64")
        self.known[i] = offset
        inner = self._over(body, limits[:-1], row, e)
        self.known = saved
        p = real(inner) if inner.kind == "lit" else inner
        return Phrase(f"{row} (for {counter} < {count.at(SUM)} -> {p.text})", CALL, p.kind, 2 + p.depth)

    def _Sum(self, e: Any) -> Phrase:
        return self._iterated(e, "sum")

    def _Product(self, e: Any) -> Phrase:
        return self._iterated(e, "product")

    def _Indexed(self, e: Any) -> Phrase:
        return self._entry(self.write(e.base), e.indices, e)

    def _MatrixElement(self, e: Any) -> Phrase:
        return self._entry(self.write(e.parent), e.indices, e)

    def _entry(self, array: Phrase, indices: Sequence[Any], e: Any) -> Phrase:
        places = [self.write(i) for i in indices]
        if any(p.kind not in ("i64", "lit") for p in places):
            raise self.refused(e, "indices are whole numbers: symbols declared with integer=True")
        return Phrase(f"{array.at(ATOM)}[{', '.join(p.text for p in places)}]", ATOM, "f64", 1)

    def _IndexedBase(self, e: Any) -> Phrase:
        return self._Symbol(e)

    def _MatrixSymbol(self, e: Any) -> Phrase:
        return self._Symbol(e)

    def _Derivative(self, e: Any) -> Phrase:
        """What SymPy leaves of a derivative by a number is one by the compiler."""
        body, *by = e.args
        for x, times in by:
            for _ in range(int(times)):
                if not isinstance(x, sympy.Symbol) or x not in self.known or self.known[x].kind != "f64":
                    raise self.refused(e, "derivatives are by symbols that are arguments")
        return self._derived(body, [x for x, times in by for _ in range(int(times))])

    def _derived(self, body: Any, by: list[Any]) -> Phrase:
        if not by:
            return self.block(lambda: real(self.write(body)), [body])
        x, saved = by[-1], dict(self.known)
        outside, name = self.known[x], self.p.name(str(x))
        self.known = {k: v for k, v in self.known.items() if not getattr(k, "has", lambda _: False)(x)}
        self.known[x] = Phrase(name, ATOM, "f64")
        inner = self._derived(body, by[:-1])
        self.known = saved
        return Phrase(f"diff (\\{name} -> {inner.text}) {outside.at(ATOM)}", CALL, "f64", 2 + inner.depth)
