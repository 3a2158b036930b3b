"""Well-formedness of nets: what every pass may rely on, checked when a net is born.

    every wire      has exactly one producer, an input or one target of one box
    every box       comes after the producers of its sources; the types of its wires and bubbles obey its label
    every bubble    starts from (captured ++ bound) wires; it was validated at its own birth
    every size      bound by a `BindSize` is bound once, mentioned only after it, and stays inside its bubble

One walk over the boxes. The typing of primitives is memoised by the identity of the type objects, which the
net keeps alive meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from catad.net.label import (
    Apply,
    Assert,
    BindSize,
    Call,
    Const,
    Derive,
    Fill,
    Guard,
    IfOp,
    Lambda,
    Loop,
    Op,
    Prim,
    SeriesPack,
    SeriesPart,
    SizeValue,
    Trace,
    While,
)
from catad.net.sizes import bound_sizes, box_sizes, free_sizes, type_sizes
from catad.ops import ROWS
from catad.types.size import Size
from catad.types.type import (
    BOOL,
    I64,
    Array,
    Data,
    Fun,
    Prod,
    Record,
    Series,
    Tangent,
    Type,
    array,
    dims,
    flatten,
    leaf,
    subst,
    tangent,
)

if TYPE_CHECKING:
    from catad.net.net import Box, Net, Table

__all__ = ["KINDS", "InvalidNet", "validate", "validate_table"]

KINDS = ("state", "add", "mul", "min", "max", "and", "or")
Types = Sequence[Type]
Check = Callable[[Op, Types, Types, "tuple[Net, ...]"], str]   # "" or what is wrong


class InvalidNet(Exception):
    """A pass built a net that is not one: a defect of the compiler, never of a user's program."""


def validate(net: Net) -> None:
    """Raise InvalidNet, naming the rule and the box, unless `net` is well formed."""
    known = _inputs(net)
    wires, size = net.wires, len(net.wires)
    typed: set[tuple[object, ...]] = set()
    for i, b in enumerate(net.boxes):
        for s in b.sources:
            if not 0 <= s < size or not known[s]:
                raise _invalid(i, b, f"source wire {s} is produced before it is used")
        for t in b.targets:
            if not 0 <= t < size or known[t]:
                raise _invalid(i, b, f"target wire {t} has exactly one producer")
            known[t] = 1
        op = b.op
        if type(op) is Prim:
            key = (op.name, *[id(wires[s]) for s in b.sources], None, *[id(wires[t]) for t in b.targets])
            if key in typed and not b.bubbles:
                continue
            typed.add(key)
        _check_box(net, i, b)
    if not all(known):
        raise InvalidNet(f"wire {known.index(0)} has exactly one producer: it has none")
    for w in net.outputs:
        if not 0 <= w < size:
            raise InvalidNet(f"output wire {w} is a wire of the net")
    _check_sizes(net)


def _invalid(i: int, b: Box, rule: str) -> InvalidNet:
    where = f" at {b.span!r}" if b.span is not None else ""
    return InvalidNet(f"box {i} ({b.op}{where}): rule broken: {rule}")


def _inputs(net: Net) -> bytearray:
    """Marks the inputs, after checking them and the flatness of wire types."""
    known = bytearray(len(net.wires))
    for t in {id(t): t for t in net.wires}.values():
        if isinstance(leaf(t), Prod | Record | Data):
            raise InvalidNet(f"wire types are flat: {t}")
    for w in net.inputs:
        if not 0 <= w < len(known) or known[w]:
            raise InvalidNet(f"input wire {w} has exactly one producer")
        known[w] = 1
    return known


def _check_box(net: Net, i: int, b: Box) -> None:
    check = _CHECKS.get(type(b.op))
    if check is None:
        raise _invalid(i, b, "the operation is known")
    wrong = check(b.op, net.type_of(b.sources), net.type_of(b.targets), b.bubbles)
    if not wrong and len(b.bubbles) != _BUBBLES.get(type(b.op), 0):
        wrong = f"it has {_BUBBLES.get(type(b.op), 0)} bubbles"
    if wrong:
        raise _invalid(i, b, wrong)


