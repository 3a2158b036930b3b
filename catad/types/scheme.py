"""The type of a definition as others see it: ∀ types, sizes. t, with what each type variable may stand for."""

from __future__ import annotations

from dataclasses import dataclass

from catad.source import Span
from catad.types.meta import Wrong
from catad.types.size import Size, is_hidden
from catad.types.type import Tangent, Type, TypeVar, map_type
from catad.types.unify import Unifier

__all__ = ["Scheme", "instantiate"]


@dataclass(frozen=True, slots=True)
class Scheme:
    """`key` names the definition in the module; `size_params` are the positions of i64 parameters that are sizes.

    `hidden` are sizes of its result that are known only when it runs.
    """

    key: str
    types: tuple[tuple[str, int], ...]
    sizes: tuple[str, ...]
    size_params: tuple[tuple[int, str], ...]
    params: tuple[str, ...]
    type: Type
    span: Span
    hidden: tuple[str, ...] = ()

    @staticmethod
    def wrong(key: str, span: Span) -> Scheme:
        return Scheme(key, (), (), (), (), Wrong(), span)


def instantiate(u: Unifier, scheme: Scheme) -> tuple[dict[str, Type], dict[str, Size], Type]:
    """Fresh unknowns for the variables of a scheme, and its type at them."""
    types: dict[str, Type] = {x: u.meta(bits) for x, bits in scheme.types}
    sizes = {x: u.size(hidden=is_hidden(x)) for x in scheme.sizes}
    return types, sizes, at(scheme.type, types, sizes)


def at(t: Type, types: dict[str, Type], sizes: dict[str, Size]) -> Type:
    """Substitution that may put unknowns under a tangent."""
    if not types and not sizes:
        return t

    def go(u: Type) -> Type | None:
        if isinstance(u, TypeVar):
            return types.get(u.name, u)
        if isinstance(u, Tangent):
            return Tangent(map_type(go, u.item, resize))
        return None

    def resize(s: Size) -> Size:
        return s.subst(sizes)

    return map_type(go, t, resize)
