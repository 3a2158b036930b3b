"""Values at the Python boundary: structured on this side, flat on the other.

    pack   : (type, Python value)  →  flat values        one per leaf of `types.type.flatten`, in that order
    unpack : (type, flat values)   →  Python value       unpack(t, pack(t, v)) = v, up to list → array

| type            | taken                                             | given back                                  |
|-----------------|---------------------------------------------------|---------------------------------------------|
| f64, f32        | float, int, NumPy scalar of that dtype            | float                                       |
| i64             | int, NumPy integer                                | int                                         |
| bool            | bool, NumPy bool                                  | bool                                        |
| (a, b)          | tuple or list of that length                      | tuple                                       |
| {x : a}         | dict, dataclass, NamedTuple with those fields     | dict, or the class an argument came in      |
| [n]a            | array of exactly that dtype, or nested lists      | array                                       |
| [n](a, b)       | a tuple of arrays, one for each leaf              | likewise                                    |
| a sum           | {"Circle": 1.0}; {"Dot": ()} or "Dot"             | {"Circle": 1.0}, {"Dot": ()}                |
| arrays of sums  | nested lists of such values, or {"tag": array of  | {"tag": …, "Circle": …}                     |
|                 | positions, "Circle": array of payloads, …}        |                                             |

Of any type also what `f.convert` made (`stored.py`). Nothing is promoted, broadcast or truncated: what does not fit is
a diagnostic that says what was expected. Arrays that are not C-contiguous are copied; others are passed as they are.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from catad.api.extents import Callee, Sized
from catad.api.stored import Stored, put
from catad.api.sums import chosen, pack_sum
from catad.api.tree_tangents import Shapes, pack_tangent, unpack_tangent
from catad.api.trees import pack_tree, unpack_tree
from catad.api.words import DTYPES, NAMES, bool_help, convert_help, count, describe, listed, shape_of
from catad.source import CatadError
from catad.types.size import Size
from catad.types.type import (
    BOOL,
    F32,
    F64,
    I64,
    Array,
    Child,
    Data,
    Prod,
    Record,
    Scalar,
    Tangent,
    Type,
    array,
    flatten,
)

__all__ = ["Packing", "callable_type", "dtype_of", "simple", "unpack"]

Flat = Any          # float | int | bool | np.ndarray, as docs/internals.md says

def dtype_of(t: Scalar) -> np.dtype[Any]:
    """The NumPy dtype of arrays with this leaf."""
    return DTYPES[t]


def callable_type(t: Type) -> bool:
    """Can values of this type cross the boundary? (No functions, series or type variables.)"""
    match t:
        case Scalar():
            return True
        case Prod(items):
            return all(map(callable_type, items))
        case Record(fields):
            return all(callable_type(f) for _, f in fields)
        case Array(_, item):
            return callable_type(item)
        case Data():
            return callable_type(t.payloads)
        case Child() | Tangent(Data()):
            return True
    return False


def simple(t: Type) -> bool:
    """Is a value of this type one flat value (a scalar or an array of scalars)?"""
    while isinstance(t, Array):
        t = t.item
    return isinstance(t, Scalar)


class Packing(Sized):
    """One call: the flat values so far, the sizes met on the way, and the classes records came in."""

    def __init__(self, function: Callee) -> None:
        super().__init__(function)
        self.classes: dict[tuple[str, ...], type] = {}
        self.trees: list[tuple[Data, int]] = []                           # the trees, and where their leaves begin

    # ── values ─────────────────────────────────────────────────────────────────────────────────────────────────

    def add(self, t: Type, value: Any, where: Any, dims: tuple[Size, ...] = ()) -> None:
        """Append the leaves of `value`, which is to be of type `[dims]t`; `where` names it in messages."""
        if type(value) is Stored:
            put(self, t, value, where, dims)
            return
        match t:
            case Prod(items):
                for k, (item, v) in enumerate(zip(items, self.items(t, value, where), strict=True)):
                    self.add(item, v, f"{where}.{k}", dims)
            case Record(fields):
                values = self.fields(t, value, where)
                for x, item in fields:
                    self.add(item, values[x], f"{where}.{x}", dims)
            case Array(size, item):
                self._gathered(t, item, value, where)
                self.add(item, value, where, (*dims, size))
            case Data(size=None):
                pack_sum(self, t, value, where, dims)
            case Data():
                self.trees.append((t, len(self.flat)))
                pack_tree(self, t, value, where, dims)
            case Tangent(Data()):
                pack_tangent(self, t, value, where, dims)
            case Scalar() if dims:
                a = self.array(t, value, where, dims)
                self.flat.append(a)
                self.bind_dims(dims, a.shape, where)
            case Scalar():
                self.flat.append(self.scalar(t, value, where))
            case _:
                raise self._error("E0603", f"`{where}` has type {t}, which cannot cross into Python")

    def apart(self, t: Type, value: Any, where: Any) -> list[Flat]:
        """The leaves of a value that becomes a part of one of this call."""
        inner = type(self)(self.function)
        inner.add(t, value, where)
        self.dims += inner.dims
        return inner.flat

    # ── products ───────────────────────────────────────────────────────────────────────────────────────────────

    def opened(self, value: Any) -> Any:
        """A value that becomes a part of another, as it was before it was converted."""
        return unpack(value.of, iter(value.flat), value.classes) if type(value) is Stored else value

    def items(self, t: Prod, value: Any, where: Any) -> Sequence[Any]:
        value = self.opened(value)
        if not t.items and value is None:
            return ()
        if isinstance(value, (tuple, list)):
            if len(value) == len(t.items):
                return value
            raise self._error("E0605", f"`{where}` should be a tuple of {len(t.items)} values, {t}; "
                                       f"found {len(value)}")
        raise self._error("E0605", f"`{where}` should be a tuple, {t}; found {describe(value)}")

    def _gathered(self, t: Array, item: Type, value: Any, where: Any) -> None:
        """An array of products comes as a product of arrays; say so to who gives a list of products."""
        kind = tuple if isinstance(item, Prod) else Mapping if isinstance(item, Record) else None
        if kind is not None and isinstance(value, list) and value and isinstance(value[0], kind):
            one = "tuple" if kind is tuple else "record"
            raise self._error("E0605", f"`{where}`, of type {t}, is given as one {one} of arrays; "
                                       f"found a list of {one}s",
                              help=["gather each component in an array of its own"])

    def fields(self, t: Record, value: Any, where: Any) -> Mapping[str, Any]:
        names, value = tuple(x for x, _ in t.fields), self.opened(value)
        if isinstance(value, Mapping):
            values = value
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            values = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
            self.classes[names] = type(value)
        elif isinstance(value, tuple) and hasattr(value, "_fields"):
            values = dict(zip(value._fields, value, strict=True))
            self.classes[names] = type(value)
        else:
            raise self._error("E0605", f"`{where}` should be a record (dict, dataclass or NamedTuple), {t}; "
                                       f"found {describe(value)}")
        missing = [x for x in names if x not in values]
        unknown = [x for x in values if x not in names]
        if missing or unknown:
            raise self._field_error(t, where, missing, unknown)
        return values

    def _field_error(self, t: Record, where: Any, missing: list[str], unknown: list[Any]) -> CatadError:
        parts = [f"lacks {listed(missing)}"] if missing else []
        parts += [f"has no field {listed(unknown)}"] if unknown else []
        helps = [f"did you mean `{best}`?" for u in unknown
                 for best in difflib.get_close_matches(str(u), missing, 1)]
        return self._error("E0608", f"`{where}` should be the record {t}: it {' and '.join(parts)}"
                           if missing else f"`{where}`: {t} {' and '.join(parts)}", help=helps)

    # ── leaves ─────────────────────────────────────────────────────────────────────────────────────────────────

    def scalar(self, t: Scalar, value: Any, where: Any) -> float | int | bool:
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        kind = type(value)
        if t == F64 and kind is float:
            return value                                                    # type: ignore[no-any-return]
        if isinstance(value, np.generic):
            return self._numpy_scalar(t, value, where)
        if t == BOOL and kind is bool:
            return bool(value)
        if t == I64 and isinstance(value, int) and kind is not bool:
            if -2**63 <= value < 2**63:
                return int(value)
            raise self._error("E0605", f"`{where}` should be an i64; {value} does not fit")
        if t in (F64, F32) and isinstance(value, (int, float)) and kind is not bool:
            return self._float(t, value, where)
        raise self._error("E0605", f"`{where}` should be of type {t}; found {describe(value)}",
                          help=bool_help(t, value))

    def _float(self, t: Scalar, value: float, where: Any) -> float:
        try:
            x = float(value)
        except OverflowError:
            raise self._error("E0605", f"`{where}` should be an {t}; the integer is too large") from None
        if t == F64:
            return x
        with np.errstate(over="ignore"):
            return float(np.float32(x))

    def _numpy_scalar(self, t: Scalar, value: np.generic, where: Any) -> float | int | bool:
        if value.dtype == DTYPES[t]:
            return value.item()                                             # type: ignore[no-any-return]
        if t == I64 and isinstance(value, np.integer) and -2**63 <= int(value) < 2**63:
            return int(value)
        raise self._error("E0606", f"`{where}` should be of type {t}; found a NumPy {value.dtype} scalar",
                          help=[convert_help(t, value.dtype, f"{_PYTHON[t]}({where})")])

    def array(self, t: Scalar, value: Any, where: Any, dims: tuple[Size, ...]) -> np.ndarray[Any, Any]:
        wanted = DTYPES[t]
        a = value if type(value) is np.ndarray else self._to_array(t, value, where, dims)
        if a.dtype != wanted:
            if a.dtype.newbyteorder("=") != wanted:
                raise self._error(
                    "E0606", f"`{where}` should be an array of {t}, {array(dims, t)}; found an array of "
                             f"{NAMES.get(a.dtype, str(a.dtype))}",
                    help=[convert_help(t, a.dtype, f"{where}.astype(np.{wanted.name})")])
            a = a.astype(wanted)
        if a.ndim != len(dims):
            raise self._error("E0607", f"`{where}` should have shape [{', '.join(map(str, dims))}], "
                                       f"{count(len(dims), 'dimension')}; found shape {shape_of(a.shape)}")
        return a if a.flags.c_contiguous and a.flags.aligned else np.ascontiguousarray(a).copy()

    def _to_array(self, t: Scalar, value: Any, where: Any, dims: tuple[Size, ...]) -> np.ndarray[Any, Any]:
        expected = array(dims, t)
        if isinstance(value, (list, tuple, range)):
            return self._from_list(t, value, where, expected)
        if isinstance(value, np.ma.MaskedArray):
            raise self._error("E0605", f"`{where}` is a masked array; masks have no meaning here",
                              help=["pass `.filled(…)` or `.compressed()`"])
        if hasattr(value, "__array__") and not isinstance(value, np.generic):
            return np.asarray(value)
        if hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
        if hasattr(value, "__buffer__") or isinstance(value, (memoryview,)) or type(value).__module__ == "array":
            return np.asarray(value)
        raise self._error("E0605", f"`{where}` should be an array, {expected}; found {describe(value)}")

    def _from_list(self, t: Scalar, value: Any, where: Any, expected: Type) -> np.ndarray[Any, Any]:
        wanted = DTYPES[t]
        if t != BOOL and any(isinstance(x, (bool, np.bool_)) for x in _leaves(value)):
            raise self._error("E0605", f"`{where}` should hold numbers, {expected}; found a truth value")
        try:
            a = np.asarray(value)
        except ValueError:
            raise self._error("E0607", f"`{where}` should be an array, {expected}; its rows differ in length") from None
        if a.size == 0 and a.dtype == np.float64:
            return a.astype(wanted)
        if a.dtype == wanted or (t in (F64, F32) and a.dtype in (np.int64, np.float64)):
            with np.errstate(over="ignore"):
                return a.astype(wanted)
        raise self._error("E0605", f"`{where}` should be an array, {expected}; found a list of "
                                   f"{NAMES.get(a.dtype, 'other things')}")

    def shapes(self) -> Shapes:
        """The trees that were given."""
        out = Shapes()
        for t, k in self.trees:
            out.params.setdefault(t, []).append((self.flat[k], self.flat[k + 1:k + len(list(flatten(t)))]))
        return out

    def chosen(self, t: Data, value: Any, where: Any) -> tuple[int, Any]:
        """The constructor of a value, and its payload."""
        return chosen(self, t, self.opened(value), where)


_PYTHON = {F64: "float", F32: "float", I64: "int", BOOL: "bool"}


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for v in value:
            yield from _leaves(v)
    elif not isinstance(value, np.ndarray):
        yield value
    elif value.dtype == np.bool_:
        yield True


def unpack(t: Type, leaves: Iterator[Flat], classes: Mapping[tuple[str, ...], type],
           shapes: Shapes | None = None, raw: bool = False) -> Any:
    """The structured value of type `t` whose leaves come next; `shapes` are the trees that its tangents belong to.

    With `raw` trees are given as their arrays: not all of them need be trees.
    """
    shapes = Shapes() if shapes is None else shapes
    match t:
        case Prod(items):
            return tuple([unpack(i, leaves, classes, shapes, raw) for i in items])
        case Record(fields):
            values = {x: unpack(f, leaves, classes, shapes, raw) for x, f in fields}
            return _rebuild(values, classes.get(tuple(values)))
        case Data(size=size) if size is not None and raw:
            return {"root": next(leaves), **unpack(t.nodes, leaves, {})}
        case Data(size=size) if size is not None:
            root, arrays = next(leaves), [next(leaves) for _ in flatten(t.nodes)]
            shapes.results.setdefault(t, []).append((root, arrays))
            return unpack_tree(t, root, arrays)
        case Tangent(Data()):
            return unpack_tangent(t, [next(leaves) for _ in flatten(t)], shapes)
        case Data():
            tag = next(leaves)
            if isinstance(tag, np.ndarray):
                return {"tag": tag, **unpack(t.payloads, leaves, {}, shapes, True)}
            name, value = t.cases[tag][0], ()
            for x, item in t.payloads.fields:             # only what is there is a value
                own = [next(leaves) for _ in flatten(item)]
                value = unpack(item, iter(own), {}, shapes) if x == name else value
            return {name: value}
        case Array(_, item) if not simple(item):
            return unpack(item, leaves, classes, shapes, raw)  # an array of products: one array for each leaf
    return next(leaves)


def _rebuild(values: dict[str, Any], cls: type | None) -> Any:
    if cls is None:
        return values
    try:
        return cls(**values)
    except TypeError:                                     # a class that is not made from its fields
        return values
