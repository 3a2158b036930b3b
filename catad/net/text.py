"""Nets and tables as text that reads back:  parse_net(print_net(n)) is n, box by box and wire by wire.

    net f [n] (x0 : [n]f64, x1 : f64) -> (x3) {
      x2 : f64 = const 1.0
      x3 : [n]f64 = loop n (x0, x2 | ) {
        (x0 : [n]f64, x1 : f64, x2 : i64) -> (x4)
        x3 : f64 = index x0 x2
        x4 : f64 = mul x3 x1
      }
    }

Wires are numbered within their net; nothing crosses a brace. Spans are not printed; the reason of a derived box
is, as a string after it, unless `provenance` is off. Floats print by `repr`, which is exact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from catad.net.net import (
    BindSize,
    Box,
    Call,
    Const,
    Derive,
    Entry,
    Fill,
    Guard,
    IfOp,
    Lambda,
    Loop,
    Net,
    Op,
    Prim,
    SeriesPack,
    SeriesPart,
    SizeValue,
    Table,
    While,
    Wire,
)
from catad.source.deep import deep
from catad.types.size import Size
from catad.types.type import Array, Child, Data, Fun, Prod, Record, Scalar, Series, Tangent, Type, TypeVar, dims, leaf

__all__ = ["parse_net", "parse_table", "parse_type", "print_net", "print_table", "print_type"]

RESERVED = frozenset(("f64", "f32", "i64", "bool", "series", "tangent", "down"))
_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.]*'*")


def print_name(name: str) -> str:
    """A name as it stands, or quoted when it is not a plain word."""
    return name if _PLAIN.fullmatch(name) and name not in RESERVED else json.dumps(name, ensure_ascii=False)


def print_size(size: Size) -> str:
    """`2*n + 1`; like `str`, with odd names quoted."""
    odd = [x for x in size.variables if not _PLAIN.fullmatch(x) or x in RESERVED]
    if not odd:
        return str(size)
    terms = []
    for m, c in size.terms:
        factors = [f"({c.numerator})/{c.denominator}", *(f"{print_name(x)}^{e}" for x, e in m)]
        terms.append("*".join(factors))
    return " + ".join(terms)


def print_type(t: Type) -> str:
    """Unambiguous: two types have one text only if they are equal. Type variables print as `?a`."""
    match t:
        case Scalar(name):
            return name
        case Prod((item,)):
            return f"({print_type(item)},)"
        case Prod(items):
            return "(" + ", ".join(map(print_type, items)) + ")"
        case Record(fields):
            return "{" + ", ".join(f"{print_name(x)} : {print_type(f)}" for x, f in fields) + "}"
        case Array():
            return "[" + ", ".join(map(print_size, dims(t))) + "]" + _atom(leaf(t))
        case Fun(a, b):
            return f"{_atom(a) if isinstance(a, Fun) else print_type(a)} -> {print_type(b)}"
        case Series(order, item):
            return f"series {order} {_atom(item)}"
        case Tangent(item, result):
            return f"tangent {'of_result ' if result else ''}{_atom(item)}"
        case TypeVar(name):
            return f"?{print_name(name)}"
        case Child():
            return "child"
        case Data(name, args, cases, size):
            shown = [print_name(x) + (f" : {print_type(p)}" if p is not None else "") for x, p in cases]
            return (print_name(name) + (f"<{', '.join(map(print_type, args))}>" if args else "")
                    + (f"{{{', '.join(shown)}}}" if cases else "") + (f"@[{print_size(size)}]" if size else ""))
    raise TypeError(f"no text for the type {t!r}")


def _atom(t: Type) -> str:
    text = print_type(t)
    return f"({text})" if isinstance(t, Fun | Series | Tangent) else text


def print_net(net: Net, name: str = "f", *, provenance: bool = True) -> str:
    """One net, ending in a newline."""
    with deep():
        lines: list[str] = []
        _Printer(lines, provenance).net(net, f"net {print_name(name)} ", " {", "")
        return "\n".join([*lines, "}", ""])


def print_table(table: Table) -> str:
    """Entries first, then declared derivatives, then nets, each in the order of the table."""
    entries = [_entry(name, e) for name, e in table.entries.items()]
    rules = [f"derivative {print_name(name)} = {print_name(rule)}" for name, rule in table.rules.items()]
    head = "\n".join([*entries, *rules]) + "\n\n" if entries or rules else ""
    return head + "\n".join(print_net(net, name) for name, net in table.nets.items())


def _entry(name: str, e: Entry) -> str:
    params = ", ".join(f"{print_name(x)} : {print_type(t)}" for x, t in e.params)
    doc = f" {json.dumps(e.doc, ensure_ascii=False)}" if e.doc else ""
    return f"entry {print_name(name)} {_sizes(e.sizes)}({params}) -> {print_type(e.result)}{doc}"


def _sizes(names: Sequence[str]) -> str:
    return f"[{', '.join(map(print_name, names))}] " if names else ""


def _wires(ws: Iterable[Wire]) -> str:
    return ", ".join([f"x{w}" for w in ws])


class _Printer:
    def __init__(self, lines: list[str], provenance: bool) -> None:
        self.lines = lines
        self.provenance = provenance

    def net(self, net: Net, head: str, tail: str, indent: str) -> None:
        types = {id(t): print_type(t) for t in {id(t): t for t in net.wires}.values()}
        names = [f"x{w} : {types[id(t)]}" for w, t in enumerate(net.wires)]
        inputs = ", ".join([names[w] for w in net.inputs])
        self.lines.append(f"{indent}{head}{_sizes(net.sizes)}({inputs}) -> ({_wires(net.outputs)}){tail}")
        inner = indent + "  " if head else indent
        for b in net.boxes:
            self.box(b, names, inner)

    def box(self, b: Box, names: list[str], indent: str) -> None:
        left = ", ".join([names[t] for t in b.targets]) + " = " if b.targets else ""
        reason = f" {json.dumps(b.reason, ensure_ascii=False)}" if self.provenance and b.reason else ""
        text = indent + left + _operation(b)
        if not b.bubbles:
            self.lines.append(text + reason)
            return
        self.lines.append(text + " {")
        for k, n in enumerate(b.bubbles):
            if k:
                self.lines.append(indent + "} else {")
            self.net(n, "", "", indent + "  ")
        self.lines.append(indent + "}" + reason)


def _operation(b: Box) -> str:
    """The label and the sources of a box, without its bubbles."""
    if type(b.op) is Prim:
        return " ".join([b.op.name, *[f"x{s}" for s in b.sources]])
    if isinstance(b.op, Loop):
        cut = len(b.sources) - len(b.op.carries)
        kinds = zip(b.op.carries, b.sources[cut:], strict=True)
        carried = ", ".join(f"{c.kind} x{s}" for c, s in kinds)
        down = " down" if b.op.down else ""
        return f"loop{down} {print_size(b.op.size)} ({_wires(b.sources[:cut])} | {carried})"
    if isinstance(b.op, While):
        cut = len(b.sources) - len(b.targets)
        return f"while ({_wires(b.sources[:cut])} | {_wires(b.sources[cut:])})"
    return " ".join([*_label(b.op), *[f"x{s}" for s in b.sources]])


def _label(op: Op) -> Iterator[str]:
    match op:
        case Const(value, t):
            yield "const"
            yield _value(value, t)
        case SizeValue(size):
            yield f"size {print_size(size)}"
        case BindSize(name, clamp):
            yield f"bind {print_name(name)}{' clamp' if clamp else ''}"
        case Guard(checks):
            yield "guard [" + ", ".join(f"{print_size(a)} = {print_size(c)}" for a, c in checks) + "]"
        case Fill(sizes):
            yield f"fill [{', '.join(map(print_size, sizes))}]"
        case SeriesPack(order):
            yield f"pack {order}"
        case SeriesPart(part):
            yield f"part {part}"
        case Call(name, sizes):
            yield f"call {print_name(name)}"
            yield "[" + ", ".join(f"{print_name(x)} = {print_size(s)}" for x, s in sizes) + "]"
        case Lambda(t):
            yield f"lambda ({print_type(t)})"
        case Derive(kind, arg, result, order):
            yield f"derive {kind} {order} ({print_type(Fun(arg, result))})"
        case IfOp():
            yield "if"
        case _:
            yield type(op).__name__.lower()


def _value(value: float | int | bool, t: Scalar) -> str:
    if t.name == "bool":
        return "true" if value else "false"
    return repr(float(value)) if t.name in ("f64", "f32") else str(value)


def parse_net(text: str) -> Net:
    """Read one net back. Raises ValueError with the line of what is not understood."""
    from catad.net.read import Reader
    with deep():
        return Reader(text).single()


def parse_table(text: str) -> Table:
    """Read a table back. Raises ValueError with the line of what is not understood."""
    from catad.net.read import Reader
    with deep():
        return Reader(text).table()


def parse_type(text: str) -> Type:
    """Read a type back."""
    from catad.net.read import Reader
    return Reader(text).whole_type()