def _check_sizes(net: Net) -> None:
    """Sizes bound by boxes are bound once, before they are mentioned, and do not leave a bubble."""
    for i, b in enumerate(net.boxes):
        for n in b.bubbles:
            inner = set(bound_sizes(n))
            if inner and inner & _mentioned((*n.source, *n.target)):
                raise _invalid(i, b, "a size bound in a bubble stays inside it")
    bound = bound_sizes(net)
    if not bound:
        return
    if len(set(bound)) != len(bound):
        raise InvalidNet(f"each size is bound once: {', '.join(bound)}")
    pending = set(bound) - set(net.sizes)
    early = pending & _mentioned(net.source)
    if early:
        raise InvalidNet(f"a size in the type of an input is a size of the net: {', '.join(sorted(early))}")
    for i, b in enumerate(net.boxes):
        if isinstance(b.op, BindSize):
            pending.discard(b.op.name)
            if b.op.name in net.sizes and b.sources[0] not in net.inputs:
                raise _invalid(i, b, "a size of the boundary is bound by an input")
        elif pending and pending & _mentioned(net.type_of(b.targets)).union(box_sizes(b)):
            raise _invalid(i, b, "a size is mentioned after the box that binds it")


def _mentioned(types: Types) -> set[str]:
    return {x for t in types for s in type_sizes(t) for x in s.variables}


# ── the rule of each operation ──────────────────────────────────────────────────────────────────────────────

def _show(types: Types) -> str:
    return "(" + ", ".join(map(str, types)) + ")"


def _same(what: str, want: Types, got: Types) -> str:
    return "" if list(want) == list(got) else f"{what} are {_show(want)}, not {_show(got)}"


def _rule(sources: Types, want: Types, targets: Types, result: Types) -> str:
    return _same("sources", want, sources) or _same("targets", result, targets)


