"""`catad run FILE [ENTRY] [ARG…]`: call a definition; print its value, gradient or Taylor coefficients."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from catad.cli.literals import NAME, parse_arguments, show
from catad.cli.report import Report
from catad.source import error
from catad.source.files import read, root_of

if TYPE_CHECKING:
    from catad.api.function import Function
    from catad.api.program import Program

__all__ = ["by_backend", "chosen", "names", "open_program", "run"]

_LITERALS = {"true", "false", "null", "nan", "inf", "NaN", "Infinity"}


def open_program(path: str) -> Program:
    """The program in a file or on standard input."""
    from catad.api.program import Program
    return Program(read(path), root=root_of(path))


def chosen(program: Program, entry: str | None) -> Function:
    """The entry that was named, or the one that is meant when none is."""
    return program[entry if entry is not None else program.main_name]


def by_backend(f: Function, args: argparse.Namespace) -> Function:
    """The function run as --backend, --strict or --check say; the first stands alone. Raises E0611."""
    from catad.api.engine import backend_of
    if args.backend is not None and (args.strict or args.check is not None):
        raise error("E0611", f"--backend {args.backend} and {'--strict' if args.strict else '--check'}",
                    help=["--strict is --backend strict, --check nan is --backend check-nan: give one of them"])
    name = args.backend or backend_of(args.strict, args.check)
    return f if name == "llvm" else f.with_backend(name)


def names(text: str | None) -> list[str] | None:
    """`x,y` as a list; nothing (or nothing after the sign) as None."""
    return [x.strip() for x in text.split(",") if x.strip()] or None if text else None


def run(args: argparse.Namespace, report: Report) -> int:
    program = open_program(args.file)
    words: list[str] = args.arguments
    entry = None
    if words and NAME.fullmatch(words[0]) and words[0] not in _LITERALS:
        entry, words = words[0], words[1:]
    f = chosen(program, entry)
    f = by_backend(f, args)
    positional, named = parse_arguments(words, f.backend)
    if f.backend == "symbolic" and not positional and args.grad is None and args.jet is None:
        print(show(f.to_sympy(**named)))
    elif args.jet is not None:
        print(show(_jet(f, args.jet, names(args.along), positional, named)))
    elif args.grad is not None:
        print(show(_gradient(f, names(args.grad), positional, named)))
    else:
        print(show(f(*positional, **named)))
    return 0


def _gradient(f: Function, wanted: list[str] | None, args: list[Any], named: dict[str, Any]) -> dict[str, Any]:
    """Value and gradient, the latter by parameter."""
    from catad.api.transforms import differentiable, value_and_grad
    params = wanted or [x for x, t in f.entry.params if differentiable(t)]
    if not params:
        raise error("E0609", f"no parameter of {f.__name__} carries a derivative")
    value, gradient = value_and_grad(f, params)(*args, **named)
    return {"value": value, "gradient": dict(zip(params, gradient, strict=True))}


def _jet(f: Function, order: int, along: list[str] | None, args: list[Any], named: dict[str, Any]) -> dict[str, Any]:
    """Value and coefficients 1 … order of t ↦ f(x + t·1)."""
    from catad.api.transforms import differentiable, jet
    params = along or [x for x, t in f.entry.params if differentiable(t)][:1]
    if not params:
        raise error("E0609", f"no parameter of {f.__name__} carries a derivative")
    j = jet(f, order, params[0] if len(params) == 1 else params)
    values = f.bind(*args, **named)
    given = {x: (t, v) for (x, t), v in zip(f.entry.params, values, strict=True)}
    curves = tuple(_direction(f, x, *given[x], order) for x in params)
    value, coefficients = j(*values, curves[0] if len(params) == 1 else curves)
    return {"value": value, "coefficients": coefficients}


def _direction(f: Function, name: str, t: Any, value: Any, order: int) -> Any:
    """Coefficients of the curve with unit speed in every float entry: shape [order, …], ones first, then zeros."""
    import numpy as np

    from catad.api.values import unpack
    from catad.types.size import Size
    from catad.types.type import Array, flatten, is_float, marked_tangent
    packing = f.packing()
    packing.add(t, value, name)
    leaves = []
    for wire, flat in zip(flatten(t), packing.flat, strict=True):
        if is_float(wire):
            a = np.asarray(flat)
            curve = np.zeros((order, *a.shape), dtype=a.dtype if a.ndim else np.float64)
            curve[:1] = 1
            leaves.append(curve)
    return unpack(Array(Size.of(order), marked_tangent(t)), iter(leaves), {}, packing.shapes())
