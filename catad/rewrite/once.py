"""Which definitions are called from one place only: these are part of their caller.

    def f0 … = …        def f1 … = f0 …        def f2 … = f1 …            f2 with f1 and f0 in it, each walked once

Normalising each of a long chain by itself, and then unfolding it into the next, would cost the square of what unfolding
costs. The one place must be one for good: not in a function, nor in a definition over functions, which are unfolded
wherever they are called.
"""

from __future__ import annotations

from collections.abc import Iterator

from catad.net.net import Call, Lambda, Net, Table
from catad.types.type import holds_function

__all__ = ["called_once"]


def called_once(table: Table, name: str) -> frozenset[str]:
    """The named nets that `name` reaches by one call box alone."""
    count: dict[str, int] = {}
    pending, seen = [name], {name}
    while pending:
        net = table.nets[pending.pop()]
        weight = 2 if any(map(holds_function, (*net.source, *net.target))) else 1
        for callee, inside in _calls(net):
            count[callee] = count.get(callee, 0) + (2 if inside else weight)
            if callee in table.rules and table.rules[callee] not in seen:
                seen.add(table.rules[callee])
                pending.append(table.rules[callee])
            if callee not in seen and callee in table.nets:
                seen.add(callee)
                pending.append(callee)
    return frozenset(x for x, k in count.items() if k == 1 and x != name and x in table.nets and x not in table.rules)


def _calls(net: Net, inside: bool = False) -> Iterator[tuple[str, bool]]:
    """The calls in a net, and whether a function is around them."""
    for box in net.boxes:
        if isinstance(box.op, Call):
            yield box.op.name, inside
        for bubble in box.bubbles:
            yield from _calls(bubble, inside or isinstance(box.op, Lambda))
