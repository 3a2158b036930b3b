"""Unification of types and of sizes.

Types unify as terms. Sizes unify as polynomials: an equation is solved for an unknown that occurs in it once, as a
linear monomial with coefficient ±1; equal normal forms pass; a difference that is a constant other than 0 is
an error; anything else passes here and is left to a check at run time (`Cast` in `finish.py`).
"""

from __future__ import annotations

from contextlib import suppress

from catad.source import Span
from catad.types.constraint import ANY, FLOAT, FUN, STRUCT, SUM, VECTOR, bit
from catad.types.meta import Clash, Escape, Fault, Meta, NoTangent, Occurs, SizeClash, Unfit, Why, Wrong
from catad.types.size import Size
from catad.types.type import (
    F32,
    F64,
    UNIT,
    Array,
    Child,
    Data,
    Fun,
    Prod,
    Record,
    Scalar,
    Tangent,
    Type,
    TypeVar,
)

__all__ = ["Unifier"]


class Unifier:
    """The unknowns of one definition and what is known of them."""

    def __init__(self) -> None:
        self.depth = 0
        self.count = 0
        self.solved: dict[str, Size] = {}
        self.flexible: dict[str, int] = {}                   # unknown sizes: their depth
        self.hidden: set[str] = set()                        # those of them that count nodes of trees
        self.bound: dict[str, tuple[int, Span]] = {}         # sizes bound by BindSize: depth, and where
        self.rigid: dict[str, int] = {}                      # declared type variables: what is demanded of them
        self.here: Span | None = None                        # the term whose type is being compared
        self.origins: dict[str, Span] = {}                   # where an unknown size was solved
        self.postponed: list[tuple[Type, Type, Span | None]] = []     # equations a' = b' between unknowns
        self.waiting: list[tuple[Size, Size]] = []           # size equations that could not be solved yet

    # ── unknowns ───────────────────────────────────────────────────────────────────────────────────────────────

    def meta(self, bits: int = ANY, reason: Why | None = None) -> Meta:
        self.count += 1
        return Meta(f"?{self.count}", self.depth, bits, reason)

    def size(self, hidden: bool = False) -> Size:
        """A fresh unknown size; a hidden one is the number of nodes of a tree."""
        self.count += 1
        name = f"?{self.count}"
        self.flexible[name] = self.depth
        if hidden:
            self.hidden.add(name)
        return Size.var(name)

    def prune(self, t: Type) -> Type:
        """`t` with its head known, if it is known at all."""
        start = t
        while isinstance(t, Meta) and t.ref is not None:
            t = t.ref
        while isinstance(start, Meta) and start.ref is not t and start is not t:
            assert start.ref is not None
            start.ref, start = t, start.ref                  # later walks are short
        return self.tangent(t.item) if isinstance(t, Tangent) else t

    def zonk_size(self, s: Size) -> Size:
        while any(v in self.solved for v in s.variables):
            s = s.subst(self.solved)
        return s

    def tangent(self, t: Type) -> Type:
        """The tangent type, as far as `t` is known; a vector type is its own."""
        match self.prune(t):
            case Scalar() as u:
                return u if u in (F64, F32) else UNIT
            case Prod(items):
                return Prod(tuple([self.tangent(i) for i in items]))
            case Record(fields):
                return Record(tuple([(x, self.tangent(f)) for x, f in fields]))
            case Array(size, item):
                return Array(size, self.tangent(item))
            case Meta(bits=bits) as u:
                return u if not bits & ~VECTOR else Tangent(u)
            case TypeVar(name) as u:
                return u if not self.rigid.get(name, ANY) & ~VECTOR else Tangent(u)
            case Fun():
                raise NoTangent
            case Data() as u:
                if u.size is not None:
                    return self.tangent(u.nodes)
                return self.tangent(u.payloads) if u.payloads.fields else UNIT
            case u:
                return u

    # ── types ──────────────────────────────────────────────────────────────────────────────────────────────────

    def unify(self, a: Type, b: Type) -> None:
        """Make the two types agree up to run-time checks of sizes; raises a Fault."""
        a, b = self.prune(a), self.prune(b)
        if a is b or isinstance(a, Wrong) or isinstance(b, Wrong):
            return
        if isinstance(a, Meta):
            self.assign(a, b)
        elif isinstance(b, Meta):
            self.assign(b, a)
        elif isinstance(a, Tangent) or isinstance(b, Tangent):
            self._tangents(a, b)
        else:
            self._structure(a, b)

    def _structure(self, a: Type, b: Type) -> None:
        match a, b:
            case (Scalar(x), Scalar(y)) | (TypeVar(x), TypeVar(y)) if x == y:
                return
            case Child(), Child():
                return
            case Prod(xs), Prod(ys) if len(xs) == len(ys):
                for x, y in zip(xs, ys, strict=True):
                    self.unify(x, y)
            case Record(fs), Record(gs) if [x for x, _ in fs] == [y for y, _ in gs]:
                for (_, f), (_, g) in zip(fs, gs, strict=True):
                    self.unify(f, g)
            case Array(s, x), Array(t, y):
                self.unify_size(s, t)
                self.unify(x, y)
            case Fun(x, p), Fun(y, q):
                self.unify(x, y)
                self.unify(p, q)
            case Data(x, xs, _, m), Data(y, ys, _, n) if x == y:
                if m is not None and n is not None:
                    self.unify_size(m, n)
                for p, q in zip((*xs, a.payloads), (*ys, b.payloads), strict=True):
                    self.unify(p, q)
            case _:
                raise Clash(a, b)

    def _tangents(self, a: Type, b: Type) -> None:
        """At least one side is the tangent of an unknown or of a declared variable."""
        if isinstance(b, Tangent) and not (isinstance(a, Tangent) and isinstance(self.prune(a.item), Meta)):
            a, b = b, a
        assert isinstance(a, Tangent)
        item = self.prune(a.item)
        if isinstance(b, Tangent):
            other = self.prune(b.item)
            if item is other or (isinstance(item, TypeVar) and item == other):
                return
            if isinstance(item, Meta):
                self.postponed.append((a, b, self.here))
                return
        if not isinstance(item, Meta):
            raise Clash(a, b)
        match b:                                             # the tangent determines the type, but for the unit
            case Scalar():
                if b not in (F64, F32):
                    raise Clash(a, b)
                self.unify(item, b)
            case Prod(items) if items:
                parts = [self.meta() for _ in items]
                self._of_parts(item, Prod(tuple(parts)), parts, items)
            case Record(fields) if fields:
                parts = [self.meta() for _ in fields]
                record = Record(tuple([(x, p) for (x, _), p in zip(fields, parts, strict=True)]))
                self._of_parts(item, record, parts, tuple([f for _, f in fields]))
            case Array(size, entry):
                parts = [self.meta()]
                self._of_parts(item, Array(size, parts[0]), parts, (entry,))
            case Prod() | Record():
                self.postponed.append((a, b, self.here))
            case _:
                raise Clash(a, b)

    def _of_parts(self, item: Meta, whole: Type, parts: list[Meta], tangents: tuple[Type, ...]) -> None:
        """`item` is `whole`, built of `parts`, whose tangents are known."""
        self.unify(item, whole)
        for part, t in zip(parts, tangents, strict=True):
            self.unify(Tangent(part), t)

    def assign(self, m: Meta, t: Type) -> None:
        """Solve an unknown."""
        if isinstance(t, Tangent) and self.prune(t.item) is m:
            self.require(m, VECTOR, m.reason)
            return
        if isinstance(t, Meta):
            self.require(t, m.bits, m.reason)
            t.depth = min(t.depth, m.depth)
        else:
            self.lower(t, m.depth, m)
            self.require(t, m.bits, m.reason)
        m.ref = t

    def lower(self, t: Type, depth: int, without: Meta | None = None) -> None:
        """Note that `t` is known `depth` binders deep; raises Escape for a size bound deeper, Occurs for `without`."""
        match self.prune(t):
            case Meta() as m:
                if m is without:
                    raise Occurs
                m.depth = min(m.depth, depth)
            case Prod(items):
                for i in items:
                    self.lower(i, depth, without)
            case Data(_, args, _, nodes) as u:
                if nodes is not None:
                    self.lower_size(self.zonk_size(nodes), depth)
                for i in (*args, u.payloads):
                    self.lower(i, depth, without)
            case Record(fields):
                for _, f in fields:
                    self.lower(f, depth, without)
            case Array(size, item):
                self.lower_size(self.zonk_size(size), depth)
                self.lower(item, depth, without)
            case Fun(a, b):
                self.lower(a, depth, without)
                self.lower(b, depth, without)
            case Tangent(item):
                self.lower(item, depth, without)

    def lower_size(self, s: Size, depth: int) -> None:
        for v in s.variables:
            if v in self.flexible:
                self.flexible[v] = min(self.flexible[v], depth)
            elif v in self.bound and self.bound[v][0] > depth:
                raise Escape(v)

    def require(self, t: Type, bits: int, reason: Why | None) -> None:
        """Demand that `t` lies in a set of kinds; raises Unfit."""
        if bits == ANY:
            return
        t = self.prune(t)
        match t:
            case Meta():
                if not t.bits & bits:
                    raise Unfit(t, bits, reason)
                if t.bits & ~bits:
                    t.bits, t.reason = t.bits & bits, reason
                return
            case TypeVar(name):
                self.rigid[name] = self.rigid.get(name, ANY) & bits
                ok = self.rigid[name] != 0
            case Scalar():
                ok = bool(bits & bit(t))
            case Tangent(item):
                ok = not VECTOR & ~bits or isinstance(self.prune(item), (Meta, TypeVar))
                if VECTOR & ~bits and ok:
                    self.require(item, FLOAT & bits, reason)
            case Fun():
                ok = bool(bits & FUN)
            case Data():
                ok = bool(bits & SUM)
            case Wrong():
                ok = True
            case _:
                ok = bool(bits & STRUCT)
        if not ok:
            raise Unfit(t, bits, reason)
        for part in _parts(t):
            self.require(part, bits, reason)

    # ── sizes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def unify_size(self, a: Size, b: Size) -> None:
        """Solve, pass, or leave to run time; raises SizeClash when the sizes can never be equal."""
        a, b = self.zonk_size(a), self.zonk_size(b)
        if a == b:
            return
        difference = a - b
        if all(not m for m, _ in difference.terms):
            raise SizeClash(a, b)
        alone = {v for v in (a.variable, b.variable) if v is not None and v in self.hidden}
        if not self._solve(difference, alone) and any(v in self.flexible for v in difference.variables):
            self.waiting.append((a, b))

    def _solve(self, equation: Size, first: set[str]) -> bool:
        """`equation` = 0, for the innermost unknown that it determines; those in `first` before others.

        A number of nodes that stands alone is what the other side says, and not the other way round.
        """
        times: dict[str, int] = {}
        for m, _ in equation.terms:
            for x, _e in m:
                times[x] = times.get(x, 0) + 1
        candidates = [
            (x, Size(((m, c),)), c) for m, c in equation.terms
            if len(m) == 1 and m[0][1] == 1 and abs(c) == 1 and (x := m[0][0]) in self.flexible and times[x] == 1]
        escape: Escape | None = None
        for x, term, c in sorted(candidates, key=lambda k: (k[0] not in first, -self.flexible[k[0]], -int(k[0][1:]))):
            rest = equation - term
            try:
                self.lower_size(rest, self.flexible[x])
            except Escape as e:
                if self.flexible[x]:                         # a parameter's size is compared when the program runs
                    escape = e
                continue
            self.solved[x] = -rest if c == 1 else rest
            if self.here is not None:
                self.origins[x] = self.here
            return True
        if escape is not None:
            raise escape
        return False

    def progress(self, last: bool = False) -> None:
        """Try again what was postponed; `last` decides a' = b' as a = b, and raises what fails."""
        sizes, self.waiting = self.waiting, []
        for s, t in sizes:
            with suppress(SizeClash, Escape):                # told where the types are compared at the end
                self.unify_size(s, t)
        types, self.postponed = self.postponed, []
        for a, b, self.here in types:
            try:
                self._again(a, b, last)
            except Fault:
                if last:
                    raise
                self.postponed.append((a, b, self.here))

    def _again(self, a: Type, b: Type, last: bool) -> None:
        p, q = self.prune(a), self.prune(b)
        if last and isinstance(p, Tangent) and isinstance(q, Tangent):
            self.unify(p.item, q.item)
        elif not (last and isinstance(p, Tangent)):
            self.unify(p, q)


def _parts(t: Type) -> tuple[Type, ...]:
    match t:
        case Prod(items):
            return items
        case Record(fields):
            return tuple(f for _, f in fields)
        case Array(_, item):
            return (item,)
        case Data(_, args, cases):
            return (*args, *(t for _, t in cases if t is not None))
    return ()
