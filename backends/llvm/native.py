"""Native code for an entry of a table: the whole way from net to callable.

    net ─schedule─▶ plan ─lower─▶ kernel ─lanes─▶ kernel × lanes ─codegen─▶ LLVM text ─engine─▶ code ─entry─▶ callable

Every stage can be read: `schedule_text`, `kernel_text`, `llvm_ir`, `assembly()`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from catad.net.net import Table
from catad.source import error
from catad.source.codes.runtime import HINTS
from catad.source.deep import deep

from . import entry as python_entry
from .boundary import module_text
from .build import build
from .engine import Loaded, Options, link
from .function import Function
from .jam import jammed
from .kernel import Array, Kernel, Site
from .kernel import Port as KernelPort
from .kernel_text import kernel_text, lanes_text
from .lanes import Lanes, choose
from .layout import loops, repeats, slots_of
from .math import definitions
from .schedule import NetPlan, plan_text
from .shown import connect
from .signature import Port, Signature
from .target import Target, host

__all__ = ["Compiled", "Module", "compile", "translate"]

_LONG = 4000


@dataclass(frozen=True, eq=False)
class Module:
    """LLVM text of one entry, with the values of the stages before it. Nothing has been given to LLVM yet."""

    name: str
    symbol: str
    kernel: Kernel
    plan: NetPlan
    lanes: Mapping[int, Lanes]
    functions: tuple[Function, ...]
    target: Target
    table: Table = field(repr=False)
    text: str = field(repr=False)

    @property
    def sites(self) -> tuple[Site, ...]:
        return self.kernel.sites

    def fail(self, code: int, site: int, a: int, b: int) -> Any:
        """Raise the diagnostic of a run that stopped."""
        return _failure(self.sites)(code, site, a, b)

    @cached_property
    def signature(self) -> Signature:
        """The boundary, as the compiled entry needs it."""
        k = self.kernel
        heavy = bool(self.functions or any(s.checked for s in k.sources) or any(b.role == "arena" for b in k.buffers)
                     or any(not x.free and x.size.constant is None for x in loops(k.body)) or repeats(k.body))
        return Signature(tuple(map(_port, k.inputs)), tuple(map(_port, k.outputs)), heavy)

    @cached_property
    def kernel_text(self) -> str:
        parts = [kernel_text(f.kernel, f.lanes, f.symbol) for f in self.functions]
        return "\n".join([*parts, kernel_text(self.kernel, self.lanes)])

    @cached_property
    def schedule_text(self) -> str:
        """Where arrays live, what is in place, what runs in lanes."""
        parts: list[str] = []
        for f in self.functions:
            parts.append(f"function {f.symbol}: workspace {f.needs} bytes"
                         + "".join(f"; output {k} in argument {t}" for k, t in enumerate(f.ties) if t is not None))
            parts += _decisions(f.kernel, f.lanes)
        parts += [f"schedule {self.name}", plan_text(self.table.nets[self.name], self.plan, "  "),
                  *_decisions(self.kernel, self.lanes)]
        return "\n".join(p for p in parts if p) + "\n"


@dataclass(frozen=True, eq=False)
class Compiled:
    """Callable on flat values: one Python scalar or C-contiguous NumPy array for each wire.

    Returns a tuple of them, or the value itself when there is just one.
    """

    module: Module
    loaded: Loaded
    function: Callable[..., Any]

    def __call__(self, *flat: Any) -> Any:
        return self.function(*flat)

    @property
    def llvm_ir(self) -> str:
        return self.module.text

    def assembly(self) -> str:
        return self.loaded.assembly()

    @property
    def schedule_text(self) -> str:
        return self.module.schedule_text

    @property
    def kernel_text(self) -> str:
        return self.module.kernel_text

    @property
    def signature(self) -> Signature:
        return self.module.signature


def translate(table: Table, name: str, *, target: Target | None = None, strict: bool = False,
              lanes: int | None = None) -> Module:
    """The LLVM text of an entry. `lanes` forces a number of lanes wherever that is legal (1: scalar code)."""
    machine = target or host()
    with deep():
        symbol = re.sub(r"[^A-Za-z0-9_]", "_", name)

        def widths(k: Kernel) -> tuple[Kernel, Mapping[int, Lanes]]:
            chosen = choose(k, machine, strict=strict, force=lanes)
            return (k, chosen) if strict else jammed(k, chosen, machine)

        kernel, plan, functions = build(table, name, widths, strict=strict, symbol=symbol)
        kernel, chosen = widths(kernel)
        text, rows = module_text(kernel, chosen, symbol, functions, strict=strict)
    text += definitions(rows, machine)
    return Module(name, symbol, kernel, plan, chosen, functions, machine, table, text)


def compile(table: Table, name: str, *, target: Target | None = None, strict: bool = False,
            lanes: int | None = None, options: Options | None = None, limit: int | None = None) -> Compiled:
    """The native callable of an entry. `strict`: no sum is regrouped, nothing is contracted."""
    m = translate(table, name, target=target, strict=strict, lanes=lanes)
    options = options or Options()
    if _longest_block(m.text) > _LONG:
        options = replace(options, codegen=0)
    text = m.text + python_entry.entry_ir(m.symbol, m.signature)
    wanted = [f"{m.symbol}.prepare", f"{m.symbol}.run", *python_entry.exports(m.symbol)]
    wanted += [f"{m.symbol}.show"] if m.kernel.shown else []
    loaded = link(text, functions=wanted, target=m.target, symbols=python_entry.symbols(m.target), options=options)
    shows = connect(loaded, m.symbol, m.kernel.shown) if m.kernel.shown else None
    fail = _failure(m.sites, shows)                        # lives as long as the function
    function = python_entry.make(loaded, m.symbol, m.signature, fail=fail, limit=limit, title=name)
    return Compiled(m, loaded, function)


def _longest_block(text: str) -> int:
    """Instructions of the longest basic block; the time of LLVM's optimising code generator grows with its square."""
    longest = start = 0
    for k, line in enumerate(text.splitlines()):
        if line.endswith((":", "}")):
            longest, start = max(longest, k - start), k
    return longest


def _failure(sites: tuple[Site, ...], keep: object = None) -> Callable[[int, int, int, int], Any]:
    """Raises the diagnostic of a run that stopped; holds on to `keep`."""
    def fail(code: int, site: int, a: int, b: int) -> Any:
        if code == 509:
            raise KeyboardInterrupt
        if code == 507 and a < 0:
            raise error("E0507", "this needs more bytes than can be counted", None, help=(HINTS["E0507"],))
        if site < 0 or site >= len(sites):
            raise error("E0507", f"this needs {a} bytes, and {b} are allowed", None, help=(HINTS["E0507"],))
        s = sites[site]
        raise error(s.code, s.what.format(a=a, b=b), s.span, help=(HINTS[s.code],))
    fail.keep = keep                                       # type: ignore[attr-defined]
    return fail


def _decisions(kernel: Kernel, lanes: Mapping[int, Lanes]) -> list[str]:
    """Lines on what runs in lanes, and on the workspace."""
    slots = (f"slot b{s.buffer}" + (f", {s.use} of loop {s.loop}" if s.use else "") + f": {s.size * s.bytes} bytes"
             for s in slots_of(kernel, lanes))
    return [lanes_text(kernel, lanes), *slots]


def _port(p: KernelPort) -> Port:
    if not isinstance(p, Array):
        return Port(p)
    return Port(p.kind, len(p.dims), any(d.size is None for d in p.dims))
