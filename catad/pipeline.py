"""The compiler as a list of named passes.

    load        text → typed core                    (syntax, types)
    elaborate   typed core → table of nets           (elaborate)
    normalise   functions unfolded, derivatives expanded by their functors
    unfold      series → coefficients
    simplify    sharing, constants, dead boxes, loops, fusion
    bind        sizes given as integers are bound at the entry

`prepare` runs those on nets for one entry; what comes out is what backends accept. Each pass is imported when it is
first run: checking a file needs none of those on nets.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from catad.source import Source, error
from catad.source.deep import deep

if TYPE_CHECKING:
    from catad.core.term import Module
    from catad.functors.kit import Kit
    from catad.net.net import Net, Table
    from catad.syntax.tree import File
    from catad.types.check import Load

__all__ = ["PASSES", "STAGES", "check", "derive", "elaborate", "load", "normalised", "prepare", "stage"]

PASSES = ("load", "elaborate", "normalise", "unfold", "simplify", "bind")
STAGES = ("source-net", "net", "schedule", "kernel", "llvm", "asm")


def load(source: Source, *, root: str | None = None) -> Module:
    """Parse and check a text; imports are read relative to the importing file, or to `root` for a text without one."""
    from catad.syntax import parse
    from catad.types.check import load_file

    def read(path: str, importing: Source) -> Source:
        if root is not None and importing is source and not Path(source.name).exists():
            near = Path(root) / path                       # a text that is not in a file: beside its root
            if near.exists():
                return Source(str(near), near.read_text(encoding="utf-8"))
        return load_file(path, importing)

    with deep():
        return check(parse(source), load=read)


def check(file: File, *, load: Load) -> Module:
    """Check a tree; `load` reads what it imports. See `catad.types.check`."""
    from catad.types.check import check
    return check(file, load=load)


def elaborate(module: Module) -> Table:
    """Nets and entries of a checked file."""
    from catad.elaborate import elaborate
    table = elaborate(module)
    if table.rules:
        from catad import passes
        passes.check_rules(table)
    return table


def normalised(table: Table, name: str, *, tidy: bool = True, kit: Kit | None = None) -> dict[str, Net]:
    """See `catad.passes.normalised`."""
    from catad import passes
    return passes.normalised(table, name, tidy=tidy, kit=kit)


def prepare(table: Table, name: str, *, kit: Kit | None = None, tidy: bool = True) -> Table:
    """See `catad.passes.prepare`."""
    from catad import passes
    return passes.prepare(table, name, kit=kit, tidy=tidy)


def derive(table: Table, name: str, kind: str, *, argnums: tuple[int, ...] = (0,), single: bool = True,
           order: int = 1, in_axes: tuple[bool, ...] = ()) -> tuple[Table, str]:
    """Add the derivative of an entry as an entry of its own; see `catad.transforms`."""
    from catad import transforms
    return transforms.derive(table, name, kind, argnums=argnums, single=single, order=order, in_axes=in_axes)


def stage(table: Table, name: str, kind: str, *, strict: bool = False) -> str:
    """The text of a stage: "source-net" (before all passes), "net" (after), "schedule", "kernel", "llvm", "asm".

    Raises E0611 for any other.
    """
    if kind not in STAGES:
        raise error("E0611", f"there is no stage {kind!r}", help=[f"the stages are {', '.join(STAGES)}"])
    from catad.net.text import print_table
    if kind == "source-net":
        return print_table(table)
    ready = prepare(table, name)
    if kind == "net":
        return print_table(ready)
    from catad.backends import llvm
    compiled = llvm.compile(ready, name, strict=strict)
    if kind == "asm":
        return compiled.assembly()
    return {"schedule": compiled.schedule_text, "llvm": compiled.llvm_ir, "kernel": compiled.kernel_text}[kind]
