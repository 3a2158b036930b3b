"""What a call will take, known before it runs: the workspace, which for a gradient is its tape, and the results.

    memory(f, args) = Memory(workspace, results, grows)

Sizes of arrays are polynomials in the sizes of the arguments, so the kernel's `prepare` computes the bytes without
running anything. Arrays whose sizes a program finds on the way, as the tape of a `while`, come on top: `grows` says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catad.crash import internal

if TYPE_CHECKING:
    from catad.api.function import Function

__all__ = ["Memory", "memory"]


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: of the arrays between arguments and results, and of the results.

    >>> import catad
    >>> f = catad.compile("def f [n] (x : [n]f64) : f64 = loop s = 1.0 for i < n do sin (s * x[i])", entry="f")
    >>> f.memory([0.0] * 1000), catad.grad(f).memory([0.0] * 1000).results
    (Memory(workspace=0, results=8, grows=False), 8000)
    """

    workspace: int
    results: int
    grows: bool

    def __str__(self) -> str:
        more = ", and more that is found on the way" if self.grows else ""
        return f"{self.workspace} bytes of workspace, {self.results} of results{more}"


def memory(f: Function, args: Sequence[Any], name: str) -> Memory:
    """The bytes that `f(*args)` needs; raises CatadError where the sizes of the arguments do not fit."""
    from catad.backends import llvm
    from catad.backends.llvm.runtime import footprint
    packing = f.pack(list(args))
    with internal(f"compiling {f.__name__} for llvm"):
        compiled = llvm.compile(f.prepared, name)
        grows = any(b.role == "arena" for k in (compiled.module.kernel, *(g.kernel for g in compiled.module.functions))
                    for b in k.buffers)
        workspace, results = footprint(compiled.loaded, compiled.module.symbol, compiled.signature,
                                       compiled.module.fail, packing.flat)
    return Memory(workspace, results, grows)
