"""`catad grad` prints a derivative as a program; `catad draw` draws a definition or its gradient."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from catad.cli.report import Report
from catad.cli.run import chosen, names, open_program
from catad.source import error
from catad.source.files import write

if TYPE_CHECKING:
    from catad.api.function import Function

__all__ = ["gradient_of", "run"]


def run(args: argparse.Namespace, report: Report) -> int:
    f = chosen(open_program(args.file), args.entry)
    if args.command == "draw":
        write(args.output, gradient_of(f, args.grad).draw())
    else:
        write(None, _derivative(f, args.kind, names(args.wrt), args.order).source)
    return 0


def gradient_of(f: Function, params: str | None) -> Function:
    """The function itself without `--grad`, its gradient with it."""
    return f if params is None else _derivative(f, "grad", names(params), 1)


def _derivative(f: Function, kind: str, params: list[str] | None, order: int) -> Function:
    from catad.api import transforms
    wanted = params or [x for x, t in f.entry.params if transforms.differentiable(t)]
    if not wanted:
        raise error("E0609", f"no parameter of {f.__name__} carries a derivative")
    argnums: str | list[str] = wanted[0] if len(wanted) == 1 else wanted
    if kind == "jet":
        return transforms.jet(f, order, argnums)
    make = {"grad": transforms.grad, "value_and_grad": transforms.value_and_grad, "vjp": transforms.vjp,
            "jvp": transforms.jvp, "jacobian": transforms.jacobian, "hessian": transforms.hessian,
            "hvp": transforms.hvp}[kind]
    return make(f, argnums)
