"""Native code: first-order nets without series become machine code through LLVM.

    compile(table, name)     a callable on flat values
    translate(table, name)   its LLVM text and the stages before
"""

from __future__ import annotations

from .native import Compiled, Module, compile, translate

__all__ = ["Compiled", "Module", "compile", "translate"]
