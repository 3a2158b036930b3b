"""The compiler as a list of named passes.

    load        text → typed core                    (syntax, types)
    elaborate   typed core → table of nets           (elaborate)
    normalise   functions unfolded, derivatives expanded by their functors
    unfold      series → coefficients
    simplify    sharing, constants, dead boxes, loops, fusion
    bind        sizes given as integers are bound at the entry

`prepare` runs those on nets for one entry; what comes out is what backends accept.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from catad.elaborate import elaborate as _elaborate
from catad.functors.coefficients import unfold
from catad.functors.expand import Expander
from catad.functors.kit import Kit, standard_kit
from catad.net.build import Builder
from catad.net.net import BindSize, Call, Entry, Guard, Net, Table, Wire
from catad.rewrite.normalise import Normaliser
from catad.source import Source, error
from catad.source.deep import deep
from catad.types.size import Size
from catad.types.type import I64, dims, flatten, holds_function

if TYPE_CHECKING:
    from catad.core.term import Module

__all__ = ["PASSES", "derive", "elaborate", "load", "normalised", "prepare", "stage"]

PASSES = ("load", "elaborate", "normalise", "unfold", "simplify", "bind")


def load(source: Source, *, root: str | None = None) -> Module:
    """Parse and check a text; imports are read relative to the importing file, or to `root` for a text without one."""
    from catad.syntax import parse
    from catad.types.check import check, load_file

    def read(path: str, importing: Source) -> Source:
        if root is not None and importing is source and not Path(source.name).exists():
            near = Path(root) / path                       # a text that is not in a file: beside its root
            if near.exists():
                return Source(str(near), near.read_text(encoding="utf-8"))
        return load_file(path, importing)

    with deep():
        return check(parse(source), load=read)


def elaborate(module: Module) -> Table:
    """Nets and entries of a checked file."""
    return _elaborate(module)


def _tidy(net: Net, *, selects: bool = True) -> Net:
    from catad.rewrite.simplify import simplify
    return simplify(net, selects=selects)


def _tidy_before(net: Net) -> Net:
    """What may be differentiated later keeps its branches: nothing leaks from the one not taken."""
    return _tidy(net, selects=False)


def normalised(table: Table, name: str, *, tidy: bool = True, kit: Kit | None = None) -> dict[str, Net]:
    """The net of an entry with functions and derivative operators gone, and the nets it calls."""
    nets: dict[str, Net] = {}
    clean = _tidy_before if tidy else lambda net: net
    with deep():
        expander = Expander(nets, clean, kit)
        normaliser = Normaliser(table, expander, clean)
        normaliser.nets = nets
        normaliser.normal(name)
    return reachable(nets, name)


def prepare(table: Table, name: str, *, kit: Kit | None = None, tidy: bool = True) -> Table:
    """A table whose net `name` is closed, first-order, free of series, and optimised unless `tidy` is off."""
    kit = standard_kit() if kit is None else kit
    clean = _tidy if tidy else lambda net: net
    entry = table.entries.get(name)
    if entry is not None:
        _first_order(name, entry)
    nets = normalised(table, name, tidy=tidy, kit=kit)
    with deep():
        done: dict[str, Net] = {}
        for key in list(nets):
            done[key] = clean(unfold(nets[key], nets, kit.coefficients, kit.rules))
        done.update({key: clean(net) for key, net in nets.items() if key not in done})
        done = reachable(done, name)
        if entry is not None:
            done[name] = bind(done[name], entry)
    return Table(done, {name: entry} if entry is not None else {})


def _first_order(name: str, entry: Entry) -> None:
    for x, t in (*entry.params, ("the result", entry.result)):
        if holds_function(t):
            raise error("E0402", f"`{name}` takes or returns a function", entry.span, f"{x} : {t}",
                        help=["define an entry that gives it the function: def main (x : f64) : f64 = …"])


def reachable(nets: Mapping[str, Net], name: str) -> dict[str, Net]:
    """The nets that `name` calls, callees first."""
    found: dict[str, Net] = {}

    def visit(key: str) -> None:
        if key in found:
            return
        for callee in calls(nets[key]):
            visit(callee)
        found[key] = nets[key]

    visit(name)
    return found


def calls(net: Net) -> list[str]:
    """The names that a net calls, bubbles included."""
    names: dict[str, None] = {}
    for box in net.boxes:
        if isinstance(box.op, Call):
            names[box.op.name] = None
        for bubble in box.bubbles:
            names.update(dict.fromkeys(calls(bubble)))
    return list(names)


def bind(net: Net, entry: Entry) -> Net:
    """Bind the sizes that come as i64 parameters.

    One that is also a dimension of another parameter is checked against it instead.
    """
    wires: list[tuple[str, int]] = []
    position = 0
    for x, t in entry.params:
        if t == I64 and x in entry.sizes:
            wires.append((x, position))
        position += len(list(flatten(t)))
    if not wires:
        return net
    b = Builder()
    inputs = [b.input(t) for t in net.source]
    alone = {s.variable for t in net.source for s in dims(t)}
    b.sizes.extend(x for x in net.sizes if x in alone)
    args = list(inputs)
    for x, k in wires:
        if x in alone:
            _check(b, x, inputs[k], args, entry)
        else:
            b.box(BindSize(x, False), [inputs[k]], [], span=entry.span)
    return b.net(*b.splice(net, args))


def _check(b: Builder, x: str, w: Wire, args: list[Wire], entry: Entry) -> None:
    given = f"{x}$given"
    b.box(BindSize(given, False), [w], [], span=entry.span)
    k = next(k for k, a in enumerate(args) if any(s.variable == x for s in dims(b.type(a))))
    guard = Guard(((Size.var(given), Size.var(x)),))
    args[k] = b.box(guard, [args[k]], [b.type(args[k])], span=entry.span)[0]


def derive(table: Table, name: str, kind: str, *, argnums: tuple[int, ...] = (0,), single: bool = True,
           order: int = 1, in_axes: tuple[bool, ...] = ()) -> tuple[Table, str]:
    """Add the derivative of an entry as an entry of its own; see `catad.transforms`."""
    from catad import transforms
    return transforms.derive(table, name, kind, argnums=argnums, single=single, order=order, in_axes=in_axes)


def stage(table: Table, name: str, kind: str) -> str:
    """The text of a stage: "net" (after all passes), "source-net" (before), "schedule", "llvm", "asm"."""
    from catad.net.text import print_table
    if kind == "source-net":
        return print_table(table)
    ready = prepare(table, name)
    if kind == "net":
        return print_table(ready)
    from catad.backends import llvm
    compiled = llvm.compile(ready, name)
    if kind == "asm":
        return compiled.assembly()
    return {"schedule": compiled.schedule_text, "llvm": compiled.llvm_ir, "kernel": compiled.kernel_text}[kind]
