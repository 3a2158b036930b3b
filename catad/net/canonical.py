"""The canonical form of a net: what two drawings of one diagram share.

    equal(a, b)  ⇔  digest(a) = digest(b)  ⇔  a and b are one diagram, up to
                    dead boxes, numbers of wires, order of boxes, names of sizes bound inside, spans and reasons

Two equal boxes that are not shared stay two boxes: sharing is a rewrite, not a reading. Recursive in bubbles,
linear in the size of the net, memoised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import count

from catad.net.build import resize_op
from catad.net.net import Box, Call, Const, Net, Op, Wire
from catad.net.order import order
from catad.source.deep import deep
from catad.types.size import Size
from catad.types.type import Scalar, Type, subst

__all__ = ["canonical", "digest", "equal", "prune"]


def canonical(net: Net) -> Net:
    """Live boxes only, renumbered from the boundary; bound sizes are $0, $1, … by appearance."""
    with deep():
        return _canonical(net, {})


def equal(a: Net, b: Net) -> bool:
    """Are they one diagram?"""
    return a is b or digest(a) == digest(b)


def digest(net: Net) -> str:
    """SHA-256 of the text of the canonical form, in hexadecimal."""
    known = net._memo.get("digest")
    if known is None:
        from catad.net.text import print_net
        text = print_net(canonical(net), provenance=False)
        known = net._memo["digest"] = hashlib.sha256(text.encode()).hexdigest()
    assert isinstance(known, str)
    return known


def prune(net: Net) -> Net:
    """The net without dead boxes, here and in bubbles, otherwise as it is: order, names, spans.

    Boundaries stay: unused captured wires, unused outputs of bubbles are a matter of rewriting.
    """
    with deep():
        return _prune(net)


def _prune(net: Net) -> Net:
    known = net._memo.get("pruned")
    if known is None:
        live = sorted(order(net).boxes)
        bubbles = {i: tuple(map(_prune, net.boxes[i].bubbles)) for i in live}
        whole = len(live) == len(net.boxes) and all(
            n is m for i in live for n, m in zip(bubbles[i], net.boxes[i].bubbles, strict=True))
        known = net if whole else _rebuild(net, live, bubbles, {})
        net._memo["pruned"] = known
        known._memo["pruned"] = known
    assert isinstance(known, Net)
    return known


def _canonical(net: Net, env: Mapping[str, Size]) -> Net:
    """`env` gives the canonical names of outer size variables, where they differ."""
    found = order(net)
    env = {x: env[x] for x in found.free if x in env}
    if not env and (known := net._memo.get("canonical")) is not None:
        assert isinstance(known, Net)
        return known
    taken = {(env[x].variable or x) if x in env else x for x in found.free} | set(net.sizes)
    fresh = (f"${k}" for k in count() if f"${k}" not in taken)
    inner = {**env, **{x: Size.var(next(fresh)) for x in found.bound if x not in net.sizes}}
    inner = {x: s for x, s in inner.items() if s.variable != x}
    bubbles = {i: tuple(_canonical(n, inner) for n in net.boxes[i].bubbles) for i in found.boxes}
    result = _rebuild(net, found.boxes, bubbles, inner, plain=True)
    if not env:
        net._memo["canonical"] = result
        result._memo["canonical"] = result
    return result


def _rebuild(net: Net, boxes: tuple[int, ...] | list[int], bubbles: Mapping[int, tuple[Net, ...]],
             sizes: Mapping[str, Size], plain: bool = False) -> Net:
    """The net of some of its boxes, in the order given, wires renumbered: inputs first, then targets.

    `plain` removes what a canonical form does not see: reasons, spans, the order of named sizes.
    """
    at: dict[Wire, Wire] = {w: k for k, w in enumerate(net.inputs)}
    types = [net.wires[w] for w in net.inputs]
    out: list[Box] = []
    for i in boxes:
        b = net.boxes[i]
        op = _plain(resize_op(b.op, sizes) if sizes else b.op) if plain else b.op
        for t in b.targets:
            at[t] = len(types)
            types.append(net.wires[t])
        span, reason = (None, "") if plain else (b.span, b.reason)
        out.append(Box(op, tuple([at[s] for s in b.sources]), tuple([at[t] for t in b.targets]), bubbles[i],
                       span, reason))
    if sizes:
        new: dict[int, Type] = {k: subst(t, {}, sizes) for k, t in {id(t): t for t in types}.items()}
        types = [new[id(t)] for t in types]
    return Net(tuple(types), tuple(out), tuple(range(len(net.inputs))), tuple(at[w] for w in net.outputs), net.sizes)


def _plain(op: Op) -> Op:
    """One spelling of each operation."""
    match op:
        case Call(name, sizes):
            return Call(name, tuple(sorted(sizes, key=lambda p: p[0])))
        case Const(int() as value, Scalar("f64" | "f32") as t):
            return Const(float(value), t)
    return op
