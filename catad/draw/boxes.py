"""Plain boxes as drawn items: a sign in a circle, a word in a rectangle, constants as discs on their ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from catad.draw import svg
from catad.draw.arrange import Item
from catad.draw.words import access_label, box_class, box_label, wire_class
from catad.net.net import Box, Net, Prim, Wire

__all__ = [
    "Drawn", "Names", "bound_item", "discard", "folded_box", "input_label", "output_item", "plain_box", "wall_port",
]

PORT = 13.0                              # least distance of ports
DISC = 15.0
SYMMETRIC = frozenset(("add", "mul", "max", "min", "and", "or", "eq", "ne", "hypot", "band", "bor", "bxor"))
BOX = 24.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """An item and the wires at its ports."""

    item: Item
    sources: tuple[Wire, ...]
    targets: tuple[Wire, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """What is known of the wires of a level: texts of constants, names of bound wires, which are used at all."""

    constants: Mapping[Wire, str]
    bound: Mapping[Wire, str]
    used: Sequence[bool]


def plain_box(net: Net, b: Box, names: Names) -> Drawn:
    """A box without bubbles. Constant indices are written into the label."""
    sources, label = b.sources, ""
    if isinstance(b.op, Prim) and b.op.name in ("index", "update", "add_at"):
        last = len(sources) - (b.op.name != "index")
        indices = sources[1:last]
        label = access_label(b.op.name, [names.constants.get(w) or names.bound.get(w, "·") for w in indices])
        sources = (sources[0], *(w for w in indices if w not in names.constants), *sources[last:])
    symmetric = isinstance(b.op, Prim) and b.op.name in SYMMETRIC
    drawn = _labelled(net, sources, b.targets, label or box_label(b.op), box_class(b.op), names, title=b.reason)
    return replace(drawn, item=replace(drawn.item, symmetric=True)) if symmetric else drawn


def folded_box(net: Net, sources: Sequence[Wire], targets: Sequence[Wire], label: str, boxes: int, kind: str,
               names: Names) -> Drawn:
    """A bubble, or a stretch of boxes, whose inside is not shown."""
    note = f"{boxes} box" + ("es" if boxes != 1 else "")
    return _labelled(net, sources, targets, label, f"{kind} fold", names, note=note)


def _labelled(net: Net, sources: Sequence[Wire], targets: Sequence[Wire], label: str, kind: str,
              names: Names, title: str = "", note: str = "") -> Drawn:
    constants, used = names.constants, names.used
    cells = [svg.pill_width(constants[s], DISC) + 4 if s in constants else PORT for s in sources]
    round_ = len(label) <= 2 and len(sources) <= 3 and len(targets) == 1 and not note
    inside = 24.0 if round_ else max(svg.text_width(label) + 16, svg.text_width(note) + 16, len(targets) * PORT + 4)
    width = max(inside, sum(cells) + (0 if round_ else 4))
    ports, x = [], (width - sum(cells)) / 2
    for c in cells:
        ports.append(round(x + c / 2, 1))
        x += c
    top = DISC + 6 if any(s in constants for s in sources) else 0.0
    height = BOX + (15 if note else 0)
    loose = [not used[t] for t in targets]
    bottoms = [round(width * (k + 0.5) / len(targets), 1) for k in range(len(targets))]
    centre = width / 2 if round_ else None
    body = "".join(_feed(p, net, s, constants, top, centre) for p, s in zip(ports, sources, strict=True))
    for p, t, off in zip(bottoms, targets, loose, strict=True):
        body += _leave(p, net, t, top + height, off, any(loose))
    if round_:
        body += svg.circle(width / 2, top + 12, 12, kind)
    else:
        body += svg.rect((width - max(inside, sum(cells))) / 2, top, max(inside, sum(cells)), height, kind)
    body += svg.text(width / 2, top + 16, label) + (svg.text(width / 2, top + 31, note, "t") if note else "")
    outer = [k for k, s in enumerate(sources) if s not in constants]
    item = Item(width, top + height + (9 if any(loose) else 0), tuple(ports[k] for k in outer), tuple(bottoms),
                svg.group(0, 0, body, title) if title else body, 0.5 if targets else 0.0)
    return Drawn(item, tuple(sources[k] for k in outer), tuple(targets))


def _feed(x: float, net: Net, s: Wire, constants: Mapping[Wire, str], top: float, centre: float | None) -> str:
    """The piece of wire, or the disc, that leads to a port."""
    kind = wire_class(net.wires[s])
    disc = svg.pill(x, 0, constants[s], DISC) if s in constants else ""
    begin = DISC if disc else 0.0
    if centre is None:
        return disc + (svg.line(x, begin, top, kind) if top else "")
    end = top + 12
    return svg.path(f"M{svg.number(x)} {svg.number(begin)}C{svg.number(x)} {svg.number(end - 8)} "
                    f"{svg.number((x + centre) / 2)} {svg.number(end - 4)} {svg.number(centre)} {svg.number(end)}",
                    kind) + disc


def _leave(x: float, net: Net, t: Wire, bottom: float, loose: bool, longer: bool) -> str:
    kind = wire_class(net.wires[t])
    if loose:
        return discard(x, bottom, kind)
    return svg.line(x, bottom, bottom + 9, kind) if longer else ""


def discard(x: float, y: float, kind: str) -> str:
    """A wire that nobody uses."""
    return svg.line(x, y, y + 5, kind) + svg.circle(x, y + 7, 2, "end")


def input_label(label: str, kind: str, used: bool) -> Item:
    """An input of the whole net, with its name or type."""
    w = max(PORT, svg.text_width(label) * 11 / 12 + 4)
    body = svg.text(w / 2, 11, label, "t") + ("" if used else discard(w / 2, 16, kind))
    return Item(w, 16, (), (w / 2,), body, 0)


def output_item(label: str | None, constant: str | None, kind: str) -> Item:
    """An output: of the whole net with a label, or (None) a place on a wall; a constant one shows its disc."""
    word = svg.text_width(label) * 11 / 12 + 4 if label else 0.0
    w = max(PORT if label is not None else 6.0, word, svg.pill_width(constant) if constant is not None else 0.0)
    top = 24.0 if constant is not None else 0.0
    body = svg.pill(w / 2, 0, constant) + svg.line(w / 2, 16, top, kind) if constant is not None else ""
    if label is not None:
        body += svg.text(w / 2, top + 12, label, "t")
    tops = (w / 2,) if constant is None else ()
    return Item(w, top + (16 if label is not None else 0), tops, (), body, 1)


def wall_port(kind: str, used: bool = True) -> Item:
    """Where a wire passes the wall of a bubble."""
    return Item(6, 0, (3,), (3,), "" if used else discard(3, 0, kind), 0)


def bound_item(label: str, kind: str, used: bool = True) -> Item:
    """An input that a bubble binds itself: a loop's counter, a function's argument, an initial value."""
    w = svg.pill_width(label)
    return Item(w, 16, (), (w / 2,), svg.pill(w / 2, 0, label) + ("" if used else discard(w / 2, 16, kind)), 0)
