"""`%load_ext catad`: the cell magic `%%cad`.

    %%cad             the cell is a program, and its entries are variables of the notebook
    %%cad model       the program is the variable `model`
"""

from __future__ import annotations

import re
from typing import Any

from catad.api.program import Program
from catad.source import Source, error

__all__ = ["load_ipython_extension"]


def load_ipython_extension(shell: Any) -> None:
    """What IPython calls; registers the magic."""
    def cad(line: str, cell: str) -> Program | None:
        return run(shell, line, cell)
    shell.register_magic_function(cad, "cell", "cad")


def run(shell: Any, line: str, cell: str) -> Program | None:
    """Check a cell and put what it defines into the notebook. Raises E0602 for a name that is none."""
    name = line.strip()
    if name and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise error("E0602", f"`%%cad {name}`: a program is named by one word",
                    help=["leave it out, or write %%cad model"])
    program = Program(Source("<cell>", cell))
    if name:
        shell.push({name: program})
        return None
    shell.push({x: program[x] for x in program})
    return program
