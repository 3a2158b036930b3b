"""The sizes of one call: dimensions that were found, compared with each other and with the sizes in the types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from catad.api.missing import Missing, padded
from catad.source import CatadError, error
from catad.types.size import Size, is_hidden

__all__ = ["Callee", "Sized"]


class Callee(Protocol):
    """What messages say of the function that is called."""

    __name__: str

    @property
    def signature(self) -> str: ...


class Sized:
    """Flat values, and the dimensions that were met on the way."""

    def __init__(self, function: Callee) -> None:
        self.function = function
        self.flat: list[Any] = []
        self.counted: list[tuple[int, int, Size]] = []                    # leaves of trees: the axis of their nodes
        self.dims: list[tuple[Size, int, str, int, tuple[Size, ...]]] = []  # size, found, where, axis, all dimensions
        self._bound: dict[str, tuple[int, str]] = {}

    def fail(self, code: str, title: str, help: Sequence[str] = ()) -> CatadError:
        return self._error(code, title, help=help)

    def _error(self, code: str, title: str, notes: Sequence[str] = (), help: Sequence[str] = ()) -> CatadError:
        return error(code, f"{self.function.__name__}: {title}",
                     notes=[*notes, f"the function is  {self.function.signature}"], help=[h for h in help if h])

    def bind_dims(self, sizes: tuple[Size, ...], shape: Sequence[int], where: Any) -> None:
        """Dimensions that were found, to be compared with the others."""
        self.dims += [(s, n, str(where), k, sizes) for k, (s, n) in enumerate(zip(sizes, shape, strict=True))]

    def bind(self, size: str, value: int, where: str) -> None:
        """A size that is an i64 parameter."""
        if value < 0:
            raise self._error("E0607", f"`{where}` is a size and cannot be {value}")
        self._bound.setdefault(size, (value, where))

    def check_sizes(self, partly: bool = False) -> None:
        """All dimensions agree with each other and with the sizes in the types.

        `partly`: other arguments may still tell the sizes of payloads that are not there.
        """
        self._count()
        env = self._sizes()
        for k, a in enumerate(self.flat):
            if type(a) is Missing and (not partly or all(x in env for s in a.sizes for x in s.variables)):
                self.flat[k] = a.zeros(env, self.fail)
        for size, found, where, axis, dims in self.dims:
            if all(x in env for x in size.variables) and _value(size, env) != found:
                raise self._size_error(size, found, where, axis, dims, env)

    def _sizes(self) -> dict[str, int]:
        """What the dimensions say of the size variables: those that stand alone, then those that can be solved for."""
        rest = []
        for size, found, where, axis, _ in self.dims:
            if size.variable is not None:
                self._bound.setdefault(size.variable, (found, f"{where}, dimension {axis + 1}"))
            elif size.constant is None:
                rest.append((size, found, f"{where}, dimension {axis + 1}"))
        env = {x: n for x, (n, _) in self._bound.items()}
        for size, found, where in rest:
            for x, n in size.solved(found, env):
                self._bound[x] = (n, where)
                env[x] = n
        return env

    def _count(self) -> None:
        """Trees of one size get as many nodes as the largest of them."""
        for position, axis, size in self.counted:
            found = self.flat[position].shape[axis]
            if size.variable is not None and found >= self._bound.get(size.variable, (0, ""))[0]:
                self._bound[size.variable] = (found, "a tree")
        absent = [a for a in self.flat if type(a) is Missing]
        for x in {x for a in absent for s in a.sizes for x in s.variables if is_hidden(x)}:
            self._bound.setdefault(x, (0, "no tree"))
        env = {x: n for x, (n, _) in self._bound.items()}
        for position, axis, size in self.counted:
            a = self.flat[position]
            if all(x in env for x in size.variables) and a.shape[axis] < size.evaluate(env):
                self.flat[position] = padded(a, axis, size.evaluate(env))

    def _size_error(self, size: Size, found: int, where: str, axis: int, dims: tuple[Size, ...],
                    env: Mapping[str, int]) -> CatadError:
        shown = ", ".join(map(str, dims))
        notes = [f"{x} = {env[x]} from `{self._bound[x][1]}`" for x in size.variables]
        which = "" if len(dims) == 1 else f" in dimension {axis + 1}"
        wanted = str(size) if size.constant is not None else f"{size} = {size.evaluate(env)}"
        return self._error("E0607", f"`{where}` should have shape [{shown}]: expected {wanted}{which}, found {found}",
                           notes=notes)


def _value(size: Size, env: Mapping[str, int]) -> int:
    return env[size.variable] if size.variable is not None else size.evaluate(env)
