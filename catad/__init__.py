"""catad: a small typed lambda calculus, compiled through hypernets to native code, with exact derivatives.

>>> import catad
>>> f = catad.compile("def f (x : f64) : f64 = x * sin x", entry="f")
>>> round(catad.grad(f)(1.0), 6)
1.381773
"""

from __future__ import annotations

import pathlib as _pathlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# In a bare checkout (nothing installed) the roots beside this folder become subpackages.
_root = _pathlib.Path(__file__).resolve().parent.parent
if not (_root / "catad" / "backends").exists() and (_root / "backends" / "__init__.py").exists():
    __path__.append(str(_root))

if TYPE_CHECKING:
    from catad.api import (
        Function,
        Program,
        compile,
        grad,
        hessian,
        hvp,
        jacobian,
        jet,
        jvp,
        load,
        value_and_grad,
        vjp,
        vmap,
    )
    from catad.api.broadcast import vectorize
    from catad.api.traced import function
    from catad.source import CatadError
    from catad.sympy import from_sympy
    from catad.tracing.annotations import Array, f32, f64, i64
    from catad.tracing.control import accumulate, array, cond, constant, fold, loop, scan, where, while_loop
    from catad.tracing.control import all as all
    from catad.tracing.control import any as any
    from catad.tracing.control import max as max
    from catad.tracing.control import min as min
    from catad.tracing.control import prod as prod
    from catad.tracing.control import range as range
    from catad.tracing.control import sum as sum
    from catad.tracing.library import math

__all__ = [
    "Array", "CatadError", "Function", "Program", "__version__", "accumulate", "array", "compile", "cond", "constant",
    "f32", "f64", "fold", "from_sympy", "function", "grad", "hessian", "hvp", "i64", "jacobian", "jet", "jvp", "load",
    "loop", "math", "scan", "value_and_grad", "vectorize", "vjp", "vmap", "where", "while_loop",
]

# Where names are that are not of `catad.api`; those with names of Python's builtins are not for `import *`.
_HOMES = {
    "CatadError": "catad.source", **dict.fromkeys(("Array", "f32", "f64", "i64"), "catad.tracing.annotations"),
    **dict.fromkeys(("accumulate", "all", "any", "array", "cond", "constant", "fold", "loop", "max", "min", "prod",
                     "range", "scan", "sum", "where", "while_loop"), "catad.tracing.control"),
    "vectorize": "catad.api.broadcast", "from_sympy": "catad.sympy",
    "load_ipython_extension": "catad.api.notebook", "function": "catad.api.traced",
    "math": "catad.tracing.library",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for on first use, so that `import catad` alone stays under 60 ms."""
    import importlib
    if name in _HOMES or name in __all__:
        return getattr(importlib.import_module(_HOMES.get(name, "catad.api")), name)
    raise AttributeError(f"module 'catad' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_HOMES})
