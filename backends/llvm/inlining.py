"""Which called nets are lowered where they are called, and which become functions of the module.

    inlined     small nets, nets called once, nets that bind sizes while they run; all, when the whole is small
    function    what is left: its code is there once, however often it is called

Law: what is lowered is at most a constant times the boxes of the table (nets that bind sizes apart, which the
normaliser has unfolded). A net that calls itself is refused (E0721).
"""

from __future__ import annotations

from catad.net.net import BindSize, Box, Call, Net, Table
from catad.source import error

__all__ = ["Inlining"]

_SMALL = 60                                               # boxes
_WHOLE = 4000                                             # boxes of an entry that is lowered in one piece
_ONCE = 1                                                 # calls up to which a net of any length is inlined


class Inlining:
    """The decisions for one entry."""

    def __init__(self, table: Table, entry: str) -> None:
        self._table = table
        self._calls: dict[str, list[Box]] = {}
        self._boxes: dict[str, int] = {}
        self._binds: dict[str, bool] = {}
        self._whole: dict[str, int] = {}                  # boxes when every call is unfolded
        self._part: dict[str, int] = {}                   # boxes when functions are not
        self._sites: dict[str, int] = {}
        self._visit(entry, set())
        for name in self._calls:
            for b in self._calls[name]:
                callee = _name(b)
                self._sites[callee] = self._sites.get(callee, 0) + 1
        small = self._whole[entry] <= _WHOLE
        self._functions: set[str] = set()
        for name in self._calls:                          # callees first
            inner = [_name(b) for b in self._calls[name]]
            self._part[name] = self._boxes[name] + sum(self._part[c] for c in inner if c not in self._functions)
            if not (small or self._binds[name] or self._part[name] <= _SMALL or self._sites.get(name, 0) <= _ONCE):
                self._functions.add(name)

    def function(self, name: str) -> bool:
        """Is the net a function of the module?"""
        return name in self._functions

    def _visit(self, name: str, open_: set[str]) -> None:
        net = self._table.nets[name]
        open_.add(name)
        calls: list[Box] = []
        boxes, binds = _survey(net, calls)
        whole = boxes
        for b in calls:
            callee = _name(b)
            if callee in open_:
                raise error("E0721", f"`{callee}` calls itself", b.span, help=("write the recursion as a loop",))
            if callee not in self._calls:
                self._visit(callee, open_)
            whole += self._whole[callee]
            binds = binds or self._binds[callee]
        open_.remove(name)
        self._calls[name], self._boxes[name] = calls, boxes
        self._binds[name], self._whole[name] = binds, whole


def _name(b: Box) -> str:
    assert isinstance(b.op, Call)
    return b.op.name


def _survey(net: Net, calls: list[Box]) -> tuple[int, bool]:
    """Boxes, and whether sizes are bound, bubbles included; `calls` are collected."""
    boxes, binds = len(net.boxes), False
    pending = list(net.boxes)
    while pending:
        b = pending.pop()
        if isinstance(b.op, Call):
            calls.append(b)
        binds = binds or isinstance(b.op, BindSize)
        for n in b.bubbles:
            boxes += len(n.boxes)
            pending.extend(n.boxes)
    return boxes, binds
