"""Pictures of nets: string diagrams as SVG, read from top to bottom.

    draw(net) -> str        a function of the canonical reading of the net: equal calls give equal bytes

Boxes speak the language's signs; bubbles are walls around their insides, captured wires enter through ports, a
dashed line at the side of a loop leads from what one trip hands on to where the next one finds it. A dot is a
copy, a small ring an unused wire, a disc a constant. Thin dashed wires are integers, dotted ones truth values,
thick ones arrays. Light and dark follow the viewer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catad.draw import svg
from catad.draw.picture import Enter, Picture, View, level
from catad.net.net import Net, Table
from catad.source.deep import deep

__all__ = ["draw", "draw_table"]

MARGIN = 14.0


def draw(net: Net, title: str = "", *, names: Sequence[str] = (), depth: int | None = None,
         max_boxes: int = 400) -> str:
    """The SVG of a net.

    `names` name the inputs. Bubbles nested deeper than `depth` are folded, each with the number of its boxes;
    left out, as many levels are shown as fit into `max_boxes`. A level with more boxes shows its first and last.
    """
    with deep():
        picture = _picture(net, names, depth, max_boxes)
    return _page([(title, picture)], title)


def draw_table(table: Table | Mapping[str, Net], title: str = "", *, depth: int | None = None,
               max_boxes: int = 400) -> str:
    """The SVG of several nets, one below the other, each under its name."""
    nets = table.nets if isinstance(table, Table) else table
    entries = table.entries if isinstance(table, Table) else {}
    with deep():
        pages = []
        for name, net in nets.items():
            params = entries[name].params if name in entries else ()
            names = [x for x, _ in params] if len(params) == len(net.inputs) else []
            pages.append((name, _picture(net, names, depth, max_boxes)))
    return _page(pages, title)


def _picture(net: Net, names: Sequence[str], depth: int | None, most: int) -> Picture:
    shown = _fitting(net, most) if depth is None else depth
    called = [*names, *[""] * len(net.inputs)]
    labels = [f"{x} : {t}" if x else str(t) for x, t in zip(called, net.source, strict=False)]
    enters = [Enter("label", label) for label in labels]
    return level(net, enters, [str(t) for t in net.target], View(shown, most))


def _fitting(net: Net, most: int) -> int:
    """How many levels of bubbles can be shown with at most so many boxes in all."""
    total, depth, nets = 0, -1, [net]
    while nets:
        total += sum(len(n.boxes) for n in nets)
        if total > most:
            break
        depth += 1
        nets = [m for n in nets for b in n.boxes for m in b.bubbles]
    return max(depth, 0)


def _page(pictures: Sequence[tuple[str, Picture]], title: str) -> str:
    body, y, width = [], MARGIN, 2 * MARGIN
    for name, p in pictures:
        if name:
            body.append(svg.text(MARGIN, y + 12, name, "h l"))
            y += 26
        body.append(svg.group(MARGIN, y, p.body))
        y += p.height + 2 * MARGIN
        width = max(width, p.width + 2 * MARGIN, svg.text_width(name) * 14 / 12 + 2 * MARGIN)
    return svg.document(width, y - MARGIN if pictures else y, "\n".join(body), title or "net")
