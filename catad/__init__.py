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
    from catad.source import CatadError

__all__ = [
    "CatadError", "Function", "Program", "__version__", "compile", "grad", "hessian", "hvp", "jacobian", "jet",
    "jvp", "load", "value_and_grad", "vjp", "vmap",
]


def __getattr__(name: str) -> Any:
    """Load the API on first use, so that `import catad` alone stays under 60 ms."""
    if name == "CatadError":
        from catad.source import CatadError
        return CatadError
    if name in __all__:
        from catad import api
        return getattr(api, name)
    raise AttributeError(f"module 'catad' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
