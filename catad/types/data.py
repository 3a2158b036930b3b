"""Sums: their declarations, and `case`, which takes a value apart by its constructor.

    case s of | Circle r -> e | Box b -> f         one arm for each constructor, in any order; `| _ -> g` for the rest
"""

from __future__ import annotations

from catad.core import term as core
from catad.source import CatadError
from catad.syntax import tree
from catad.types.annotate import declared_data, expanded, unknowns
from catad.types.context import Context, World, suggest
from catad.types.join import Join
from catad.types.matching import match, nested
from catad.types.meta import Meta, Why, Wrong
from catad.types.patterns import parameter
from catad.types.size import Size
from catad.types.type import UNIT, Data, Type, TypeVar, of_size

__all__ = ["case", "declared"]


def declared(c: Context, home: World, d: tree.TypeDecl) -> CatadError | None:
    """What is wrong with the declaration of a type, if anything."""
    arguments = (*[TypeVar(x) for x in d.params], *[of_size(Size.var(x)) for x in d.sizes])
    try:
        expanded(c, d, home, arguments, d.name_span)
    except CatadError as e:
        return e
    return None


def case(c: Context, e: tree.Case, expected: Type | None, why: Why | None) -> core.Term:
    item = c.infer(e.item)
    if any(map(nested, e.arms)):
        return match(c, e, item, expected, why)
    t = _sum(c, item, e)
    rest = False
    seen: dict[int, tree.Arm] = {}
    join, bodies = Join(c, expected, why), list[tuple[int | None, str, core.Term]]()
    for arm in e.arms:
        k = None if t is None else _constructor(c, t, arm, seen, rest, item)
        payload: Type | None = Wrong() if t is None else UNIT if k is None else t.payload(k)
        if k is not None:
            payload = _payload(c, arm, payload)
            seen[k] = arm
        names: list[str] = []
        with c.opened() as scope:
            x = "" if arm.pattern is None else parameter(c, arm.pattern, payload or UNIT, names)
            body = join.arm(arm.body, "the first case")
            c.unbind(names)
        body = c.leave(scope, body, "this case")
        rest = rest or k is None
        bodies.append((k, x or c.names.fresh("_"), body))
    if t is not None and not rest:
        _complete(c, t, e, seen)
    result, joined = join.joined([body for _, _, body in bodies])
    arms = tuple([(k, x, body) for (k, x, _), body in zip(bodies, joined, strict=True) if k is not None])
    other = next((body for (k, _, _), body in zip(bodies, joined, strict=True) if k is None), None)
    return join.done(core.Case(result, e.span, item, arms, other))


def _sum(c: Context, item: core.Term, e: tree.Case) -> Data | None:
    """The type of what is taken apart; the constructors of the arms tell it where nothing else does."""
    t = c.known(item.type)
    if isinstance(t, Wrong):
        return None
    if isinstance(t, Meta):
        for arm in e.arms:
            found = c.world.constructor(arm.constructor)
            if found is not None:
                d, home = found
                wanted = declared_data(c, d, home, unknowns(c, d), arm.span)
                c.coerce(item, wanted, Why(arm.span, f"`{arm.constructor}` is a constructor of `{d.name}`"))
                return wanted
        raise c.fail("E0210", "the type of this value is not known here", item.span, "its constructor is needed",
                     help=["annotate it"])
    if not isinstance(t, Data):
        raise c.fail("E0224", f"`{c.show(t)}` has no constructors", item.span, f"this is `{c.show(t)}`",
                     help=["`case` takes values of declared types apart: `type t = A f64 | B`"])
    return t


def _constructor(c: Context, t: Data, arm: tree.Arm, seen: dict[int, tree.Arm], rest: bool,
                 item: core.Term) -> int | None:
    """The constructor of an arm; None for the arm of all others."""
    if rest or len(seen) == len(t.cases):
        raise c.fail("E0225", "this case is never reached", arm.span, "all values are taken by the cases before")
    if arm.constructor == "_":
        return None
    for k, (x, _) in enumerate(t.cases):
        if x == arm.constructor:
            if k in seen:
                raise c.fail("E0225", "this case is never reached", arm.span, f"another case of `{x}`",
                             others=[(seen[k].span, "this one is taken")])
            return k
    names = [x for x, _ in t.cases]
    raise c.fail("E0224", f"`{arm.constructor}` is not a constructor of `{t}`", arm.span, "no such constructor",
                 others=[(item.span, f"this is `{c.show(t)}`")],
                 help=suggest(arm.constructor, names) or [f"its constructors are {', '.join(names)}"])


def _payload(c: Context, arm: tree.Arm, payload: Type | None) -> Type | None:
    if payload is None and arm.pattern is not None:
        raise c.fail("E0224", f"`{arm.constructor}` holds nothing", arm.pattern.span, "there is no value to name")
    if payload is not None and arm.pattern is None:
        raise c.fail("E0224", f"`{arm.constructor}` holds a value", arm.span, f"of type `{c.show(payload)}`",
                     help=[f"name it, or write `{arm.constructor} _`"])
    return payload


def _complete(c: Context, t: Data, e: tree.Case, seen: dict[int, tree.Arm]) -> None:
    missing = [x for k, (x, _) in enumerate(t.cases) if k not in seen]
    if missing:
        shown = ", ".join(f"`{x}`" for x in missing)
        raise c.fail("E0226", f"no case for {shown}", e.span, f"`{c.show(t)}` has {len(t.cases)} constructors",
                     help=["add it, or `| _ -> …` for all others"])
