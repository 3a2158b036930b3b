"""Nets inside a rewrite are not validated one by one: the rewrite validates what it hands out.

    checked(unchecked(…))  =  Net(…)
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.net.build import Builder
from catad.net.net import Box, Net, Wire
from catad.net.validate import validate
from catad.types.type import Type

__all__ = ["Draft", "checked", "unchecked"]

MARK = "rewrite.unchecked"


def unchecked(wires: Sequence[Type], boxes: Sequence[Box], inputs: Sequence[Wire], outputs: Sequence[Wire],
              sizes: Sequence[str] = ()) -> Net:
    """A net whose validation is put off; `checked` does it."""
    net = object.__new__(Net)
    for name, value in (("wires", wires), ("boxes", boxes), ("inputs", inputs), ("outputs", outputs), ("sizes", sizes)):
        object.__setattr__(net, name, tuple(value))
    object.__setattr__(net, "_memo", {MARK: True})
    return net


def checked(net: Net) -> Net:
    """The same net, valid, bubbles included; raises InvalidNet when it is not."""
    if net._memo.pop(MARK, False):
        for box in net.boxes:
            for bubble in box.bubbles:
                checked(bubble)
        validate(net)
    return net


class Draft(Builder):
    """A builder of unchecked nets."""

    def net(self, *outputs: Wire) -> Net:
        return unchecked(self.wires, self.boxes, self.inputs, outputs, self.sizes)
