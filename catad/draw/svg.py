"""The pieces of SVG that pictures are made of, and their style, light and dark."""

from __future__ import annotations

import unicodedata

__all__ = ["circle", "document", "group", "line", "path", "pill", "rect", "text", "text_width"]

CHAR = 7.3                               # width of a character of the 12 px monospaced face, generously

_COLOURS = {                             # name: light, dark
    "ink": ("#1f2933", "#dfe6ee"), "paper": ("#ffffff", "#20262d"), "loop": ("#2f7d53", "#6fd39b"),
    "if": ("#a86a12", "#f0c05a"), "fun": ("#6b46c1", "#bda2f7"), "call": ("#2464ad", "#6db5f2"),
    "size": ("#6b7683", "#9aa7b5"), "series": ("#b0306f", "#f08fbd"), "disc": ("#e8edf3", "#38424d"),
}


def _var(name: str) -> str:
    return f"var(--cad-{name},{_COLOURS[name][0]})"


def _paint(prop: str, name: str) -> str:
    """With a plain value first, for viewers without variables."""
    return f"{prop}:{_COLOURS[name][0]};{prop}:{_var(name)}"


def _style() -> str:
    dark = "".join(f"--cad-{k}:{d};" for k, (_, d) in _COLOURS.items())
    light = "".join(f"--cad-{k}:{v};" for k, (v, _) in _COLOURS.items())
    kinds = "".join(f".cad .{k}{{{_paint('stroke', k)}}}.cad text.{k}{{stroke:none;{_paint('fill', k)}}}"
                    for k in ("loop", "if", "fun", "call", "size"))
    return f"""\
.cad{{font:12px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;{_paint('color', 'ink')}}}
.cad text{{{_paint('fill', 'ink')};text-anchor:middle}}.cad text.l{{text-anchor:start}}
.cad .t{{font-size:11px;opacity:.75}}.cad .h{{font-weight:bold;font-size:14px}}
.cad path{{fill:none;{_paint('stroke', 'ink')};stroke-width:1.3;stroke-linecap:round}}
.cad path.wi{{stroke-width:1.1;stroke-dasharray:5 3}}.cad path.wb{{stroke-width:1.3;stroke-dasharray:1 3.2}}
.cad path.wa{{stroke-width:2.5}}.cad path.wm{{stroke-width:3.8}}
.cad path.ws{{stroke-width:2;{_paint('stroke', 'series')}}}.cad path.wf{{stroke-width:2;{_paint('stroke', 'fun')}}}
.cad path.back{{stroke-width:1.2;stroke-dasharray:3 3;{_paint('stroke', 'loop')}}}
.cad path.tip{{stroke:none;{_paint('fill', 'loop')}}}
.cad .op{{{_paint('stroke', 'ink')}}}{kinds}
.cad rect,.cad circle{{stroke-width:1.3;{_paint('fill', 'paper')}}}
.cad .bubble{{fill-opacity:.45}}.cad .fold{{stroke-dasharray:4 2;stroke-width:2}}
.cad .disc{{stroke:none;{_paint('fill', 'disc')}}}.cad .dot{{stroke:none;{_paint('fill', 'ink')}}}
.cad .end{{{_paint('stroke', 'ink')};stroke-width:1.1}}
@media(prefers-color-scheme:dark){{.cad{{{dark}}}}}
body[data-jp-theme-light="true"] .cad{{{light}}}body[data-jp-theme-light="false"] .cad{{{dark}}}"""


def escape(s: str) -> str:
    return s.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def text_width(s: str) -> float:
    """An upper bound of the width of a label."""
    wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s if not unicodedata.combining(c))
    return round(wide * CHAR, 1)


def number(x: float) -> str:
    return f"{x:.1f}".rstrip("0").rstrip(".")


def text(x: float, y: float, s: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f'<text x="{number(x)}" y="{number(y)}"{attribute}>{escape(s)}</text>'


def rect(x: float, y: float, w: float, h: float, kind: str, radius: float = 4) -> str:
    return (f'<rect x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}" '
            f'rx="{number(radius)}" class="{kind}"/>')


def circle(x: float, y: float, r: float, kind: str) -> str:
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(r)}" class="{kind}"/>'


def path(d: str, kind: str, title: str = "") -> str:
    attribute = f' class="{kind}"' if kind != "w" else ""
    inner = f"><title>{escape(title)}</title></path>" if title else "/>"
    return f'<path d="{d}"{attribute}{inner}'


def line(x: float, y: float, z: float, kind: str) -> str:
    """A vertical piece of wire."""
    return path(f"M{number(x)} {number(y)}V{number(z)}", kind)


def pill(x: float, y: float, s: str, height: float = 16) -> str:
    """A constant: a disc, wider for longer text; centred at x, top at y."""
    w = max(height, text_width(s) + 8)
    return rect(x - w / 2, y, w, height, "disc", height / 2) + text(x, y + height / 2 + 4, s)


def pill_width(s: str, height: float = 16) -> float:
    return max(height, text_width(s) + 8)


def group(x: float, y: float, body: str, title: str = "") -> str:
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f'<g transform="translate({number(x)} {number(y)})">{inner}{body}</g>'


def document(width: float, height: float, body: str, title: str) -> str:
    """The whole picture, with its style, ending in a newline."""
    w, h = number(width), number(height)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" class="cad" role="img" width="{w}" height="{h}" '
            f'viewBox="0 0 {w} {h}" style="max-width:100%;height:auto"><title>{escape(title)}</title>'
            f"<style>{_style()}</style>\n{body}\n</svg>\n")
