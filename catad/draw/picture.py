"""A net as a picture, recursively: bubbles are pictures with a wall around them.

    level(N)  =  arrange( inputs | boxes | outputs )          frame(bubble)  =  wall + ports + level(inside)

A port on a wall stands exactly over the input of the inner net that it feeds. Constants are drawn where they are
used; a constant that a bubble captures is drawn inside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from catad.draw import svg
from catad.draw.arrange import Item, Link, arrange
from catad.draw.boxes import (
    Drawn,
    Names,
    bound_item,
    folded_box,
    input_label,
    output_item,
    plain_box,
    wall_port,
)
from catad.draw.frame import Frame, Picture
from catad.draw.rank import rows
from catad.draw.words import box_class, box_label, constant, index_name, loop_label, wire_class
from catad.net.net import Box, IfOp, Loop, Net, While, Wire

__all__ = ["Enter", "Picture", "View", "count_boxes", "level"]

POINTS = 12_000                          # points of long wires in one level; beyond, long wires become name tags


@dataclass(frozen=True, slots=True)
class Enter:
    """How an input of a net is drawn: through a port in the wall, with a label, as a disc, or not at all.

    kind "port"; "label" (of the whole net); "bound" (a disc); "constant" (drawn at its uses). `name` is what
    boxes inside may call it.
    """

    kind: str
    text: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What is shown: bubbles down to `depth`, at most `most` boxes in one level; `nesting` counts loops around."""

    depth: int
    most: int
    nesting: int = 0
    arguments: int = 0

    def inside(self, loops: int = 0, arguments: int = 0) -> View:
        return replace(self, depth=self.depth - 1, nesting=self.nesting + loops, arguments=self.arguments + arguments)


def count_boxes(net: Net) -> int:
    """Boxes of a net and of its bubbles."""
    known = net._memo.get("count_boxes")
    if known is None:
        known = net._memo["count_boxes"] = len(net.boxes) + sum(count_boxes(n) for b in net.boxes for n in b.bubbles)
    assert isinstance(known, int)
    return known


# ── one level ──────────────────────────────────────────────────────────────────────────────────────────────────

@dataclass(frozen=True, slots=True)
class _Part:
    """A box, or a stretch of boxes drawn as one."""

    sources: tuple[Wire, ...]
    targets: tuple[Wire, ...]
    box: Box | None = None
    count: int = 1


def level(net: Net, enters: Sequence[Enter], outputs: Sequence[str] | None, view: View, header: str = "",
          header_kind: str = "") -> Picture:
    """The picture of a net. `outputs` labels the outputs of a whole net; None inside walls."""
    constants = {b.targets[0]: c for b in net.boxes if (c := constant(b.op)) is not None}
    constants.update({w: e.text for w, e in zip(net.inputs, enters, strict=True) if e.kind == "constant"})
    used = _used(net)
    shown = [k for k, e in enumerate(enters) if e.kind != "constant"]
    inputs = [net.inputs[k] for k in shown]
    parts = _parts(net, view.most)
    ports = [((), (w,)) for w in inputs] + [(p.sources, p.targets) for p in parts] + [((w,), ()) for w in net.outputs]
    rank, edges = _rank(ports, constants, len(inputs), len(net.outputs))
    tags = _tags(rank, edges)
    constants.update(tags)
    names = Names(constants, {w: e.name for w, e in zip(net.inputs, enters, strict=True) if e.name}, used)
    drawn = [_input(net, k, enters[k], used) for k in shown]
    drawn += [_draw(net, p, names, view) for p in parts]
    drawn = [_tagged(d, tags) for d in drawn] if tags else drawn
    for k, w in enumerate(net.outputs):
        label = None if outputs is None else outputs[k]
        item = output_item(label, constants.get(w), wire_class(net.wires[w]))
        drawn.append(Drawn(item, () if w in constants else (w,), ()))
    return _arranged(net, drawn, rank, shown, len(net.outputs), header, header_kind)


def _used(net: Net) -> list[bool]:
    used = [False] * len(net.wires)
    for b in net.boxes:
        for s in b.sources:
            used[s] = True
    for w in net.outputs:
        used[w] = True
    return used


