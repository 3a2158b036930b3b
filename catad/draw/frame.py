"""Walls: a picture of what is inside becomes an item of the level around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catad.draw import svg
from catad.draw.arrange import Item
from catad.draw.boxes import Drawn, discard
from catad.draw.words import wire_class
from catad.net.net import Net, Wire
from catad.types.type import Type

__all__ = ["Frame", "Picture"]

PAD = 10.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn level: where its inputs (those with a port or a disc) and outputs are, and its SVG."""

    width: float
    height: float
    inputs: Mapping[int, float]
    outputs: tuple[float, ...]
    types: tuple[Type, ...]
    body: str


class Frame:
    """A wall around a picture, with bands above and below and a margin at the right for what goes back."""

    def __init__(self, inner: Picture, band: float, side: float, kind: str, results: bool = True) -> None:
        self.inner, self.band, self.kind, self.results = inner, band, kind, results
        self.left = PAD
        self.width = round(inner.width + 2 * PAD + side, 1)
        self.height = round(inner.height + 2 * band, 1)

    def back(self, source: int, j: int, disc: bool) -> str:
        """From the j-th output, around the right side, to the input that carries it."""
        x, y = self.left + self.inner.outputs[j], self.left + self.inner.inputs[source]
        high, low, right = self.band - 8 - 6 * j, self.height - self.band + 8 + 6 * j, self.width - 5 - 6 * j
        n = svg.number
        d = (f"M{n(x)} {n(low)}H{n(right - 5)}Q{n(right)} {n(low)} {n(right)} {n(low - 5)}V{n(high + 5)}"
             f"Q{n(right)} {n(high)} {n(right - 5)} {n(high)}H{n(y + 5)}")
        if disc:                                             # down onto the disc with the initial value
            d = d[:d.rindex("H")] + f"H{n(y + 4)}Q{n(y)} {n(high)} {n(y)} {n(high + 4)}V{n(self.band - 5)}"
            return svg.path(d, "back") + svg.path(f"M{n(y)} {n(self.band)}l-3.5 -6h7z", "tip")
        return svg.path(d, "back") + svg.path(f"M{n(y)} {n(high)}l6 -3.5v7z", "tip")

    def plain(self, net: Net, tops: Sequence[tuple[Wire, int]], back: str = "") -> Item:
        """The wall with the picture inside; ports over the inputs named and under all outputs.

        The wires of `tops` are wires of `net`, whichever side of the wall it is on: both have one type.
        """
        inner = self.inner
        body = [svg.rect(0, 0, self.width, self.height, f"{self.kind} bubble", 9), back]
        x = [round(self.left + inner.inputs[k], 1) for _, k in tops]
        out = [round(self.left + o, 1) for o in inner.outputs]
        body += [svg.line(a, 0, self.band, wire_class(net.wires[w])) for a, (w, _) in zip(x, tops, strict=True)]
        low = self.height - self.band
        if self.results:
            kinds = [wire_class(inner_type) for inner_type in inner.types]
            body += [svg.line(a, low, self.height, k) for a, k in zip(out, kinds, strict=True)]
        body.append(svg.group(self.left, self.band, inner.body))
        return Item(self.width, self.height, tuple(x), tuple(out), "".join(body))

    def item(self, net: Net, tops: Sequence[tuple[Wire, int]], targets: Sequence[Wire], outputs: Sequence[float],
             used: Sequence[bool], back: str) -> Drawn:
        """The same as a box of the net around it: bands bridged, ports marked, unused results ended."""
        item = self.plain(net, tops, back)
        bottoms = [round(self.left + o, 1) for o in outputs]
        kinds = [wire_class(net.wires[t]) for t in targets]
        loose = [not used[t] for t in targets]
        body = [item.body]
        for x, kind, off in zip(bottoms, kinds, loose, strict=True):
            if any(loose):
                body.append(discard(x, self.height, kind) if off else svg.line(x, self.height, self.height + 9, kind))
        body += [svg.circle(x, y, 2.6, self.kind) for y in (0.0, self.height) for x in (bottoms if y else item.tops)]
        height = self.height + (9 if any(loose) else 0)
        whole = Item(self.width, height, item.tops, tuple(bottoms), "".join(body))
        return Drawn(whole, tuple(w for w, _ in tops), tuple(targets))
