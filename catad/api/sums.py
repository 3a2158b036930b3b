"""Sums at the Python boundary: {"Circle": 1.0} on this side, a tag and all payloads on the other.

    pack_sum : (sum type, {constructor: payload})  →  tag, payloads        those that are not there are zeros
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from catad.api import trees
from catad.api.columns import columns
from catad.api.missing import Missing
from catad.api.trees import spread
from catad.types.size import Size
from catad.types.type import I64, Data, Scalar, dims, flatten, holds_tree, leaf

__all__ = ["chosen", "pack_sum"]

class Packer(trees.Packer, Protocol):
    """What this needs of `values.Packing`."""


def pack_sum(p: Packer, t: Data, value: Any, where: str, sizes: tuple[Size, ...]) -> None:
    """Append the leaves of a value of type `[sizes]t`."""
    if sizes:
        _pack_array(p, t, value, where, sizes)
        return
    k, payload = chosen(p, t, value, where)
    p.flat.append(k)
    for x, item in t.payloads.fields:
        if x == t.cases[k][0]:
            p.add(item, payload, f"{where}.{x}")
            continue
        for w in flatten(item):
            base = leaf(w)
            assert isinstance(base, Scalar)
            p.flat.append(Missing(base, (), dims(w)))


def chosen(p: Packer, t: Data, value: Any, where: Any) -> tuple[int, Any]:
    """The constructor of a value, and its payload."""
    names = [x for x, _ in t.cases]
    if isinstance(value, str):
        value = {value: ()}
    if not isinstance(value, Mapping) or len(value) != 1:
        raise p.fail("E0605", f"`{where}` should be one of {_shown(t)}, such as {_example(t)}; found "
                              f"{reprlib.repr(value)}")
    name, payload = next(iter(value.items()))
    if name not in names:
        raise p.fail("E0608", f"`{where}`: {t} has no constructor `{name}`", help=[f"it has {', '.join(names)}"])
    k = names.index(name)
    if t.cases[k][1] is None and payload not in ((), [], None):
        raise p.fail("E0605", f"`{where}`: `{name}` holds nothing; found {reprlib.repr(payload)}")
    return k, payload


def _shown(t: Data) -> str:
    return ", ".join(x for x, _ in t.cases)


def _example(t: Data) -> str:
    return "{" + ", ".join(f'"{x}": …' if p is not None else f'"{x}": ()' for x, p in t.cases[:1]) + "}"


# ── arrays of sums ─────────────────────────────────────────────────────────────────────────────────────────────

def _pack_array(p: Packer, t: Data, value: Any, where: str, sizes: tuple[Size, ...]) -> None:
    """One array of tags and one array for each leaf of a payload."""
    if not isinstance(value, Mapping) or "tag" not in value:
        _pack_list(p, t, value, where, sizes)
        return
    tag = np.asarray(value["tag"])
    if tag.size and (tag.dtype != np.int64 or tag.min() < 0 or tag.max() >= len(t.cases)):
        raise p.fail("E0605", f"`{where}.tag` should be an array of i64 from 0 to {len(t.cases) - 1}, one for each of "
                              f"{_shown(t)}")
    p.add(I64, tag.astype(np.int64), f"{where}.tag", sizes)
    for x, item in t.payloads.fields:
        if x not in value:
            raise p.fail("E0608", f"`{where}` lacks `{x}`", help=["every payload has an array, tag says which counts"])
        p.add(item, value[x], f"{where}.{x}", sizes)


def _pack_list(p: Packer, t: Data, value: Any, where: str, sizes: tuple[Size, ...]) -> None:
    """Nested lists of values."""
    if not isinstance(value, (list, tuple)):
        raise p.fail("E0605", f"`{where}` should be a list of values of {t}, or its arrays {{\"tag\": …}}; "
                              f"found {reprlib.repr(value)}")
    if holds_tree(t):
        raise p.fail("E0605", f"`{where}` cannot be given as a list", help=["pass the arrays: {\"tag\": …}"])
    rows, shape = spread(p, value, where, len(sizes))
    p.flat += [a.reshape(*shape, *a.shape[1:]) for a in columns(p, t, [v for v, _ in rows], [x for _, x in rows])]
    p.bind_dims(sizes, shape, where)