def _parts(net: Net, most: int) -> list[_Part]:
    """The boxes that are drawn; when there are too many, the stretch in the middle is one part."""
    boxes = [b for b in net.boxes if constant(b.op) is None]
    if len(boxes) <= most:
        return [_Part(b.sources, b.targets, b) for b in boxes]
    head = max(1, most // 2)
    middle = boxes[head:len(boxes) - head]
    made = {t for b in middle for t in b.targets}
    ends = {*net.outputs, *(s for b in boxes[len(boxes) - head:] for s in b.sources)}
    constants = {b.targets[0] for b in net.boxes if constant(b.op) is not None}
    sources = dict.fromkeys(s for b in middle for s in b.sources if s not in made and s not in constants)
    targets = [t for b in middle for t in b.targets if t in ends]
    fold = _Part(tuple(sources), tuple(targets), None, sum(1 + sum(map(count_boxes, b.bubbles)) for b in middle))
    whole = [_Part(b.sources, b.targets, b) for b in boxes]
    return [*whole[:head], fold, *whole[len(boxes) - head:]]


_Edge = tuple[Wire, int, int]


def _rank(ports: Sequence[tuple[tuple[Wire, ...], tuple[Wire, ...]]], constants: Mapping[Wire, str], first: int,
          last: int) -> tuple[list[int], list[_Edge]]:
    producer = {t: v for v, (_, targets) in enumerate(ports) for t in targets}
    edges = [(s, producer[s], v) for v, (sources, _) in enumerate(ports) for s in sources if s not in constants]
    return rows(len(ports), [(u, v) for _, u, v in edges], first, last), edges


def _tags(rank: Sequence[int], edges: Sequence[_Edge]) -> dict[Wire, str]:
    """Names for the longest wires, which are then not drawn, when the points they pass would be too many."""
    span: dict[Wire, int] = {}
    for w, u, v in edges:
        span[w] = max(span.get(w, 0), rank[v] - rank[u])
    total = sum(span.values())
    tags: dict[Wire, str] = {}
    for w in sorted(span, key=lambda w: (-span[w], w)):
        if total <= POINTS or span[w] < 3:
            break
        total -= span[w]
        tags[w] = f"#{w}"
    return tags


def _tagged(d: Drawn, tags: Mapping[Wire, str]) -> Drawn:
    """The item with the names of its tagged targets under it."""
    if not any(t in tags for t in d.targets):
        return d
    item, more = d.item, []
    for x, t in zip(item.bottoms, d.targets, strict=True):
        h = item.height
        more.append(svg.pill(x, h + 4, tags[t], 15) if t in tags else svg.line(x, h, h + 19, "w"))
    return replace(d, item=replace(item, height=item.height + 19, body=item.body + "".join(more)))


def _input(net: Net, k: int, enter: Enter, used: Sequence[bool]) -> Drawn:
    w = net.inputs[k]
    kind = wire_class(net.wires[w])
    if enter.kind == "port":
        return Drawn(wall_port(kind, used[w]), (), (w,))
    make = input_label if enter.kind == "label" else bound_item
    return Drawn(make(enter.text, kind, used[w]), (), (w,))


def _arranged(net: Net, drawn: Sequence[Drawn], rank: Sequence[int], shown: Sequence[int], outputs: int, header: str,
              header_kind: str) -> Picture:
    ends: dict[Wire, list[tuple[int, int]]] = {}
    for v, d in enumerate(drawn):
        for p, s in enumerate(d.sources):
            ends.setdefault(s, []).append((v, p))
    wires, links = [], []
    for u, d in enumerate(drawn):
        for p, t in enumerate(d.targets):
            if t in ends:
                wires.append(t)
                links.append(Link((u, p), tuple(ends[t])))
    corner = (svg.text_width(header) + 4, 18.0) if header else (0.0, 0.0)
    items = [d.item for d in drawn]
    a = arrange(items, rank, links, fixed=(len(shown), outputs), corner=corner)
    kinds = [wire_class(net.wires[w]) for w in wires]
    body = [svg.path(p, kind, str(net.wires[w])) for p, kind, w in zip(a.paths, kinds, wires, strict=True)]
    body += [svg.circle(x, y, 2.6, "dot") for dots in a.dots for x, y in dots]
    body += [svg.group(x, y, i.body) for (x, y), i in zip(a.corners, items, strict=True) if i.body]
    if header:
        body.append(svg.text(0, 12, header, f"l {header_kind}".strip()))
    at = {k: a.corners[v][0] + items[v].width / 2 for v, k in enumerate(shown)}
    first = len(items) - outputs
    out = tuple(a.corners[v][0] + items[v].width / 2 for v in range(first, len(items)))
    return Picture(a.width, a.height, at, out, net.target, "\n".join(body))


# ── boxes and bubbles ──────────────────────────────────────────────────────────────────────────────────────────

def _draw(net: Net, p: _Part, names: Names, view: View) -> Drawn:
    if p.box is None:
        return folded_box(net, p.sources, p.targets, "⋯", p.count, "op", names)
    b = p.box
    if not b.bubbles:
        return plain_box(net, b, names)
    if view.depth <= 0:
        name = index_name(view.nesting)
        label = loop_label(b.op, name) if isinstance(b.op, Loop) else box_label(b.op)
        inside = sum(map(count_boxes, b.bubbles))
        return folded_box(net, b.sources, b.targets, label, inside, box_class(b.op), names)
    if isinstance(b.op, IfOp):
        return branch(net, b, names, view)
    if isinstance(b.op, While):
        return repeat(net, b, names, view)
    return loop(net, b, b.op, names, view) if isinstance(b.op, Loop) else function(net, b, names, view)


def _captured(sources: Sequence[Wire], names: Names) -> list[Enter]:
    constants, bound = names.constants, names.bound
    return [Enter("constant", constants[s]) if s in constants else Enter("port", "", bound.get(s, "")) for s in sources]


def loop(net: Net, b: Box, op: Loop, names: Names, view: View) -> Drawn:
    """A wall around the body; dashed lines lead from what a trip hands on to where the next one finds it."""
    k, constants = len(op.carries), names.constants
    cut = len(b.sources) - k
    name = index_name(view.nesting)
    carried = [Enter("bound", constants[s]) if s in constants else Enter("port") for s in b.sources[cut:]]
    enters = [*_captured(b.sources[:cut], names), Enter("bound", name, name), *carried]
    inner = level(b.bubbles[0], enters, None, view.inside(loops=1), loop_label(op, name), "loop")
    band = 9.0 + 6 * min(k, 3) if k else 6.0
    side = 6.0 * min(k, 3) + 4 if k else 0.0
    frame = Frame(inner, band, side, "loop")
    order = [*range(cut), *range(cut + 1, cut + 1 + k)]               # input of the body for each source
    tops = [(s, order[j]) for j, s in enumerate(b.sources) if s not in constants]
    back = "".join(frame.back(order[cut + j], j, b.sources[cut + j] in constants) for j in range(min(k, 3)))
    return frame.item(net, tops, b.targets, inner.outputs, names.used, back)


def function(net: Net, b: Box, names: Names, view: View) -> Drawn:
    """λ: what it captures enters through the wall, its arguments begin and its results end inside."""
    body = b.bubbles[0]
    arity = len(body.inputs) - len(b.sources)
    variables = [f"x{view.arguments + j}" for j in range(arity)] if view.arguments or arity > 1 else ["x"] * arity
    enters = [*_captured(b.sources, names), *(Enter("bound", x, x) for x in variables)]
    label = " ".join(["λ", *variables])
    inner = level(body, enters, None, view.inside(arguments=max(arity, 1)), label, "fun")
    frame = Frame(inner, 6.0, 0.0, "fun", results=False)
    tops = [(s, j) for j, s in enumerate(b.sources) if s not in names.constants]
    ends = "".join(svg.circle(frame.left + x, frame.height - 8, 2.6, "dot") for x in inner.outputs)
    return frame.item(net, tops, b.targets, [inner.width / 2], names.used, ends)


def repeat(net: Net, b: Box, names: Names, view: View) -> Drawn:
    """`while`: condition and body side by side in one wall; dashed lines lead from states back to their beginning."""
    n, constants = len(b.sources) - len(b.targets), names.constants
    tops = [k for k, s in enumerate(b.sources) if s not in constants]
    items: list[Item] = []
    for k, s in enumerate(b.sources):
        kind = wire_class(net.wires[s])
        items.append(wall_port(kind) if k in tops else bound_item(constants[s], kind))
    frames: list[Frame] = []
    ends: list[list[tuple[int, int]]] = [[] for _ in b.sources]
    first = len(items)
    for j, (inside, name) in enumerate(zip(b.bubbles, ("while", "do"), strict=True)):
        seen = _used(inside)
        enters = [Enter("port") if k >= n and seen[w] else e if seen[w] else Enter("constant") for k, (e, w) in
                  enumerate(zip(_captured(b.sources, names), inside.inputs, strict=True))]
        frame = Frame(level(inside, enters, None, view.inside(), name, "loop"), 6.0, 0.0, "loop", results=bool(j))
        shown = [k for k, e in enumerate(enters) if e.kind == "port"]
        for p, k in enumerate(shown):
            ends[k].append((first + j, p))
        items.append(frame.plain(inside, [(inside.inputs[k], k) for k in shown]))
        frames.append(frame)
    items += [wall_port(wire_class(net.wires[t])) for t in b.targets]
    links = [Link((k, 0), tuple(e)) for k, e in enumerate(ends) if e]
    wires = [s for s, e in zip(b.sources, ends, strict=True) if e]
    links += [Link((first + 1, k), ((first + 2 + k, 0),)) for k in range(len(b.targets))]
    a = arrange(items, [0] * first + [1, 1] + [2] * len(b.targets), links, fixed=(first, len(b.targets)))
    body = [svg.path(p, wire_class(net.wires[w]), str(net.wires[w]))
            for p, w in zip(a.paths, [*wires, *b.targets], strict=True) if p]
    body += [svg.circle(x, y, 2.6, "dot") for dots in a.dots for x, y in dots]
    body += [svg.group(x, y, i.body) for (x, y), i in zip(a.corners, items, strict=True) if i.body]
    at = {k: a.corners[k][0] + items[k].width / 2 for k in range(first)}
    out = tuple(a.corners[first + 2 + k][0] + 3 for k in range(len(b.targets)))
    inner = Picture(a.width, a.height, at, out, net.type_of(b.targets), "\n".join(body))
    shown_back = min(len(b.targets), 3)
    frame = Frame(inner, 9.0 + 6 * shown_back, 6.0 * shown_back + 4, "loop")
    back = "".join(frame.back(n + j, j, b.sources[n + j] in constants) for j in range(shown_back))
    return frame.item(net, [(b.sources[k], k) for k in tops], b.targets, out, names.used, back)


def branch(net: Net, b: Box, names: Names, view: View) -> Drawn:
    """`if`: both branches side by side, each with a wall; the results of either become the results."""
    constants = names.constants
    captured = [s for s in dict.fromkeys(b.sources[1:]) if s not in constants]
    items: list[Item] = [wall_port(wire_class(net.wires[s])) for s in captured]
    ends: list[list[tuple[int, int]]] = [[] for _ in captured]
    links: list[Link] = []
    for j, (n, name) in enumerate(zip(b.bubbles, ("then", "else"), strict=True)):
        seen = _used(n)
        enters = [e if seen[w] else Enter("constant")
                  for e, w in zip(_captured(b.sources[1:], names), n.inputs, strict=True)]
        inner = level(n, enters, None, view.inside(), name, "if")
        frame = Frame(inner, 6.0, 0.0, "if")
        shown = [k for k, e in enumerate(enters) if e.kind == "port"]
        for p, k in enumerate(shown):
            ends[captured.index(b.sources[1:][k])].append((len(captured) + j, p))
        items.append(frame.plain(n, [(w, k) for k, w in enumerate(n.inputs) if k in shown]))
        links += [Link((len(captured) + j, k), ((len(captured) + 2 + k, 0),)) for k in range(len(b.targets))]
    items += [wall_port(wire_class(net.wires[t])) for t in b.targets]
    links = [Link((k, 0), tuple(e)) for k, e in enumerate(ends)] + links
    wires = [*captured, *b.targets, *b.targets]
    cond = "if" if b.sources[0] not in constants else f"if {constants[b.sources[0]]}"
    corner = (svg.text_width(cond) + 16, 24.0)
    rank = [0] * len(captured) + [1, 1] + [2] * len(b.targets)
    a = arrange(items, rank, links, fixed=(len(captured), len(b.targets)), corner=corner)
    body = [svg.path(p, wire_class(net.wires[w]), str(net.wires[w])) for p, w in zip(a.paths, wires, strict=True) if p]
    body += [svg.circle(x, y, 2.6, "dot") for dots in a.dots for x, y in dots]
    body += [svg.group(x, y, i.body) for (x, y), i in zip(a.corners, items, strict=True) if i.body]
    w = corner[0] - 6
    stem = svg.line(w / 2, 0, 7, "wb") if b.sources[0] not in constants else ""
    body.append(stem + svg.rect(0, 7, w, 18, "if") + svg.text(w / 2, 20, cond, "if"))
    at = {k: a.corners[k][0] + 3 for k in range(len(captured))}
    at[-1] = w / 2
    out = tuple(a.corners[len(captured) + 2 + k][0] + 3 for k in range(len(b.targets)))
    types = net.type_of(b.targets)
    inner = Picture(a.width, a.height, at, out, types, "\n".join(body))
    tops = [(s, k) for k, s in enumerate(captured)]
    if b.sources[0] not in constants:
        tops.insert(0, (b.sources[0], -1))
    return Frame(inner, 6.0, 0.0, "if").item(net, tops, b.targets, out, names.used, "")
