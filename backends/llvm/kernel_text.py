"""The kernel IR as text, for `--emit schedule` and for people who look for a copy."""

from __future__ import annotations

from collections.abc import Mapping

from .kernel import (
    AddTo,
    Array,
    Block,
    Check,
    For,
    If,
    Instr,
    Invoke,
    Kernel,
    Literal,
    Load,
    Port,
    Pure,
    Reserve,
    Store,
    While,
)
from .lanes import Lanes

__all__ = ["kernel_text", "lanes_text"]


def kernel_text(kernel: Kernel, lanes: Mapping[int, Lanes] | None = None, symbol: str = "") -> str:
    """All of a kernel, or of a function, which has a symbol; loops in lanes say so."""
    printer = _Printer(kernel, lanes or {})
    return printer.text(f"function {symbol}" if symbol else f"kernel {kernel.name}")


def lanes_text(kernel: Kernel, lanes: Mapping[int, Lanes]) -> str:
    """One line for each loop in lanes."""
    lines = []
    for k in sorted(lanes):
        x = lanes[k]
        extras = [f"loop {k}: {x.width} lanes"]
        if x.unroll > 1:
            extras.append(f"{x.unroll} vectors a trip")
        if x.masked:
            extras.append("masked")
        if x.private:
            extras.append("one cell per lane: " + ", ".join(f"b{b}" for b in sorted(x.private)))
        if x.partial:
            extras.append("partial sums: " + ", ".join(f"b{b}" for b in sorted(x.partial)))
        if x.packs:
            extras.append("rows side by side: " + ", ".join(f"b{b}" for b in sorted(x.packs)))
        lines.append("; ".join(extras))
    return "\n".join(lines)


class _Printer:
    def __init__(self, kernel: Kernel, lanes: Mapping[int, Lanes]) -> None:
        self.kernel, self.lanes = kernel, lanes
        self.names = {r: x for x, r in kernel.size_regs}
        self.lines: list[str] = []

    def text(self, what: str) -> str:
        k = self.kernel
        self.names.update({r: f"arg{w}" for w, r in k.params})
        ports = ", ".join(_port(p) for p in k.inputs), ", ".join(_port(p) for p in k.outputs)
        self.lines.append(f"{what} ({ports[0]}) -> ({ports[1]})")
        for n, x in enumerate(k.buffers):
            home = f" in loop {x.home[-1]}" if x.home else ""
            note = f"  -- {x.note}" if x.note else ""
            number = f" {x.number}" if x.role in ("input", "output") else ""
            self.lines.append(f"  b{n} : [{x.size}]{x.kind} {x.role}{number}{home}{note}")
        self.block(k.body, "  ")
        for w, r in k.results:
            self.lines.append(f"  output {w} = {self.reg(r)}")
        for w, b, regs in k.late:
            self.lines.append(f"  output {w} = b{b} of size {', '.join(map(self.reg, regs))}")
        return "\n".join(self.lines) + "\n"

    def reg(self, r: int) -> str:
        return self.names.get(r, f"r{r}")

    def block(self, block: Block, indent: str) -> None:
        for i in block:
            self.instr(i, indent)

    def instr(self, i: Instr, indent: str) -> None:
        r = self.reg
        match i:
            case Literal(dst, value):
                self.names[dst] = repr(value)
                return
            case Pure(dst, op, args):
                line = f"{r(dst)} = {op} {' '.join(map(r, args))}"
            case Load(dst, buffer, offset, path):
                line = f"{r(dst)} = b{buffer}[{r(offset)}]{self.path(path)}"
            case Store(buffer, offset, value, path):
                line = f"b{buffer}[{r(offset)}] := {r(value)}{self.path(path)}"
            case AddTo(buffer, offset, value, path):
                line = f"b{buffer}[{r(offset)}] += {r(value)}{self.path(path)}"
            case Check(ok, site, a, b):
                s = self.kernel.sites[site]
                line = f"check {r(ok)} else {s.code} {s.what.format(a=r(a), b=r(b))}"
            case Reserve(buffer, count):
                line = f"reserve b{buffer} {r(count)}"
            case Invoke():
                line = self.call(i)
            case For():
                self.loop(i, indent)
                return
            case If():
                self.branch(i, indent)
                return
            case While():
                self.repeat(i, indent)
                return
        self.lines.append(indent + line)

    def call(self, i: Invoke) -> str:
        r = self.reg
        given = [*map(r, i.sizes), *map(r, i.scalars), *(f"b{b}[{r(at)}…]" for b, at in i.places)]
        room = f" in b{i.room}" if i.room >= 0 else ""
        return f"{', '.join(map(r, i.results)) or '()'} = call {i.function} ({', '.join(given)}){room}"

    def path(self, path: tuple[int, ...]) -> str:
        return f"  -- [{', '.join(map(self.reg, path))}]" if len(path) > 1 else ""

    def loop(self, i: For, indent: str) -> None:
        r = self.reg
        self.names[i.var] = f"i{i.id}"
        marks = [x for x, on in (("down", i.down), ("any order", i.free)) if on]
        if i.id in self.lanes:
            marks.append(f"{self.lanes[i.id].width} lanes")
        if i.note:
            marks.append(i.note)
        carries = ", ".join(f"{r(c.inner)} = {r(c.init)}" for c in i.carries)
        head = f"for {r(i.var)} < {r(i.extent)}" + (f" with {carries}" if carries else "")
        self.lines.append(f"{indent}{head}  -- loop {i.id}: {', '.join(marks) or 'in order'}")
        self.block(i.body, indent + "  ")
        for c in i.carries:
            self.lines.append(f"{indent}  {r(c.inner)} <- {r(c.out)} ({c.kind})")
        for c in i.carries:
            self.lines.append(f"{indent}{r(c.final)} = final {r(c.inner)}")

    def repeat(self, i: While, indent: str) -> None:
        r = self.reg
        carries = ", ".join(f"{r(c.inner)} = {r(c.init)}" for c in i.carries)
        self.lines.append(f"{indent}repeat" + (f" with {carries}" if carries else "") + f"  -- loop {i.id}: in order")
        self.block(i.head, indent + "  ")
        self.lines.append(f"{indent}  leave unless {r(i.cond)}")
        self.block(i.body, indent + "  ")
        for c in i.carries:
            self.lines.append(f"{indent}  {r(c.inner)} <- {r(c.out)}")
        for c in i.carries:
            self.lines.append(f"{indent}{r(c.final)} = final {r(c.inner)}")

    def branch(self, i: If, indent: str) -> None:
        self.lines.append(f"{indent}if {self.reg(i.cond)}")
        self.block(i.then, indent + "  ")
        if i.other:
            self.lines.append(f"{indent}else")
            self.block(i.other, indent + "  ")
        for dst, a, b in i.results:
            self.lines.append(f"{indent}{self.reg(dst)} = {self.reg(a)} or {self.reg(b)}")


def _port(p: Port) -> str:
    if not isinstance(p, Array):
        return p
    return f"[{', '.join('?' if d.size is None else str(d.size) for d in p.dims)}]{p.kind}"
