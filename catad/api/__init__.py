"""The Python door: programs, functions, and derivatives of functions.

    text ─load, compile─▶ Program ─[name]─▶ Function ─grad, jvp, jet, …─▶ Function ─call─▶ values
"""

from __future__ import annotations

from catad.api.function import Function
from catad.api.program import Program, compile, load
from catad.api.transforms import grad, hessian, hvp, jacobian, jet, jvp, value_and_grad, vjp, vmap

__all__ = [
    "Function", "Program", "compile", "grad", "hessian", "hvp", "jacobian", "jet", "jvp", "load", "value_and_grad",
    "vjp", "vmap",
]
