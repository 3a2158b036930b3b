"""Rules on `while`: its bubbles are simplified, capture what they need of outside, and what stands still moves out.

    a state that the body returns unchanged is its initial value            while false f x = x

A `while` may never end, so it counts as a box that can fail: nothing moves it out of a branch or of another loop.
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.net.net import Box, Net, Wire
from catad.rewrite.scope import Scope
from catad.types.type import Type

__all__ = ["while_box"]


def while_box(s: Scope, box: Box, sources: Sequence[Wire], types: Sequence[Type]) -> Sequence[Wire]:
    """A `while`, rebuilt."""
    n = len(sources) - len(types)
    held, inits = sources[:n], sources[n:]
    if s.settled(box.bubbles, held):
        return s.emit(box.op, sources, types, box.bubbles, box.span, box.reason)
    cond, body = box.bubbles
    moving = [j for j in range(len(types)) if body.outputs[j] != body.inputs[n + j]]
    if len(moving) < len(types):
        s.run.again = True
    scopes = (Scope(s.run, s, "loop"), Scope(s.run, s, "loop"))
    states: list[list[Wire]] = []
    results: list[list[Wire]] = []
    for child, net in zip(scopes, (cond, body), strict=True):
        at: dict[Wire, Wire] = {w: ~x for w, x in zip(net.inputs, sources, strict=True)}
        mine = [child.wire(types[j]) for j in moving]
        at.update({net.inputs[n + j]: w for j, w in zip(moving, mine, strict=True)})
        states.append(mine)
        results.append(child.walk(net, at))
    if scopes[0].value(results[0][0]) is False:
        s.run.again = True
        return inits
    captured = list(dict.fromkeys([*scopes[0].captured, *scopes[1].captured]))
    outs = (results[0], [results[1][j] for j in moving])
    nets = [_closed(s, child, captured, mine, out) for child, mine, out in zip(scopes, states, outs, strict=True)]
    made = s.emit(box.op, [*captured, *(inits[j] for j in moving)], [types[j] for j in moving], nets, box.span,
                  box.reason)
    finals = dict(zip(moving, made, strict=True))
    return [finals.get(j, x) for j, x in enumerate(inits)]


def _closed(s: Scope, child: Scope, captured: Sequence[Wire], states: Sequence[Wire], out: Sequence[Wire]) -> Net:
    """The bubble from all that either bubble captures."""
    inputs = [child.captured[w] if w in child.captured else child.wire(s.types[w]) for w in captured]
    return child.net([*inputs, *states], out)
