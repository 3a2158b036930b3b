"""Layered arrangement of items and the wires between them (Sugiyama, Tagawa, Toda 1981).

    rows given  →  long wires get a point in every row they pass  →  order in rows by barycentres
                →  abscissas: least squares within the order (isotonic regression)  →  curves

A wire with several ends is one trunk from which branches leave as late as they can; branchings are the dots.
All arithmetic is in a fixed order, so equal inputs give equal pictures.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Arrangement", "Item", "Link", "arrange", "spread"]

GAP, WIRE_GAP = 18.0, 11.0              # between items in a row; next to a passing wire
LEAD = 5.0                              # from an item down to where its wires branch
ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Item:
    """A drawn thing with ports: offsets of sources on its top edge, of targets on its bottom edge.

    `align` is where it stands in a row that is taller: 0 top, 1 bottom. `symmetric`: its sources commute, and may
    come to its top ports in any order.
    """

    width: float
    height: float
    tops: tuple[float, ...]
    bottoms: tuple[float, ...]
    body: str
    align: float = 0.5
    symmetric: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A wire: from a bottom port of an item to top ports of items in later rows."""

    source: tuple[int, int]
    ends: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Top left corners of items; for each link the path and the dots; the extent."""

    corners: tuple[tuple[float, float], ...]
    paths: tuple[str, ...]
    dots: tuple[tuple[tuple[float, float], ...], ...]
    width: float
    height: float


@dataclass(slots=True)
class _Graph:
    """Items, then the points of long wires, with the segments between neighbouring rows."""

    row: list[int]
    width: list[float]
    segments: list[tuple[int, float, int, float]] = field(default_factory=list)     # u, port of u, v, port of v
    owner: list[int] = field(default_factory=list)                                  # the link of a segment


def arrange(items: Sequence[Item], row: Sequence[int], links: Sequence[Link], *, fixed: tuple[int, int],
            corner: tuple[float, float] = (0.0, 0.0)) -> Arrangement:
    """Place items in their rows. `fixed` = how many first and last items keep their order in their row.

    `corner` is the extent of a label at the top left, which the first row leaves free.
    """
    g = _graph(items, row, links)
    order = _ordered(g, len(items), fixed)
    _commute(items, g, order)
    x = _abscissas(g, order, len(items))
    left = min([x[v] - g.width[v] / 2 for v in range(len(x))], default=0.0)
    if order and order[0] and corner[0]:
        v = order[0][0]
        left = min(left, x[v] - g.width[v] / 2 - corner[0] - 6)
    x = [round(a - left, 1) for a in x]
    width = max([*(x[v] + g.width[v] / 2 for v in range(len(x))), corner[0]], default=0.0)
    return _drawn(items, g, order, x, width, len(links), corner[1])


def spread(wanted: Sequence[float], weights: Sequence[float], distances: Sequence[float]) -> list[float]:
    """The positions nearest to the wanted ones (weighted least squares) at these least distances, in order.

    >>> spread([0.0, 0.0, 9.0], [1.0, 1.0, 1.0], [2.0, 2.0])
    [-1.0, 1.0, 9.0]
    """
    shift = [0.0]
    for d in distances:
        shift.append(shift[-1] + d)
    blocks: list[tuple[float, float, int]] = []           # mean, weight, how many
    for want, weight, s in zip(wanted, weights, shift, strict=False):
        mean, total, count = want - s, weight, 1
        while blocks and blocks[-1][0] >= mean:
            m, w, c = blocks.pop()
            mean, total, count = (m * w + mean * total) / (w + total), w + total, c + count
        blocks.append((mean, total, count))
    flat = [mean for mean, _, count in blocks for _ in range(count)]
    return [a + s for a, s in zip(flat, shift, strict=False)]


def _graph(items: Sequence[Item], row: Sequence[int], links: Sequence[Link]) -> _Graph:
    g = _Graph(list(row), [i.width for i in items])
    for k, link in enumerate(links):
        if not link.ends:
            continue
        u, port = link.source
        at = (u, items[u].bottoms[port] - items[u].width / 2)
        for v, p in sorted(link.ends, key=lambda e: row[e[0]]):
            while g.row[at[0]] < row[v] - 1:
                g.row.append(g.row[at[0]] + 1)
                g.width.append(0.0)
                g.segments.append((*at, len(g.row) - 1, 0.0))
                g.owner.append(k)
                at = (len(g.row) - 1, 0.0)
            offset = 0.0 if items[v].symmetric else items[v].tops[p] - items[v].width / 2
            g.segments.append((*at, v, offset))
            g.owner.append(k)
    return g


# ── order within rows ──────────────────────────────────────────────────────────────────────────────────────────

def _ordered(g: _Graph, count: int, fixed: tuple[int, int]) -> list[list[int]]:
    order: list[list[int]] = [[] for _ in range(1 + max(g.row, default=0))]
    for v, r in enumerate(g.row):
        order[r].append(v)
    up: list[list[tuple[int, float]]] = [[] for _ in g.row]
    down: list[list[tuple[int, float]]] = [[] for _ in g.row]
    for u, a, v, b in g.segments:
        up[v].append((u, _part(a, g.width[u])))
        down[u].append((v, _part(b, g.width[v])))
    keep = {r for r, n in ((0, fixed[0]), (len(order) - 1, fixed[1])) if n}
    position = [0.0] * len(g.row)
    for row in order:
        for k, v in enumerate(row):
            position[v] = k
    best, fewest = [list(r) for r in order], None
    small = len(g.segments) <= 6000
    for turn in range(ROUNDS if small else 4):
        downward = turn % 2 == 0
        near = up if downward else down
        for r in range(1, len(order)) if downward else range(len(order) - 2, -1, -1):
            if r not in keep:
                _sort_row(order[r], near, position)
        crossings = _crossings(g, order, position) if small else 0
        if fewest is None or crossings < fewest or not small:
            best, fewest = [list(r) for r in order], crossings
            if not crossings and small:
                break
    return best


def _commute(items: Sequence[Item], g: _Graph, order: list[list[int]]) -> None:
    """Give the ports of symmetric items to their sources from left to right."""
    position = {v: k for row in order for k, v in enumerate(row)}
    into: dict[int, list[int]] = {}
    for k, (_, _, v, _) in enumerate(g.segments):
        if v < len(items) and items[v].symmetric:
            into.setdefault(v, []).append(k)
    for v, found in into.items():
        found.sort(key=lambda k: position[g.segments[k][0]] + _part(g.segments[k][1], g.width[g.segments[k][0]]))
        for k, port in zip(found, items[v].tops, strict=True):
            u, a, _, _ = g.segments[k]
            g.segments[k] = (u, a, v, port - items[v].width / 2)


def _part(offset: float, width: float) -> float:
    """Where on its vertex a port is, in (-½, ½)."""
    return 0.9 * offset / width if width else 0.0


def _sort_row(row: list[int], near: list[list[tuple[int, float]]], position: list[float]) -> None:
    """By the mean position of neighbours; a vertex without any stays where it is."""
    wanted: dict[int, float] = {}
    for v in row:
        found = near[v]
        wanted[v] = sum(position[u] + part for u, part in found) / len(found) if found else position[v]
    row.sort(key=wanted.__getitem__)
    for k, v in enumerate(row):
        position[v] = k


def _crossings(g: _Graph, order: list[list[int]], position: list[float]) -> int:
    rows: list[list[tuple[float, float]]] = [[] for _ in order]
    for u, a, v, b in g.segments:
        rows[g.row[u]].append((position[u] + _part(a, g.width[u]), position[v] + _part(b, g.width[v])))
    total = 0
    for row in rows:
        seen: list[float] = []
        for _, b in sorted(row):
            total += len(seen) - bisect_right(seen, b)
            insort(seen, b)
    return total


# ── abscissas ──────────────────────────────────────────────────────────────────────────────────────────────────

def _abscissas(g: _Graph, order: list[list[int]], count: int) -> list[float]:
    """Alternate downward and upward passes, each vertex as near to its neighbours as its row allows."""
    x = [0.0] * len(g.row)
    up: list[list[tuple[int, float]]] = [[] for _ in g.row]
    down: list[list[tuple[int, float]]] = [[] for _ in g.row]
    for u, a, v, b in g.segments:
        up[v].append((u, a - b))
        down[u].append((v, b - a))
    distances = [[_distance(g, u, v, count) for u, v in pairwise(r)] for r in order]
    for r, row in enumerate(order):
        for v, at in zip(row, spread([0.0] * len(row), [1.0] * len(row), distances[r]), strict=True):
            x[v] = at
    turns = ROUNDS if len(g.row) < 6000 else 4
    for turn in range(turns + 1):
        for r in range(len(order)) if turn % 2 == 0 else range(len(order) - 1, -1, -1):
            wanted, weights = [], []
            for v in order[r]:
                found = (up if turn % 2 == 0 else down)[v] if turn < turns else [*up[v], *down[v]]
                wanted.append(sum(x[u] + d for u, d in found) / len(found) if found else x[v])
                weights.append((6.0 if v >= count else 1.0) * len(found) if found else 0.05)
            for v, at in zip(order[r], spread(wanted, weights, distances[r]), strict=True):
                x[v] = at
    _straighten(x, order, up, down, distances, count)
    for row, gaps in zip(order, distances, strict=True):
        lonely = [not up[v] and not down[v] for v in row]
        for k in range(1, len(row)):
            if lonely[k]:
                x[row[k]] = x[row[k - 1]] + gaps[k - 1]
        first = lonely.index(False) if False in lonely else 0
        for k in range(first - 1, -1, -1):
            x[row[k]] = x[row[k + 1]] - gaps[k]
    return x


def _straighten(x: list[float], order: list[list[int]], up: list[list[tuple[int, float]]],
                down: list[list[tuple[int, float]]], distances: list[list[float]], count: int) -> None:
    """Downwards once more: passing wires, and items under one wire, hang straight where there is room."""
    for row, gaps in zip(order, distances, strict=True):
        wanted, weights = [], []
        for v in row:
            hang = up[v][0] if len(up[v]) == 1 else None
            near = hang is not None and (v >= count or not down[v] or abs(x[hang[0]] + hang[1] - x[v]) < 8)
            wanted.append(x[hang[0]] + hang[1] if hang is not None and near else x[v])
            weights.append(30.0 if near else 1.0)
        for v, at in zip(row, spread(wanted, weights, gaps), strict=True):
            x[v] = at


def _distance(g: _Graph, u: int, v: int, count: int) -> float:
    return (g.width[u] + g.width[v]) / 2 + (GAP if u < count and v < count else WIRE_GAP)


# ── paths ──────────────────────────────────────────────────────────────────────────────────────────────────────

def _drawn(items: Sequence[Item], g: _Graph, order: list[list[int]], x: list[float], width: float, links: int,
           corner: float) -> Arrangement:
    count = len(items)
    top, bottom = _ordinates(items, g, order, x, corner)
    start = [(0.0, 0.0)] * count
    for v, item in enumerate(items):
        r = g.row[v]
        free = bottom[r] - top[r] - item.height - (LEAD if r < len(order) - 1 else 0)
        start[v] = (round(x[v] - item.width / 2, 1), round(top[r] + free * item.align, 1))
    paths: list[list[str]] = [[] for _ in range(links)]
    leaving: list[dict[tuple[float, float], int]] = [{} for _ in range(links)]
    for (u, a, v, b), k in zip(g.segments, g.owner, strict=True):
        p, q = round(x[u] + a, 1), round(x[v] + b, 1)
        begin = start[u][1] + items[u].height if u < count else top[g.row[u]]
        end = start[v][1] if v < count else top[g.row[v]]
        low, high = bottom[g.row[u]], top[g.row[v]]
        leaving[k][(p, low)] = leaving[k].get((p, low), 0) + 1
        first = leaving[k][(p, low)] == 1
        paths[k].append(_segment(p, begin if first else low, low, q, high, end))
    dots = tuple(tuple(at for at, n in found.items() if n > 1) for found in leaving)
    height = bottom[-1] if bottom else corner
    return Arrangement(tuple(start), tuple("".join(p) for p in paths), dots, round(width, 1), round(height, 1))


def _ordinates(items: Sequence[Item], g: _Graph, order: list[list[int]], x: list[float],
               corner: float) -> tuple[list[float], list[float]]:
    """Tops and bottoms of rows; the space between two rows grows with how far wires run sideways there."""
    heights = [max([items[v].height for v in row if v < len(items)], default=0.0) for row in order]
    if heights:
        heights[0] = max(heights[0], corner)
    aside = [0.0] * len(order)
    for u, a, v, b in g.segments:
        aside[g.row[u]] = max(aside[g.row[u]], abs(x[u] + a - x[v] - b))
    top, bottom, y = [], [], 0.0
    for r, height in enumerate(heights):
        top.append(round(y, 1))
        y += height + (LEAD if r < len(order) - 1 else 0)
        bottom.append(round(y, 1))
        y += 14 + min(46.0, aside[r] * 0.14)
    return top, bottom


def _segment(p: float, begin: float, low: float, q: float, high: float, end: float) -> str:
    """Straight down to the edge of the row, a curve to the next row, straight down to the port."""
    head = f"M{p:g} {begin:g}"
    if p == q:
        return f"{head}V{end:g}"
    half = (high - low) * 0.5
    down = f"V{low:g}" if low != begin else ""
    tail = f"V{end:g}" if end != high else ""
    return f"{head}{down}C{p:g} {low + half:g} {q:g} {high - half:g} {q:g} {high:g}{tail}"
