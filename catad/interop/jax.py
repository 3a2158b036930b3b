"""Functions inside JAX programs: under `jit`, `grad` of every order, and `vmap`.

    jax_function f : arrays → arrays        a call out of the program (`jax.pure_callback`), whose pullback is catad's

JAX calculates in 32 bits unless `jax_enable_x64` is set; f64 parameters then get, and results become, what it has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.dtypes import canonicalize_dtype, float0

from catad.api.function import Function
from catad.api.transforms import differentiable, vjp
from catad.api.values import dtype_of
from catad.interop.leaves import Leaf, leaf_types, leaves, only_plain, rebuilt, shapes, tangent
from catad.source import error

__all__ = ["jax_function"]


def jax_function(f: Function) -> Callable[..., Any]:
    """The function for JAX. Tuples are tuples, records dictionaries; whole numbers that are sizes stay Python's.

    Raises E0603 for functions with sums among their values; when called, E0607 where a size of the result is not known.

    >>> import catad, jax
    >>> from catad.interop.jax import jax_function
    >>> f = jax_function(catad.compile("def f (x : f64) : f64 = x^3", entry="f"))
    >>> float(jax.jit(jax.grad(f))(2.0)), float(jax.grad(jax.grad(f))(2.0))
    (12.0, 12.0)
    """
    only_plain(f, "JAX")
    static = tuple(k for k, (x, _) in enumerate(f.entry.params) if x in f.entry.sizes)
    plain = jax.custom_vjp(lambda *args: _call(f, args), nondiff_argnums=static)
    plain.defvjp(lambda *args: (plain(*args), tuple(a for k, a in enumerate(args) if k not in static)),
                 lambda *args: _pullback(f, static, args))

    def function(*args: Any, **kwargs: Any) -> Any:
        values = f.bind(*args, **kwargs)
        for k in static:
            if isinstance(values[k], jax.core.Tracer):
                raise error("E0607", f"{f.__name__}: `{f.entry.params[k][0]}` is a size, and JAX does not know it here",
                            help=["mark it as static: jax.jit(f, static_argnums=…)"])
        return plain(*values)

    function.__name__, function.__doc__ = f.__name__, f.__doc__
    function.__wrapped__ = f                               # type: ignore[attr-defined]
    return function


def _call(f: Function, args: tuple[Any, ...]) -> Any:
    """The value, by a call out of the program that JAX makes."""
    types = [t for _, t in f.entry.params]
    wanted = [jax.ShapeDtypeStruct(shape, canonicalize_dtype(dtype)) for shape, dtype in shapes(f, args)]
    fixed = {k: a for k, a in enumerate(args) if isinstance(a, (int, bool)) and f.entry.params[k][0] in f.entry.sizes}
    moving = [a for k, a in enumerate(args) if k not in fixed]

    def outside(*flat: Any) -> tuple[Any, ...]:
        parts = iter(flat)
        values = [fixed[k] if k in fixed else _value(t, parts) for k, t in enumerate(types)]
        found = leaves(f.entry.result, f(*values))
        return tuple(np.asarray(v, w.dtype) for v, w in zip(found, wanted, strict=True))

    flat = [leaf for k, a in zip((k for k in range(len(args)) if k not in fixed), moving, strict=True)
            for leaf in leaves(types[k], a)]
    results = jax.pure_callback(outside, tuple(wanted), *flat, vmap_method="sequential")
    return rebuilt(f.entry.result, iter(results))


def _value(t: Any, parts: Any) -> Any:
    """An argument of the function from leaves that are arrays of NumPy or JAX."""
    return rebuilt(t, iter([_leaf(kind, next(parts)) for kind in leaf_types(t)]))


def _leaf(kind: Leaf, value: Any) -> Any:
    dims, base = kind
    a = np.asarray(value, dtype_of(base))
    return a if dims else a.item()


def _pullback(f: Function, static: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Cotangents of the arguments that move; those of whole numbers are of JAX's type for none."""
    *fixed, residual, cotangent = args
    values: list[Any] = list(residual)
    for k, value in zip(static, fixed, strict=True):
        values.insert(k, value)
    params = f.entry.params
    numbers = [k for k, (_, t) in enumerate(params) if differentiable(t)]
    back = jax_function(vjp(f, numbers)) if numbers else None
    found = back(*values, _cotangent(f, cotangent))[1] if back is not None else ()
    by_position = dict(zip(numbers, found, strict=True))
    return tuple(_full(params[k][1], by_position.get(k), values[k]) for k in range(len(params)) if k not in static)


def _cotangent(f: Function, value: Any) -> Any:
    return tangent(f.entry.result, value)


def _full(t: Any, found: Any, value: Any) -> Any:
    """A cotangent in the structure of the argument itself."""
    parts = list(leaves(t, value))
    if found is None:
        return jax.tree_util.tree_map(lambda v: np.zeros(np.shape(v), float0), value)
    floats = iter([v for (_, base), v in zip(leaf_types(t), _tangent_leaves(t, found), strict=True)])
    full = [v if base.name in ("f64", "f32") else np.zeros(np.shape(p), float0)
            for (_, base), p, v in zip(leaf_types(t), parts, floats, strict=True)]
    return _like(t, iter(full), value)


def _tangent_leaves(t: Any, found: Any) -> list[Any]:
    """The leaves of a tangent, () where there is none."""
    return list(leaves(t, found))


def _like(t: Any, parts: Any, value: Any) -> Any:
    """In the classes in which the argument came."""
    made = rebuilt(t, parts)
    flat, structure = jax.tree_util.tree_flatten(value)
    ours, _ = jax.tree_util.tree_flatten(made)
    return jax.tree_util.tree_unflatten(structure, ours) if len(flat) == len(ours) else made
