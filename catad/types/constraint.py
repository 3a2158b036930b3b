"""What a type variable may stand for: a set of kinds of type, as bits. Two demands meet in their intersection.

    num = {f64, f32, i64}     float = {f64, f32}     vector = float and everything built from vectors

A set that has STRUCT is closed: a tuple, record or array belongs to it when all its components do.
"""

from __future__ import annotations

from catad.types.type import BOOL, F32, F64, I64, Scalar

__all__ = [
    "ADDABLE", "ANY", "DATA", "FLOAT", "FUN", "NUM", "SCALAR", "STRUCT", "SUM", "VECTOR", "bit", "default", "describe",
]

_BITS = {F64: 1, F32: 2, I64: 4, BOOL: 8}
STRUCT, FUN, SUM = 16, 32, 64

FLOAT = 1 | 2
NUM = FLOAT | 4
SCALAR = NUM | 8
VECTOR = FLOAT | STRUCT              # closed under add and scale; its own tangent type
ADDABLE = NUM | STRUCT               # what `accumulate` may add
DATA = SCALAR | STRUCT | SUM             # whatever holds no function
ANY = DATA | FUN

_NAMES = {
    FLOAT: "a float (f64 or f32)", NUM: "a number (f64, f32 or i64)", SCALAR: "a scalar (a number or a bool)",
    VECTOR: "a vector (floats, and tuples and arrays of vectors)", DATA: "a value without functions in it",
    ADDABLE: "something that can be added (numbers, and tuples and arrays of them)", ANY: "anything",
}


def bit(t: Scalar) -> int:
    return _BITS[t]


def describe(bits: int) -> str:
    """The set in words, for an error message."""
    if bits in _NAMES:
        return _NAMES[bits]
    scalars = " or ".join(str(t) for t, b in _BITS.items() if bits & b)
    return scalars or "nothing"


def default(bits: int) -> Scalar | None:
    """The type taken when nothing else decides: i64 for whole numbers, f64 for floats, none when unconstrained."""
    if bits in (ANY, DATA):
        return None
    for t in (I64, F64, F32, BOOL):
        if bits & _BITS[t] and not (t is I64 and bits == ADDABLE):
            return t
    return None
