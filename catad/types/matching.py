"""Constructors inside the patterns of `case`: arms become nested cases.

    case t of | Node (Leaf x, r) -> e | _ -> f     ⟶     case t of | Node p -> (case p.0 of | Leaf x -> e | _ -> f)
                                                                    | _      -> f

The first arm that fits is taken. A decision tests one place of the value, the first that the first arm left asks about,
so no place is looked at twice. What no arm takes is a missing case, an arm that no decision reaches is one too many.
Source: L. Maranget, Compiling Pattern Matching to Good Decision Trees, ML 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from catad.core import term as core
from catad.source import Span
from catad.syntax import tree
from catad.types.annotate import declared_data, resolve, unknowns
from catad.types.constraint import DATA
from catad.types.context import Context, suggest
from catad.types.join import Join
from catad.types.meta import Meta, Why, Wrong
from catad.types.patterns import components, project_field
from catad.types.type import UNIT, Data, Prod, Record, Type

__all__ = ["match", "nested"]


def nested(arm: tree.Arm) -> bool:
    """Does a constructor occur inside the pattern of an arm?"""
    stack = [] if arm.pattern is None else [arm.pattern]
    while stack:
        match stack.pop():
            case tree.PCon():
                return True
            case tree.PVar(_, name) if name[:1].isupper():
                return True
            case tree.PAnn(_, item):
                stack.append(item)
            case tree.PTuple(_, items):
                stack.extend(items)
            case tree.PRecord(_, fields):
                stack.extend(p for _, p in fields)
    return False


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A part of the value that is taken apart."""

    term: core.Term


