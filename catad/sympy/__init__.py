"""SymPy expressions as programs: `from_sympy`. The way back is `f.to_sympy()`.

    from_sympy : expressions, arguments  →  text in .cad  →  Function
"""

from __future__ import annotations

from catad.sympy.reading import from_sympy

__all__ = ["from_sympy"]
