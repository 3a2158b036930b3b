"""Reading the text form of nets, all forms together: recursive descent, the inverse of `catad.net.text`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TypeVar as TV

from catad.net.net import (
    Apply,
    Assert,
    BindSize,
    Box,
    Call,
    Carry,
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
    Trace,
    While,
    Wire,
)
from catad.types.size import Size
from catad.types.type import (
    BOOL,
    F32,
    F64,
    I64,
    Child,
    Data,
    Fun,
    Prod,
    Record,
    Scalar,
    Series,
    Tangent,
    Type,
    TypeVar,
    array,
)

__all__ = ["Reader"]

_TOKEN = re.compile(r"""
    (?P<space>\s+|--[^\n]*)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<number>[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)
  | (?P<name>[A-Za-z_$][A-Za-z0-9_$.]*'*)
  | (?P<mark>->|[()\[\]{},:=|?<>+\-*/^@])
""", re.VERBOSE)
_SCALARS = {t.name: t for t in (F64, F32, I64, BOOL)}
_Item = TV("_Item")


class Reader:
    """A position in the tokens of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self.complaint(f"{text[at]!r} begins no word", at)
            if found.lastgroup != "space":
                self.tokens.append((found.lastgroup or "", found.group(), at))
            at = found.end()
        self.tokens.append(("end", "", len(text)))
        self.at = 0
        self.types: dict[str, Type] = {}

    # ── tokens ─────────────────────────────────────────────────────────────────────────────────────────────

    def complaint(self, what: str, offset: int) -> ValueError:
        return ValueError(f"line {self.text.count(chr(10), 0, offset) + 1}: {what}")

    def wrong(self, wanted: str) -> ValueError:
        _, text, offset = self.tokens[self.at]
        return self.complaint(f"{wanted} expected, not {text or 'the end'!r}", offset)

    def accept(self, text: str) -> bool:
        if self.tokens[self.at][1] == text:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.wrong(repr(text))

    def word(self) -> str:
        kind, text, _ = self.tokens[self.at]
        if kind != "name":
            raise self.wrong("a word")
        self.at += 1
        return text

    def name(self) -> str:
        kind, text, _ = self.tokens[self.at]
        if kind not in ("name", "string"):
            raise self.wrong("a name")
        self.at += 1
        return text if kind == "name" else str(json.loads(text))

    def integer(self) -> int:
        sign = -1 if self.accept("-") else 1
        kind, text, _ = self.tokens[self.at]
        if kind != "number" or not text.isdigit():
            raise self.wrong("an integer")
        self.at += 1
        return sign * int(text)

    def wire(self) -> Wire:
        kind, text, _ = self.tokens[self.at]
        if kind != "name" or text[0] != "x" or not text[1:].isdigit():
            raise self.wrong("a wire")
        self.at += 1
        return int(text[1:])

    def listed(self, item: Callable[[], _Item], close: str) -> list[_Item]:
        """Items separated by commas up to the closing mark, which is taken; a comma may end the list."""
        out: list[_Item] = []
        while not self.accept(close):
            out.append(item())
            if not self.accept(","):
                self.expect(close)
                break
        return out

    # ── sizes and types ────────────────────────────────────────────────────────────────────────────────────

    def size(self) -> Size:
        total = self.product()
        while True:
            if self.accept("+"):
                total = total + self.product()
            elif self.accept("-"):
                total = total - self.product()
            else:
                return total

    def product(self) -> Size:
        result = self.power()
        while True:
            if self.accept("*"):
                result = result * self.power()
            elif self.accept("/"):
                result = result / self.integer()
            else:
                return result

    def power(self) -> Size:
        if self.accept("-"):
            return -self.power()
        if self.accept("("):
            base = self.size()
            self.expect(")")
        elif self.tokens[self.at][0] == "number":
            base = Size.of(self.integer())
        else:
            base = Size.var(self.name())
        return base ** self.integer() if self.accept("^") else base

    def type(self) -> Type:
        """A type; equal texts give one object, which keeps later comparisons cheap."""
        start = self.tokens[self.at][2]
        t = self.atom()
        if self.accept("->"):
            t = Fun(t, self.type())
        return self.types.setdefault(self.text[start:self.tokens[self.at][2]].rstrip(), t)

    def atom(self) -> Type:
        kind, text, _ = self.tokens[self.at]
        if kind == "name" and text in _SCALARS:
            self.at += 1
            return _SCALARS[text]
        if self.accept("["):
            return array(tuple(self.listed(self.size, "]")), self.atom())
        if self.accept("("):
            return self.group()
        if self.accept("{"):
            return Record(tuple(self.listed(self.typed, "}")))
        if self.accept("?"):
            return TypeVar(self.name())
        if kind == "name" and self.accept("series"):
            return Series(self.integer(), self.atom())
        if kind == "name" and self.accept("tangent"):
            result = self.accept("of_result")
            return Tangent(self.atom(), result)
        if kind == "name" and self.accept("child"):
            return Child()
        name = self.name()
        args = tuple(self.listed(self.type, ">")) if self.accept("<") else ()
        cases = tuple(self.listed(self.constructor, "}")) if self.accept("{") else ()
        if not self.accept("@"):
            return Data(name, args, cases)
        self.expect("[")
        (size,) = self.listed(self.size, "]")
        return Data(name, args, cases, size)

    def constructor(self) -> tuple[str, Type | None]:
        name = self.name()
        return name, self.type() if self.accept(":") else None

    def group(self) -> Type:
        """After `(`: a type in parentheses, or a product; one item and a comma is a product of one."""
        items = self.listed(self.type, ")")
        comma = self.tokens[self.at - 2][1] == ","
        return items[0] if len(items) == 1 and not comma else Prod(tuple(items))

    def typed(self) -> tuple[str, Type]:
        name = self.name()
        self.expect(":")
        return name, self.type()

    # ── nets ───────────────────────────────────────────────────────────────────────────────────────────────

    def single(self) -> Net:
        _, net = self.named()
        self.finish()
        return net

    def whole_type(self) -> Type:
        t = self.type()
        self.finish()
        return t

    def finish(self) -> None:
        if self.tokens[self.at][0] != "end":
            raise self.wrong("the end")

    def table(self) -> Table:
        nets: dict[str, Net] = {}
        entries: dict[str, Entry] = {}
        rules: dict[str, str] = {}
        while self.tokens[self.at][0] != "end":
            if self.accept("entry"):
                name = self.name()
                entries[name] = self.entry()
            elif self.accept("derivative"):
                name = self.name()
                self.expect("=")
                rules[name] = self.name()
            else:
                name, net = self.named()
                nets[name] = net
        return Table(nets, entries, rules)

    def entry(self) -> Entry:
        sizes = self.names()
        self.expect("(")
        params = tuple(self.listed(self.typed, ")"))
        self.expect("->")
        result = self.type()
        return Entry(params, result, sizes, self.string())

    def names(self) -> tuple[str, ...]:
        return tuple(self.listed(self.name, "]")) if self.accept("[") else ()

    def string(self) -> str:
        return self.name() if self.tokens[self.at][0] == "string" else ""

    def named(self) -> tuple[str, Net]:
        self.expect("net")
        name = self.name()
        head = _Head(self)
        self.expect("{")
        return name, self.body(head)

    def body(self, head: _Head) -> Net:
        """The boxes up to the closing brace."""
        boxes: list[Box] = []
        while not self.accept("}"):
            boxes.append(self.box(head.types))
        if sorted(head.types) != list(range(len(head.types))):
            raise self.wrong("a net whose wires are numbered without gaps and defined once")
        wires = tuple(head.types[w] for w in range(len(head.types)))
        return Net(wires, tuple(boxes), head.inputs, head.outputs, head.sizes)

    def bubble(self) -> Net:
        self.expect("{")
        return self.body(_Head(self))

    def typed_wire(self) -> tuple[Wire, Type]:
        w = self.wire()
        self.expect(":")
        return w, self.type()

    def at_wire(self) -> bool:
        """At a wire that is a source: one that is followed by its type begins the next box."""
        kind, text, _ = self.tokens[self.at]
        return kind == "name" and text[0] == "x" and text[1:].isdigit() and self.tokens[self.at + 1][1] != ":"

    def box(self, types: dict[Wire, Type]) -> Box:
        targets: list[tuple[Wire, Type]] = []
        if self.tokens[self.at + 1][1] == ":":
            targets.append(self.typed_wire())
            while self.accept(","):
                targets.append(self.typed_wire())
            self.expect("=")
        types.update(targets)
        word = self.word()
        if word == "loop":
            op, sources = self.loop()
        elif word == "while":
            self.expect("(")
            op, sources = While(), [*self.listed(self.wire, "|"), *self.listed(self.wire, ")")]
        else:
            op = self.operation(word, targets)
            sources = []
            while self.at_wire():
                sources.append(self.wire())
        bubbles = [self.bubble()] if isinstance(op, Lambda | Loop | IfOp | While) else []
        if isinstance(op, IfOp | While):
            self.expect("else")
            bubbles.append(self.bubble())
        return Box(op, tuple(sources), tuple(w for w, _ in targets), tuple(bubbles), None, self.string())

    def loop(self) -> tuple[Op, list[Wire]]:
        down = self.accept("down")
        size = self.size()
        self.expect("(")
        captured = self.listed(self.wire, "|")
        carried = self.listed(lambda: (self.word(), self.wire()), ")")
        return (Loop(size, tuple(Carry(k) for k, _ in carried), down), [*captured, *(w for _, w in carried)])

    def operation(self, word: str, targets: list[tuple[Wire, Type]]) -> Op:
        """The label of a box after its first word."""
        match word:
            case "const":
                return self.const(targets)
            case "size":
                return SizeValue(self.size())
            case "bind":
                name = self.name()
                return BindSize(name, self.accept("clamp"))
            case "guard":
                self.expect("[")
                return Guard(tuple(self.listed(self.equation, "]")))
            case "fill":
                self.expect("[")
                return Fill(tuple(self.listed(self.size, "]")))
            case "pack":
                return SeriesPack(self.integer())
            case "part":
                return SeriesPart(self.word())
            case "call":
                name = self.name()
                self.expect("[")
                return Call(name, tuple(self.listed(self.instance, "]")))
            case "if":
                return IfOp()
            case "apply":
                return Apply()
            case "assert":
                return Assert()
            case "trace":
                return Trace()
            case "lambda" | "derive":
                return self.functional(word)
        return Prim(word)

    def functional(self, word: str) -> Op:
        kind, order = (self.word(), self.integer()) if word == "derive" else ("", 0)
        self.expect("(")
        t = self.type()
        self.expect(")")
        if not isinstance(t, Fun):
            raise self.wrong("a function type before this")
        return Derive(kind, t.arg, t.result, order) if kind else Lambda(t)

    def equation(self) -> tuple[Size, Size]:
        left = self.size()
        self.expect("=")
        return left, self.size()

    def instance(self) -> tuple[str, Size]:
        name = self.name()
        self.expect("=")
        return name, self.size()

    def const(self, targets: list[tuple[Wire, Type]]) -> Const:
        if len(targets) != 1 or not isinstance(t := targets[0][1], Scalar):
            raise self.wrong("one scalar target before this constant")
        if t.name in ("i64", "bool"):
            return Const(self.integer() if t.name == "i64" else self.word() == "true", t)
        sign = "-" if self.accept("-") else ""
        kind, text, _ = self.tokens[self.at]
        if kind != "number" and text not in ("inf", "nan"):
            raise self.wrong("a number")
        self.at += 1
        return Const(float(sign + text), t)


class _Head:
    """The boundary of a net: `[n] (x0 : t, …) -> (x1, …)`. Collects the types of its wires."""

    def __init__(self, r: Reader) -> None:
        self.sizes = r.names()
        r.expect("(")
        inputs = r.listed(r.typed_wire, ")")
        self.inputs: tuple[Wire, ...] = tuple(w for w, _ in inputs)
        self.types: dict[Wire, Type] = dict(inputs)
        r.expect("->")
        r.expect("(")
        self.outputs: tuple[Wire, ...] = tuple(r.listed(r.wire, ")"))