@dataclass(frozen=True, slots=True)
class Test:
    """The constructor that a pattern asks for, and the pattern of what that holds."""

    name: str
    item: tree.Pattern | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """What an arm still asks for, and the variables that it binds."""

    arm: int
    tests: dict[Place, Test] = field(default_factory=dict)
    names: list[tuple[tree.PVar, Place]] = field(default_factory=list)

    def without(self, place: Place) -> Row:
        return Row(self.arm, {p: t for p, t in self.tests.items() if p is not place}, list(self.names))


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A body, by its number among all that were checked: an arm may be reached in several ways."""

    body: int


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    place: Place
    arms: tuple[tuple[int, str, Tree], ...]
    other: Tree | None


Tree = Leaf | Decision
Chosen = dict[Place, tuple[str, Place | None]]               # the constructor of each place looked at, and its payload


def match(c: Context, e: tree.Case, item: core.Term, expected: Type | None, why: Why | None) -> core.Term:
    """A `case` with constructors inside of patterns."""
    matcher = _Matcher(c, e, Join(c, expected, why))
    if isinstance(c.known(item.type), Wrong):
        c.broken = True
        return core.Var(expected or Wrong(), e.span, "")
    root = matcher.named(item)
    rows = []
    for k, arm in enumerate(e.arms):
        row = Row(k)
        if arm.constructor != "_":
            matcher.ask(row, root, Test(arm.constructor, arm.pattern, arm.span))
        rows.append(row)
    decided = matcher.decide(rows, {}, root)
    for k, arm in enumerate(e.arms):
        if k not in matcher.reached:
            raise c.fail("E0225", "this case is never reached", arm.span, "all values are taken by the cases before")
    t, bodies = matcher.join.joined(matcher.bodies)
    return matcher.join.done(_term(decided, t, bodies, e.span))


def _term(d: Tree, t: Type, bodies: Sequence[core.Term], span: Span) -> core.Term:
    if isinstance(d, Leaf):
        return bodies[d.body]
    arms = tuple([(k, x, _term(inner, t, bodies, span)) for k, x, inner in d.arms])
    return core.Case(t, span, d.place.term, arms, None if d.other is None else _term(d.other, t, bodies, span))


class _Matcher:
    def __init__(self, c: Context, e: tree.Case, join: Join) -> None:
        self.c, self.e, self.join = c, e, join
        self.bodies: list[core.Term] = []
        self.reached: set[int] = set()
        self.parts: dict[tuple[Place, int], Place] = {}

    def named(self, item: core.Term) -> Place:
        """The value as a variable."""
        if isinstance(item, core.Var):
            return Place(item)
        name = self.c.names.fresh("whole")
        self.c.scope.let(name, item, item.span)
        return Place(core.Var(item.type, item.span, name))

    # ── what a pattern asks

    def enter(self, row: Row, p: tree.Pattern, place: Place) -> None:
        """Note what a pattern asks of a place, and the variables that it binds there."""
        c = self.c
        match p:
            case tree.PAnn(span, item, written):
                c.coerce(place.term, resolve(c, written), Why(span, "declared here"))
                self.enter(row, item, place)
            case tree.PCon(span, name, item):
                self.ask(row, place, Test(name, item, span))
            case tree.PVar(span, name) if name[:1].isupper() and isinstance(c.known(place.term.type), (Data, Meta)):
                self.ask(row, place, Test(name, None, span))
            case tree.PVar():
                row.names.append((p, place))
            case tree.PTuple(_, items):
                types = components(c, p, place.term.type, len(items))
                for k, (item, t) in enumerate(zip(items, types, strict=True)):
                    self.enter(row, item, self._part(place, k, core.Proj(t, item.span, place.term, k)))
            case tree.PRecord(span, fields):
                if isinstance(c.known(place.term.type), Meta):
                    c.coerce(place.term, Record(tuple([(x, c.unifier.meta()) for x, _ in fields])))
                for x, item in fields:
                    found = project_field(c, place.term, x, item.span)
                    assert isinstance(found, core.Proj)
                    self.enter(row, item, self._part(place, found.index, found))

    def _part(self, place: Place, k: int, term: core.Term) -> Place:
        return self.parts.setdefault((place, k), Place(term))

    def ask(self, row: Row, place: Place, test: Test) -> None:
        """Ask for a constructor, which the type there must have."""
        c = self.c
        found = c.world.constructor(test.name)
        if isinstance(c.known(place.term.type), Meta) and found is not None:
            d, home = found
            wanted = declared_data(c, d, home, unknowns(c, d, DATA), test.span)
            c.coerce(place.term, wanted, Why(test.span, f"`{test.name}` is a constructor of `{d.name}`"))
        t = c.known(place.term.type)
        if not isinstance(t, Data):
            raise c.fail("E0224", f"`{c.show(t)}` has no constructors", test.span, f"this takes a `{c.show(t)}` apart",
                         help=["names of variables begin with a small letter here"] if test.item is None else ())
        names = [x for x, _ in t.cases]
        if test.name not in names:
            raise c.fail("E0224", f"`{test.name}` is not a constructor of `{t}`", test.span, "no such constructor",
                         help=suggest(test.name, names) or [f"its constructors are {', '.join(names)}"])
        payload = dict(t.cases)[test.name]
        if payload is None and test.item is not None:
            raise c.fail("E0224", f"`{test.name}` holds nothing", test.item.span, "there is no value to name")
        if payload is not None and test.item is None:
            raise c.fail("E0224", f"`{test.name}` holds a value", test.span, f"of type `{c.show(payload)}`",
                         help=[f"name it, or write `{test.name} _`"])
        row.tests[place] = test

    # ── decisions

    def decide(self, rows: Sequence[Row], chosen: Chosen, root: Place) -> Tree:
        """The decision among the arms that are left, where these constructors were found."""
        if not rows:
            raise self.c.fail("E0226", f"no case for `{self._shown(root, chosen)}`", self.e.span,
                              "this value is not taken", help=["add it, or `| _ -> …` for all others"])
        first = rows[0]
        if not first.tests:
            return self._leaf(first)
        place = next(iter(first.tests))
        t = self.c.known(place.term.type)
        assert isinstance(t, Data)
        asked = list(dict.fromkeys(r.tests[place].name for r in rows if place in r.tests))
        arms = []
        for name in asked:
            k = [x for x, _ in t.cases].index(name)
            arms.append((k, *self._under(rows, place, t, k, chosen, root)))
        rest = [x for x, _ in t.cases if x not in asked]
        other = self.decide([r for r in rows if place not in r.tests], {**chosen, place: (rest[0], None)},
                            root) if rest else None
        return Decision(place, tuple(arms), other)

    def _under(self, rows: Sequence[Row], place: Place, t: Data, k: int, chosen: Chosen,
               root: Place) -> tuple[str, Tree]:
        """The decision where the constructor is number k, and the variable for what it holds."""
        name = t.cases[k][0]
        x = self.c.names.fresh("p")
        inner = Place(core.Var(t.payload(k) or UNIT, place.term.span, x))
        left = []
        for r in rows:
            test = r.tests.get(place)
            if test is not None and test.name != name:
                continue
            row = r.without(place)
            if test is not None and test.item is not None:
                self.enter(row, test.item, inner)
            left.append(row)
        return x, self.decide(left, {**chosen, place: (name, inner)}, root)

    def _leaf(self, row: Row) -> Leaf:
        """The body of an arm, its variables bound."""
        c, arm = self.c, self.e.arms[row.arm]
        self.reached.add(row.arm)
        names: list[str] = []
        with c.opened() as scope:
            for p, place in row.names:
                if p.name == "_":
                    continue
                if p.name in names:
                    raise c.fail("E0209", f"`{p.name}` is bound twice in one pattern", p.span, "again here")
                unique = c.names.fresh(p.name)
                c.scope.let(unique, place.term, p.span)
                c.bind(p.name, place.term.type, p.span, unique=unique)
                names.append(p.name)
            body = self.join.arm(arm.body, "the first case")
            c.unbind(names)
        self.bodies.append(c.leave(scope, body, "this case"))
        return Leaf(len(self.bodies) - 1)

    # ── what is missing

    def _shown(self, place: Place, chosen: Chosen) -> str:
        """A value that no arm takes, as a pattern."""
        if place not in chosen:
            return self._structure(place, chosen)
        name, payload = chosen[place]
        t = self.c.known(place.term.type)
        assert isinstance(t, Data)
        if dict(t.cases)[name] is None:
            return name
        held = "_" if payload is None else self._shown(payload, chosen)
        return f"{name} ({held})" if payload in chosen and " " in held else f"{name} {held}"

    def _structure(self, place: Place, chosen: Chosen) -> str:
        parts = {k: p for (whole, k), p in self.parts.items() if whole is place}
        shown = {k: self._shown(p, chosen) for k, p in parts.items()}
        if all(text == "_" for text in shown.values()):
            return "_"
        t = self.c.known(place.term.type)
        if isinstance(t, Record):
            names = [x for x, _ in t.fields]
            asked = [f"{names[k]} = {text}" for k, text in sorted(shown.items()) if text != "_"]
            return "{" + ", ".join([*asked, *(x for k, x in enumerate(names) if shown.get(k, "_") == "_")]) + "}"
        count = len(t.items) if isinstance(t, Prod) else 0
        return "(" + ", ".join(shown.get(k, "_") for k in range(count)) + ")"
