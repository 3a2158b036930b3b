"""A traced value: a number or an array of the program, as Python code sees it.

It answers to operators, indexing, NumPy's functions and a few attributes of arrays; each answer is an operation of the
program. What Python itself would have to know (is it true? how often?) it refuses, with what to write instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from catad.source import CatadError, error
from catad.syntax import tree
from catad.types.type import Array, Type

if TYPE_CHECKING:
    from catad.tracing.trace import Block, Trace

__all__ = ["NoAttribute", "Tracer"]

_CHOOSE = ["choose between values with catad.where(c, a, b), between computations with catad.cond(c, f, g)",
           "repeat while something holds with catad.while_loop(condition, body, start)",
           "truth values are combined with & and |, and negated with ~"]


class NoAttribute(CatadError, AttributeError):
    """So that `hasattr` says no. Outside of the traced function it is any CatadError."""


class Tracer:
    """Made while tracing; never by hand."""

    __slots__ = ("_type", "block", "expr", "trace")
    __array_priority__ = 1000

    def __init__(self, trace: Trace, block: Block, expr: tree.Expr, t: Type) -> None:
        for name, value in (("trace", trace), ("block", block), ("expr", expr), ("_type", t)):
            object.__setattr__(self, name, value)

    @property
    def type(self) -> Type:
        """Its type, as far as it is determined by now."""
        known: Type = self.trace.session.known(self._type)
        return known

    @property
    def span(self) -> Any:
        """Where it was made."""
        return self.expr.span

    def __repr__(self) -> str:
        return f"<traced {self.trace.session.show(self.type)}>"

    # ── what Python would have to know ─────────────────────────────────────────────────────────────────────────

    def _refuse(self, code: str, title: str, help: list[str]) -> CatadError:
        return error(code, title, self.trace.sites.here(), f"this is a traced {self.trace.session.show(self.type)}",
                     help=help)

    def __bool__(self) -> bool:
        raise self._refuse("E0630", "Python cannot decide by a value that is known only when the program runs",
                           _CHOOSE)

    def __contains__(self, x: object) -> bool:
        raise self._refuse("E0630", "`in` asks for a value that is known only when the program runs",
                           ["compare all entries: catad.any(x == v)"])

    def _number(self, what: str, *help: str) -> CatadError:
        return self._refuse("E0631", f"{what} needs a number, and this is known only when the program runs", list(help))

    def __float__(self) -> float:
        raise self._number("float(…)", "functions of the module math are those of NumPy here: np.sin(x), "
                                       "or catad.math.sin(x)", "a whole number becomes a float by catad.f64(n)")

    def __int__(self) -> int:
        raise self._number("int(…)", "a float is cut off to a whole number by catad.i64(x)")

    def __complex__(self) -> complex:
        raise self._number("complex(…)", "there are no complex numbers in the language")

    def __index__(self) -> int:
        raise self._number("an index or range of Python",
                           "loops are catad.array(… for i in catad.range(n)) and catad.loop(n, body, start)",
                           "lists and NumPy arrays are indexed as catad.constant(a)[i]")

    def __hash__(self) -> int:
        raise self._number("a set or a key of a dictionary")

    def __format__(self, spec: str) -> str:
        if spec:
            raise self._number("formatting")
        return repr(self)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._number("an array of NumPy", "arrays of traced values are made by catad.array([a, b])")

    def __len__(self) -> int:
        t = self.type
        if isinstance(t, Array) and t.size.constant is not None:
            return t.size.constant
        if not isinstance(t, Array):
            raise self._refuse("E0631", "this has no length", ["it is no array"])
        raise self._number("len(…)", "x.shape[0] is the size as a value of the program")

    def __iter__(self) -> Iterator[Any]:
        t = self.type
        if not isinstance(t, Array) or t.size.constant is None:
            raise self._number("a loop of Python",
                               "over arrays: catad.array(f(x[i]) for i in catad.range(x.shape[0])), or "
                               "catad.loop(n, body, start)")
        return (self[k] for k in range(t.size.constant))

    # ── nothing changes ────────────────────────────────────────────────────────────────────────────────────────

    def __setitem__(self, key: Any, value: Any) -> None:
        raise self._refuse("E0633", "a traced array cannot be changed", ["make another: x = x.at[i].set(v)"])

    def __setattr__(self, name: str, value: Any) -> None:
        raise self._refuse("E0633", "a traced value has no attributes to set", ["give it a name of its own"])

    def __getattr__(self, name: str) -> Any:
        from catad.tracing.numpy_names import instead, method
        if name.startswith("_"):                           # what protocols ask for
            raise AttributeError(f"a traced value has no attribute {name!r}")
        found = method(self, name)
        if found is None:
            shown = self.trace.session.show(self.type)
            e = self._refuse("E0636", f"a traced {shown} has no attribute `{name}`", instead(name))
            raise NoAttribute(e.diagnostics)
        return found

    # ── indexing and shape ─────────────────────────────────────────────────────────────────────────────────────

    def __getitem__(self, key: Any) -> Any:
        from catad.tracing.indexing import item
        return item(self, key)

    @property
    def at(self) -> Any:
        """`x.at[i].set(v)` is x with another entry, `x.at[i].add(v)` with something added to it."""
        from catad.tracing.indexing import Places
        return Places(self)

    @property
    def shape(self) -> tuple[Any, ...]:
        """The sizes: integers where they are constants, values of the program where not."""
        from catad.tracing.indexing import extents
        return tuple(extents(self))

    @property
    def ndim(self) -> int:
        from catad.tracing.operators import rank
        return rank(self)

    # ── operators ──────────────────────────────────────────────────────────────────────────────────────────────

    def _binary(self, op: str, other: Any, swapped: bool = False) -> Any:
        from catad.tracing.operators import binary
        return binary(self.trace, op, other, self) if swapped else binary(self.trace, op, self, other)

    def _unary(self, op: str) -> Any:
        from catad.tracing.operators import unary
        return unary(self.trace, op, self)

    def __add__(self, other: Any) -> Any: return self._binary("+", other)
    def __radd__(self, other: Any) -> Any: return self._binary("+", other, True)
    def __sub__(self, other: Any) -> Any: return self._binary("-", other)
    def __rsub__(self, other: Any) -> Any: return self._binary("-", other, True)
    def __mul__(self, other: Any) -> Any: return self._binary("*", other)
    def __rmul__(self, other: Any) -> Any: return self._binary("*", other, True)
    def __truediv__(self, other: Any) -> Any: return self._binary("/", other)
    def __rtruediv__(self, other: Any) -> Any: return self._binary("/", other, True)
    def __floordiv__(self, other: Any) -> Any: return self._binary("//", other)
    def __rfloordiv__(self, other: Any) -> Any: return self._binary("//", other, True)
    def __mod__(self, other: Any) -> Any: return self._binary("%", other)
    def __rmod__(self, other: Any) -> Any: return self._binary("%", other, True)
    def __pow__(self, other: Any) -> Any: return self._binary("**", other)
    def __rpow__(self, other: Any) -> Any: return self._binary("**", other, True)
    def __matmul__(self, other: Any) -> Any: return self._binary("@", other)
    def __rmatmul__(self, other: Any) -> Any: return self._binary("@", other, True)
    def __and__(self, other: Any) -> Any: return self._binary("&", other)
    def __rand__(self, other: Any) -> Any: return self._binary("&", other, True)
    def __or__(self, other: Any) -> Any: return self._binary("|", other)
    def __ror__(self, other: Any) -> Any: return self._binary("|", other, True)
    def __xor__(self, other: Any) -> Any: return self._binary("^", other)
    def __rxor__(self, other: Any) -> Any: return self._binary("^", other, True)
    def __lshift__(self, other: Any) -> Any: return self._binary("<<", other)
    def __rlshift__(self, other: Any) -> Any: return self._binary("<<", other, True)
    def __rshift__(self, other: Any) -> Any: return self._binary(">>", other)
    def __rrshift__(self, other: Any) -> Any: return self._binary(">>", other, True)
    def __eq__(self, other: object) -> Any: return self._binary("==", other)
    def __ne__(self, other: object) -> Any: return self._binary("!=", other)
    def __lt__(self, other: Any) -> Any: return self._binary("<", other)
    def __le__(self, other: Any) -> Any: return self._binary("<=", other)
    def __gt__(self, other: Any) -> Any: return self._binary(">", other)
    def __ge__(self, other: Any) -> Any: return self._binary(">=", other)
    def __neg__(self) -> Any: return self._unary("-")
    def __pos__(self) -> Any: return self._unary("+")
    def __invert__(self) -> Any: return self._unary("~")
    def __abs__(self) -> Any: return self._unary("abs")
    def __floor__(self) -> Any: return self._unary("floor")
    def __ceil__(self) -> Any: return self._unary("ceil")
    def __trunc__(self) -> Any: return self._unary("trunc")
    def __round__(self, digits: int = 0) -> Any: return self._unary("round")

    # ── NumPy ──────────────────────────────────────────────────────────────────────────────────────────────────

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        from catad.tracing.numpy_names import ufunc_call
        return ufunc_call(self.trace, ufunc, method, args, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from catad.tracing.numpy_names import function_call
        return function_call(self.trace, function, args, kwargs)
