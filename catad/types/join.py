"""Where several arms give one value, their trees may have different numbers of nodes.

    if c then s else t            has as many nodes as s or t may have: the least upper bound of the two polynomials

Each arm is then seen with that many (`Pad`). All other sizes agree, as anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.core import term as core
from catad.syntax import tree
from catad.types.context import Context
from catad.types.meta import Meta, Why
from catad.types.size import Size
from catad.types.type import Array, Data, Fun, Prod, Record, Type

__all__ = ["Join", "free"]


class Join:
    """The arms of one expression that is to have the expected type, if that is known."""

    def __init__(self, c: Context, expected: Type | None, why: Why | None) -> None:
        self.c = c
        self.expected, self.why = expected, why
        self.whole, self.whole_why = expected, why
        self.first: core.Term | None = None
        self.sizes: list[str] = []                   # numbers of nodes that an arm may tell

    def arm(self, e: tree.Expr, text: str) -> core.Term:
        """An arm, in the scope that is open; `text` says of the first one why others should agree with it."""
        c = self.c
        if self.expected is None or (self.first is None and isinstance(c.known(self.expected), Meta)):
            term = c.infer(e)
            if self.expected is not None and not _holds_tree(c, term.type):
                return self._begun(c.coerce(term, self.expected, self.why), text)
            self.expected = None
            return self._begun(term, text)
        known = c.unifier.count
        wanted = free(c, self.expected) if _holds_tree(c, self.expected) else self.expected
        self.sizes += [f"?{k + 1}" for k in range(known, c.unifier.count)]
        return self._begun(c.check(e, wanted, self.why), text)

    def _begun(self, term: core.Term, text: str) -> core.Term:
        self.first = self.first or term
        if self.expected is None:
            self.expected, self.why = term.type, Why(term.span, f"{text} is `{self.c.show(term.type)}`")
        return term

    def joined(self, arms: Sequence[core.Term]) -> tuple[Type, list[core.Term]]:
        """The type of all arms, and the arms at this type."""
        assert self.expected is not None
        if not _holds_tree(self.c, self.expected):
            return self.expected, list(arms)
        for x in self.sizes:                         # an arm that does not tell one has no tree there: `None`
            if x in self.c.unifier.hidden and x not in self.c.unifier.solved:
                self.c.unifier.solved[x] = Size.of(0)
        t = arms[0].type
        for a in arms[1:]:
            t = _upper(self.c, t, a.type)
        return t, [core.Pad(t, a.span, a) for a in arms]

    def done(self, term: core.Term) -> core.Term:
        """The whole expression at the type that was expected of it."""
        if self.whole is None or not _holds_tree(self.c, term.type):
            return term
        return self.c.coerce(term, self.whole, self.whole_why)


def _holds_tree(c: Context, t: Type) -> bool:
    match c.unifier.prune(t):
        case Data(args=args, size=size) as u:
            return size is not None or any(_holds_tree(c, i) for i in (*args, u.payloads))
        case Prod(items):
            return any(_holds_tree(c, i) for i in items)
        case Record(fields):
            return any(_holds_tree(c, f) for _, f in fields)
        case Array(_, item):
            return _holds_tree(c, item)
    return False


def free(c: Context, t: Type) -> Type:
    """The type with other numbers of nodes, to be found."""
    return _renewed(c, c.unifier.prune(t), ())


def _renewed(c: Context, t: Type, known: tuple[tuple[Type, Type], ...]) -> Type:
    """`known` are arguments of the type around and what became of them."""
    t = c.unifier.prune(t)
    for old, new in known:
        if t is old or t == old:
            return new
    match t:
        case Data(name, args, cases, size):
            values = tuple([_renewed(c, a, known) for a in args])
            within = (*known, *zip([c.unifier.prune(a) for a in args], values, strict=True))
            return Data(name, values, tuple([(x, None if p is None else _renewed(c, p, within)) for x, p in cases]),
                        None if size is None else c.unifier.size(hidden=True))
        case Prod(items):
            return Prod(tuple([_renewed(c, i, known) for i in items]))
        case Record(fields):
            return Record(tuple([(x, _renewed(c, f, known)) for x, f in fields]))
        case Array(n, item):
            return Array(n, _renewed(c, item, known))
    return t


def _upper(c: Context, a: Type, b: Type) -> Type:
    """The type whose trees have room for those of either; they agree in everything else."""
    a, b = c.unifier.prune(a), c.unifier.prune(b)
    match a, b:
        case Data(name, xs, ps, m), Data(_, ys, qs, n):
            args = tuple([_upper(c, x, y) for x, y in zip(xs, ys, strict=True)])
            cases = tuple([(x, p if p is None or q is None else _upper(c, p, q))
                           for (x, p), (_, q) in zip(ps, qs, strict=True)])
            return Data(name, args, cases, m if m is None or n is None else _size(c, m, n))
        case Prod(xs), Prod(ys):
            return Prod(tuple([_upper(c, x, y) for x, y in zip(xs, ys, strict=True)]))
        case Record(fs), Record(gs):
            return Record(tuple([(x, _upper(c, f, g)) for (x, f), (_, g) in zip(fs, gs, strict=True)]))
        case Array(n, x), Array(_, y):
            return Array(n, _upper(c, x, y))
        case Fun(x, p), Fun(_, q):
            return Fun(x, _upper(c, p, q))
    return a


def _size(c: Context, a: Size, b: Size) -> Size:
    return c.unifier.zonk_size(a).upper(c.unifier.zonk_size(b))
