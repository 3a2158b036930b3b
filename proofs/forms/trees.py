"""Forms with recursive types: values built of constructors, and definitions that follow their structure."""

from __future__ import annotations

from dataclasses import dataclass

from catad.proofs.forms.writer import TAME, Num, Writer

__all__ = ["TREES"]

SHAPES = ((1, 0), (0, 2), (1, 1), (1, 2), (0, 0), (2, 1))          # how many numbers and how many children a node has


@dataclass(frozen=True, slots=True)
class Tree:
    """A recursive type: its name, and its constructors with how much they hold. The first holds no children."""

    name: str
    constructors: tuple[tuple[str, int, int], ...]
    fold: str                                                           # the definition that sums it up


def _payload(name: str, numbers: int, children: int) -> str:
    items = ["f64"] * numbers + [name] * children
    return f"({', '.join(items)})" if len(items) > 1 else "".join(items)


def _declared(w: Writer) -> Tree:
    """A type of this program with its fold, one that exists or a new one."""
    known = [t for t in w.types if isinstance(t, Tree)]
    if known and w.c.pick(2) == 0:
        return known[0]
    name, fold = w.name("tree"), w.name("fold_")
    shapes = [SHAPES[0], *(w.c.of(SHAPES[1:]) for _ in range(1 + w.c.pick(2)))]
    t = Tree(name, tuple((f"{name.capitalize()}{'ABC'[k]}", *s) for k, s in enumerate(shapes)), fold)
    body = " | ".join(f"{x} {_payload(name, n, m)}".strip() for x, n, m in t.constructors)
    arms = " ".join(_arm(w, t, *c) for c in t.constructors)
    w.declared.append(f"type {name} = {body}\ndef rec {fold} (a : f64) (t : {name}) : f64 = case t of {arms}")
    w.types.append(t)
    return t


def _arm(w: Writer, t: Tree, x: str, numbers: int, children: int) -> str:
    """What a node becomes: an expression in its numbers, in `a`, and in what its children become."""
    given, below = [w.name("x") for _ in range(numbers)], [w.name("c") for _ in range(children)]
    down = w.c.of(["a", "(0.5 * a)", "(a * a)" if w.ring else "(sin a)"])
    results = [f"({t.fold} {down} {c})" for c in below]
    before, w.forms_alone = w.forms_alone, True
    with w.alone(num=[Num("a", TAME), *(Num(y, TAME) for y in (*given, *results))]):
        body = w.damped(w.num())
    w.forms_alone = before
    names = [*given, *below]
    pattern = f"({', '.join(names)})" if len(names) > 1 else "".join(names)
    return f"| {x} {pattern} -> {body.text}".replace("  ", " ")


def _value(w: Writer, t: Tree, depth: int) -> str:
    """An expression of the type, at most so deep."""
    fitting = t.constructors if depth > 0 else t.constructors[:1]
    x, numbers, children = w.c.of(fitting)
    items = [w.num().text for _ in range(numbers)] + [_value(w, t, depth - 1) for _ in range(children)]
    if not items:
        return x
    return f"({x} {items[0]})" if len(items) == 1 else f"({x} ({', '.join(items)}))"


def folded(w: Writer) -> Num:
    t = _declared(w)
    return Num(f"({t.fold} {w.num().text} {_value(w, t, w.c.pick(3))})", TAME)


def chosen(w: Writer) -> Num:
    """Trees of different sizes meet in a branch."""
    t = _declared(w)
    one, two = _value(w, t, 1), _value(w, t, 2)
    return Num(f"({t.fold} {w.num().text} (if {w.cond()} then {one} else {two}))", TAME)


def twice(w: Writer) -> Num:
    """One tree, followed twice."""
    t, x = _declared(w), w.name("t")
    return Num(f"(let {x} = {_value(w, t, 2)} in {t.fold} {w.num().text} {x} - {t.fold} 0.5 {x})", 2 * TAME)


TREES = (folded, chosen, twice)