def _prim(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    assert isinstance(op, Prim)
    row = ROWS.get(op.name)
    if row is None:
        return "a primitive is a row of the table"
    try:
        result = row.result(sources)
    except (TypeError, IndexError) as e:
        return str(e)
    if op.name in ("update", "add_at"):
        part: Type = sources[0]
        for _ in sources[1:-1]:
            if not isinstance(part, Array):
                return "no more indices than dimensions"
            part = part.item
        if part != sources[-1]:
            return f"the value has the type of the entry, {part}, not {sources[-1]}"
    if op.name in ("argmax", "argmin") and not isinstance(sources[0], Array):
        return "the argument is an array"
    if op.name == "stack" and any(t != sources[0] for t in sources):
        return "the entries have one type"
    return _same("targets", [result], targets)


def _const(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    assert isinstance(op, Const)
    v = op.value
    if op.type == BOOL:
        fits = isinstance(v, bool)
    elif op.type == I64:
        fits = type(v) is int and -(2**63) <= v < 2**63
    else:
        fits = isinstance(v, float | int) and not isinstance(v, bool)
    return _rule(sources, [], targets, [op.type]) or ("" if fits else f"{v!r} is a value of {op.type}")


def _size_value(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    return _rule(sources, [], targets, [I64])


def _bind_size(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    return _rule(sources, [I64], targets, [])


def _guard(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    if len(sources) != len(targets):
        return "as many targets as sources"
    if not all(map(_alike, sources, targets)):
        return f"targets differ from sources in sizes only: {_show(sources)}, {_show(targets)}"
    return ""


def _assert(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    return _rule(sources, [BOOL, *targets], targets, list(targets)[:1])


def _trace(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    return _same("targets", sources, targets)


def _alike(a: Type, b: Type) -> bool:
    """Equal but for sizes."""
    if type(a) is not type(b):
        return False
    match a, b:
        case Array(_, x), Array(_, y):
            return _alike(x, y)
        case Fun(p, q), Fun(r, s):
            return _alike(p, r) and _alike(q, s)
        case Series(j, x), Series(k, y):
            return j == k and _alike(x, y)
        case Tangent(x), Tangent(y):
            return _alike(x, y)
        case Prod(xs), Prod(ys):
            return len(xs) == len(ys) and all(map(_alike, xs, ys))
        case Data(x, xs), Data(y, ys):
            return x == y and len(xs) == len(ys) and all(map(_alike, xs, ys))
        case Record(xs), Record(ys):
            return [f for f, _ in xs] == [f for f, _ in ys] and all(
                _alike(t, u) for (_, t), (_, u) in zip(xs, ys, strict=True))
    return a == b


def _fill(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    assert isinstance(op, Fill)
    if len(sources) != 1 or isinstance(sources[0], Array):
        return "the source is one scalar"
    return _same("targets", [array(op.sizes, sources[0])], targets)


def _series_pack(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    assert isinstance(op, SeriesPack)
    if not sources:
        return "there is a leading coefficient"
    x = sources[0]
    want = [x, Array(Size.of(op.order), x)][:max(1, len(sources))]
    return _rule(sources, want, targets, [array(dims(x), Series(op.order, leaf(x)))])


def _series_part(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    assert isinstance(op, SeriesPart)
    if len(sources) != 1 or not isinstance(s := leaf(sources[0]), Series):
        return "the source is one series"
    value = array(dims(sources[0]), s.item)
    if op.part not in ("value", "coefficients"):
        return "the part is value or coefficients"
    return _same("targets", [value if op.part == "value" else Array(Size.of(s.order), value)], targets)


def _call(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    return ""                                            # `validate_table` knows the net that is called


def _lambda(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    assert isinstance(op, Lambda)
    return _same("targets", [op.type], targets) or _bubble(
        bubbles, 0, [*sources, *flatten(op.type.arg)], list(flatten(op.type.result)))


def _bubble(bubbles: tuple[Net, ...], k: int, source: Types, target: Types) -> str:
    if k >= len(bubbles):
        return "it has its bubbles"
    return (_same(f"inputs of bubble {k}", source, bubbles[k].source)
            or _same(f"outputs of bubble {k}", target, bubbles[k].target))


def _apply(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    if not sources or not isinstance(f := sources[0], Fun):
        return "the first source is a function"
    return _rule(sources, [f, *flatten(f.arg)], targets, list(flatten(f.result)))


def _if(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    if not sources or sources[0] != BOOL:
        return "the first source is a truth value"
    return _bubble(bubbles, 0, sources[1:], targets) or _bubble(bubbles, 1, sources[1:], targets)


def _loop(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    assert isinstance(op, Loop)
    k = len(op.carries)
    if k > len(sources) or k > len(targets):
        return "each carry has an initial and a final wire"
    if any(c.kind not in KINDS for c in op.carries):
        return "the kind of a carry is known"
    captured, carried = sources[:len(sources) - k], sources[len(sources) - k:]
    if any(not isinstance(t, Array) or t.size != op.size for t in targets[k:]):
        return f"collected wires have the size of the loop, {op.size}, not {_show(targets[k:])}"
    elements = [t.item for t in targets[k:] if isinstance(t, Array)]
    return _same("final types of carries", carried, targets[:k]) or _bubble(
        bubbles, 0, [*captured, I64, *carried], [*carried, *elements])


def _while(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    if len(targets) > len(sources):
        return "each state has an initial and a final wire"
    cut = len(sources) - len(targets)
    return (_same("final types of states", sources[cut:], targets) or _bubble(bubbles, 0, sources, [BOOL])
            or _bubble(bubbles, 1, sources, targets))


def _derive(op: Op, sources: Types, targets: Types, bubbles: tuple[Net, ...]) -> str:
    assert isinstance(op, Derive)
    f = Fun(op.arg, op.result)
    x, y = list(flatten(op.arg)), list(flatten(op.result))
    dx, dy = tangent(op.arg), tangent(op.result)
    match op.kind:
        case "jvp":
            return _rule(sources, [f, *x, *flatten(dx)], targets, [*y, *flatten(dy)])
        case "vjp":
            return _rule(sources, [f, *x], targets, [*y, Fun(dy, dx)])
        case "jet":
            k = Size.of(op.order)
            return _rule(sources, [f, *x, *flatten(Array(k, dx))], targets, [*y, *flatten(Array(k, dy))])
    return "the operator is jvp, vjp or jet"


_CHECKS: Mapping[type[Op], Check] = {
    Prim: _prim, Const: _const, SizeValue: _size_value, BindSize: _bind_size, Guard: _guard, Fill: _fill,
    SeriesPack: _series_pack, SeriesPart: _series_part, Call: _call, Lambda: _lambda, Apply: _apply,
    IfOp: _if, Loop: _loop, While: _while, Derive: _derive, Assert: _assert,
    Trace: _trace,
}
_BUBBLES: Mapping[type[Op], int] = {Lambda: 1, IfOp: 2, Loop: 1, While: 2}


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────

def validate_table(table: Table) -> None:
    """Raise InvalidNet unless every call fits the net that it names, at the sizes that it passes."""
    for name, net in table.nets.items():
        pending = [net]
        while pending:
            n = pending.pop()
            for i, b in enumerate(n.boxes):
                pending.extend(b.bubbles)
                wrong = _check_call(table, n, b) if isinstance(b.op, Call) else ""
                if wrong:
                    raise InvalidNet(f"{name}: {_invalid(i, b, wrong)}")


def _check_call(table: Table, net: Net, b: Box) -> str:
    assert isinstance(b.op, Call)
    callee = table.nets.get(b.op.name)
    if callee is None:
        return "a call names a net of the table"
    sizes = dict(b.op.sizes)
    missing = [x for x in free_sizes(callee) if x not in sizes]
    if missing:
        return f"a call passes the sizes {', '.join(missing)}"
    return _rule(net.type_of(b.sources), [subst(t, {}, sizes) for t in callee.source],
                 net.type_of(b.targets), [subst(t, {}, sizes) for t in callee.target])
