"""Simplification: a net to a smaller, faster net of the same boundary and meaning.

    simplify = (rebuild ; prune ; fuse)*            rebuild: rules and sharing, box by box (`scope`, `fold`, `arrays`,
                                                    `loops`, `control`);  prune: `dead`;  fuse: `fusion`

Each round is linear in the net; there is another one only if something happened that opens a way for more (a merge,
a loop of one trip, a carry that was none), and never more than `ROUNDS`. No pass introduces a failure: what can stop
the program is shared where it ran before, dropped when its result is not used, and never moved out of a branch or loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from catad.net.net import Loop, Net, Op, While
from catad.rewrite import arrays, control, fold
from catad.rewrite.dead import SETTLED, prune
from catad.rewrite.fusion import fuse
from catad.rewrite.loops import loop_box
from catad.rewrite.scope import Handler, Rule, Run, Scope
from catad.rewrite.unchecked import checked
from catad.rewrite.whiles import while_box
from catad.source.deep import deep

__all__ = ["simplify"]

ROUNDS = 8
RULES: Mapping[str, tuple[Rule, ...]] = MappingProxyType({**fold.RULES, **arrays.RULES})
HANDLERS: Mapping[type[Op], Handler] = MappingProxyType({**control.HANDLERS, Loop: loop_box, While: while_box})


def simplify(net: Net, nets: Mapping[str, Net] | None = None, *, selects: bool = True, thorough: bool = False) -> Net:
    """The net simplified. `nets` are those that it calls, looked at to know whether a call can fail.

    `selects` turns cheap branches into selections. Leave them branches in a net that will be differentiated again:
    a branch not taken contributes nothing, where a selection would multiply its derivative by zero.
    `thorough` starts over once where one round was not enough: later rounds pass over bubbles that were rebuilt before,
    though what they capture may be better known by then. For a net that was not simplified on its way.
    """
    label = f"rewrite.simple.{selects}"
    if net._memo.get(label):
        return net
    with deep():
        new, rounds = _rounds(prune(net), nets or {}, selects)
        if thorough and rounds > 1:
            _unsettle(new)
            new, _ = _rounds(new, nets or {}, selects)
        new = checked(prune(new))
    new._memo[label] = True
    return new


def _rounds(net: Net, nets: Mapping[str, Net], selects: bool) -> tuple[Net, int]:
    """Rounds until nothing happens, and how many they were."""
    for k in range(ROUNDS):
        run = Run(nets, RULES, HANDLERS, selects, first=k == 0)
        built = prune(rebuilt(run, net))
        net = fuse(built)
        if net is built and not run.again:
            return net, k + 1
    return net, ROUNDS


def _unsettle(net: Net) -> None:
    """No bubble counts as rebuilt any more."""
    for box in net.boxes:
        for bubble in box.bubbles:
            bubble._memo.pop(SETTLED, None)
            _unsettle(bubble)


def rebuilt(run: Run, net: Net) -> Net:
    """One walk over the net, rules applied."""
    scope = Scope(run, kept_sizes=control.protected(net))
    inputs = [scope.wire(net.wires[w]) for w in net.inputs]
    out = scope.walk(net, dict(zip(net.inputs, inputs, strict=True)))
    return scope.net(inputs, out, net.sizes)
