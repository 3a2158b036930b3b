"""Functions inside PyTorch programs: `backward` of every order, on tensors of the CPU.

    torch_function f : tensors → tensors        an autograd.Function, whose backward is the same of catad's pullback
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from catad.api.function import Function
from catad.api.transforms import differentiable, vjp
from catad.api.values import dtype_of
from catad.interop.leaves import leaf_types, leaves, only_plain, rebuilt, tangent
from catad.types.type import Type

__all__ = ["torch_function"]


def torch_function(f: Function) -> Callable[..., Any]:
    """The function for PyTorch. Tuples are tuples, records dictionaries; scalars are tensors without dimensions.

    Raises E0603 for functions with sums among their values.
    """
    only_plain(f, "PyTorch")

    def function(*args: Any, **kwargs: Any) -> Any:
        values = f.bind(*args, **kwargs)
        flat = [_tensor(v, base) for (_, t), a in zip(f.entry.params, values, strict=True)
                for (_, base), v in zip(leaf_types(t), leaves(t, a), strict=True)]
        out = _Call.apply(f, *flat)
        return rebuilt(f.entry.result, iter(out))

    function.__name__, function.__doc__ = f.__name__, f.__doc__
    function.__wrapped__ = f                               # type: ignore[attr-defined]
    return function


def _tensor(value: Any, base: Any) -> Any:
    return value if isinstance(value, torch.Tensor) else torch.as_tensor(np.asarray(value, dtype_of(base)))


def _values(f: Function, flat: Sequence[Any]) -> list[Any]:
    """The arguments of the function, as NumPy and Python have them."""
    parts = iter(flat)

    def numbers(t: Type) -> Iterator[Any]:
        for dims, base in leaf_types(t):
            a = next(parts).detach().cpu().numpy().astype(dtype_of(base), copy=False)
            yield a if dims else a.item()
    return [rebuilt(t, numbers(t)) for _, t in f.entry.params]


class _Call(torch.autograd.Function):                      # type: ignore[misc]
    """One call; flat tensors in, flat tensors out."""

    @staticmethod
    def forward(ctx: Any, f: Function, *flat: Any) -> tuple[Any, ...]:
        ctx.f = f
        ctx.save_for_backward(*flat)
        found = f(*_values(f, flat))
        out = tuple(torch.as_tensor(np.asarray(v, dtype_of(base))) for (_, base), v in
                    zip(leaf_types(f.entry.result), leaves(f.entry.result, found), strict=True))
        ctx.mark_non_differentiable(*(v for v in out if not v.is_floating_point()))
        return out

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> tuple[Any, ...]:
        f, flat = ctx.f, ctx.saved_tensors
        params = f.entry.params
        numbers = [k for k, (_, t) in enumerate(params) if differentiable(t)]
        parts = iter(flat)
        values = [rebuilt(t, iter([next(parts) for _ in leaf_types(t)])) for _, t in params]
        cotangent = tangent(f.entry.result, rebuilt(f.entry.result, iter(cotangents)))
        _, found = torch_function(vjp(f, numbers))(*values, cotangent)
        by_position = dict(zip(numbers, found, strict=True))
        grads: list[Any] = []
        for k, (_, t) in enumerate(params):
            there = leaves(t, by_position[k]) if k in by_position else iter([None] * len(list(leaf_types(t))))
            grads += [g if base.name in ("f64", "f32") else None for (_, base), g in
                      zip(leaf_types(t), there, strict=True)]
        return (None, *grads)
