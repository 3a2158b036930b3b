"""Sums at the Python boundary: {"Circle": 1.0} on this side, a tag and all payloads on the other.

    pack_sum : (sum type, {constructor: payload})  →  tag, payloads        those that are not there are zeros
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from catad.source import CatadError
from catad.types.size import Size
from catad.types.type import BOOL, F32, F64, I64, Array, Data, Scalar, Type, dims, flatten, leaf

__all__ = ["chosen", "pack_sum", "zeros"]

_DTYPES = {F64: np.float64, F32: np.float32, I64: np.int64, BOOL: np.bool_}


class Packer(Protocol):
    """What this needs of `values.Packing`."""

    flat: list[Any]
    absent: list[tuple[int, Scalar, tuple[Size, ...]]]

    def add(self, t: Type, value: Any, where: Any, dims: tuple[Size, ...] = ()) -> None: ...
    def fail(self, code: str, title: str, help: Sequence[str] = ()) -> CatadError: ...


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
            p.absent.append((len(p.flat), base, dims(w)))
            p.flat.append(None)


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
    columns = value if isinstance(value, Mapping) and "tag" in value else _columns(p, t, value, where, len(sizes))
    tag = np.asarray(columns["tag"])
    if tag.size and (tag.dtype != np.int64 or tag.min() < 0 or tag.max() >= len(t.cases)):
        raise p.fail("E0605", f"`{where}.tag` should be an array of i64 from 0 to {len(t.cases) - 1}, one for each of "
                              f"{_shown(t)}")
    p.add(I64, tag.astype(np.int64), f"{where}.tag", sizes)
    for x, item in t.payloads.fields:
        if x not in columns:
            raise p.fail("E0608", f"`{where}` lacks `{x}`", help=["every payload has an array, tag says which counts"])
        p.add(item, columns[x], f"{where}.{x}", sizes)


def _columns(p: Packer, t: Data, value: Any, where: str, depth: int) -> dict[str, Any]:
    """Nested lists of values as arrays."""
    if not isinstance(value, (list, tuple)):
        raise p.fail("E0605", f"`{where}` should be a list of values of {t}, or its arrays {{\"tag\": …}}; "
                              f"found {reprlib.repr(value)}")
    shape: list[int] = []
    flat: list[Any] = [value]
    for _ in range(depth):
        counts = {len(v) for v in flat if isinstance(v, (list, tuple))}
        if len(counts) > 1 or any(not isinstance(v, (list, tuple)) for v in flat):
            raise p.fail("E0607", f"`{where}` should be lists of equal length, {depth} deep")
        shape.append(counts.pop() if counts else 0)
        flat = [x for v in flat for x in v]
    found = [chosen(p, t, v, f"{where}[{i}]") for i, v in enumerate(flat)]
    out: dict[str, Any] = {"tag": np.array([k for k, _ in found], np.int64).reshape(shape)}
    for x, item in t.payloads.fields:
        rows = [payload if t.cases[k][0] == x else None for k, payload in found]
        out[x] = _column(p, item, rows, f"{where}.{x}", shape)
    return out


def _column(p: Packer, t: Type, rows: list[Any], where: str, shape: Sequence[int]) -> Any:
    """The payloads of one constructor; None where there is none."""
    if isinstance(t, Scalar):
        values = [0 if v is None else v for v in rows]
        kind = bool if t == BOOL else (int, np.integer) if t == I64 else (float, int, np.floating, np.integer)
        if any(not isinstance(v, kind) for v in values if v != 0):
            raise p.fail("E0605", f"`{where}` should hold values of {t}")
        return np.array(values, _DTYPES[t]).reshape(shape)
    if isinstance(t, Array) and isinstance(leaf(t), Scalar) and all(s.constant is not None for s in dims(t)):
        inner = tuple(s.constant or 0 for s in dims(t))
        base = leaf(t)
        assert isinstance(base, Scalar)
        zero: Any = np.zeros(inner, _DTYPES[base])
        return np.array([zero if v is None else np.asarray(v) for v in rows], _DTYPES[base]).reshape((*shape, *inner))
    parts = _parts(t)
    if parts is None:
        raise p.fail("E0605", f"`{where}` cannot be given as a list", help=["pass the arrays: {\"tag\": …}"])
    columns = {x: _column(p, f, [None if v is None else v[x] for v in rows], f"{where}.{x}", shape)
               for x, f in parts}
    return columns if isinstance(parts[0][0], str) else tuple(columns.values())


def _parts(t: Type) -> list[tuple[Any, Type]] | None:
    from catad.types.type import Prod, Record
    if isinstance(t, Record):
        return list(t.fields)
    return list(enumerate(t.items)) if isinstance(t, Prod) and t.items else None




def zeros(t: Scalar, sizes: tuple[Size, ...], env: Mapping[str, int],
          fail: Callable[[str, str], CatadError]) -> Any:
    """A leaf of a payload that is not there."""
    for s in sizes:
        if any(x not in env for x in s.variables):
            raise fail("E0607", f"the size {s} of a payload that is not there is known from no other argument")
    shape = [s.evaluate(env) for s in sizes]
    if shape:
        return np.zeros(shape, _DTYPES[t])
    return {F64: 0.0, F32: 0.0, I64: 0, BOOL: False}[t]


