"""Composing nets as on paper: the operations of a cartesian closed category.

    identity A : A → A         then f g  = f ; g           beside f g = f ⊗ g
    swap A B : A⊗B → B⊗A       copy A : A → A⊗A            discard A : A → 1
    curry f : A → (B -> C)     for f : A⊗B → C             apply : (B -> C)⊗B → C

Laws, as equality of canonical forms: `then` is associative with unit `identity`; `beside` likewise with the empty
net, and a functor in both arguments; `swap` is natural and involutive; `copy` and `discard` form a commutative
comonoid and `discard` is natural. Naturality of `copy` holds up to sharing, beta and eta up to normalisation.
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.net.build import Builder, fresh_sizes
from catad.net.net import Apply, Lambda, Net, Wire
from catad.net.sizes import bound_sizes, free_sizes, type_sizes
from catad.types.type import Fun, Prod, Type, flatten

__all__ = ["apply", "beside", "copy", "curry", "discard", "identity", "permute", "swap", "then", "uncurry"]


def _inputs(b: Builder, types: Sequence[Type]) -> list[Wire]:
    return [b.input(t) for t in types]


def _with_sizes(b: Builder, *nets: Net) -> tuple[Net, ...]:
    """The nets, ready to be spliced into one: the sizes they bind made distinct, their boundary sizes united."""
    b.sizes.extend(dict.fromkeys(x for n in nets for x in n.sizes))
    taken = {x for n in nets for x in (*free_sizes(n), *n.sizes)}
    boundary = [x for n in nets for x in bound_sizes(n) if x in n.sizes]
    if len(set(boundary)) != len(boundary):
        raise TypeError(f"both bind the sizes {', '.join(boundary)}: rename them first")
    out = []
    for n in nets:
        n = fresh_sizes(n, taken)
        taken.update(bound_sizes(n))
        out.append(n)
    return tuple(out)


def _inner(net: Net) -> Net:
    """The net as a part of another one: sizes that its boxes bind at its boundary become its own affair."""
    bound = set(bound_sizes(net))
    if not bound.intersection(net.sizes):
        return net
    if any(bound.intersection(s.variables) for t in net.source for s in type_sizes(t)):
        raise TypeError("an input has a size that another input binds")
    return Net(net.wires, net.boxes, net.inputs, net.outputs, tuple(x for x in net.sizes if x not in bound))


def permute(types: Sequence[Type], order: Sequence[int]) -> Net:
    """Wires only: output k is input order[k]. Inputs may be dropped and repeated."""
    b = Builder()
    ins = _inputs(b, types)
    return b.net(*[ins[k] for k in order])


def identity(types: Sequence[Type]) -> Net:
    """A → A: the wires themselves.

    >>> from catad.net.canonical import equal
    >>> from catad.types.type import F64, I64
    >>> equal(then(swap([F64], [I64]), swap([I64], [F64])), identity([F64, I64]))
    True
    """
    return permute(types, range(len(types)))


def copy(types: Sequence[Type]) -> Net:
    """A → A ⊗ A.

    >>> from catad.net.canonical import equal
    >>> from catad.types.type import F64
    >>> equal(then(copy([F64]), beside(identity([F64]), discard([F64]))), identity([F64]))
    True
    """
    return permute(types, [*range(len(types)), *range(len(types))])


def discard(types: Sequence[Type]) -> Net:
    """A → 1."""
    return permute(types, ())


def swap(left: Sequence[Type], right: Sequence[Type]) -> Net:
    """A ⊗ B → B ⊗ A."""
    k, n = len(left), len(left) + len(right)
    return permute([*left, *right], [*range(k, n), *range(k)])


def then(f: Net, g: Net) -> Net:
    """f ; g. Raises TypeError unless the target of f is the source of g, sizes included."""
    if f.target != g.source:
        raise TypeError(f"no composite: {_show(f.target)} is not {_show(g.source)}")
    b = Builder()
    f, g = _with_sizes(b, f, _inner(g))
    middle = b.splice(f, _inputs(b, f.source))
    return b.net(*b.splice(g, middle))


def beside(f: Net, g: Net) -> Net:
    """f ⊗ g."""
    b = Builder()
    f, g = _with_sizes(b, f, g)
    left, right = _inputs(b, f.source), _inputs(b, g.source)
    return b.net(*b.splice(f, left), *b.splice(g, right))


def curry(f: Net, arity: int, arg: Type | None = None, result: Type | None = None) -> Net:
    """A → (B -> C) for f : A ⊗ B → C, where B are the last `arity` wires.

    `arg` and `result` give the function type its structure; left out, they are a wire or a tuple of wires.
    """
    cut = len(f.inputs) - arity
    if cut < 0:
        raise TypeError(f"no {arity} inputs to abstract from")
    fun = Fun(arg or _product(f.source[cut:]), result or _product(f.target))
    if tuple(flatten(fun.arg)) != f.source[cut:] or tuple(flatten(fun.result)) != f.target:
        raise TypeError(f"{fun} does not have the wires of the net")
    b = Builder()
    f = _inner(f)
    b.sizes.extend(f.sizes)
    inner = Net(f.wires, f.boxes, f.inputs, f.outputs)
    return b.net(*b.box(Lambda(fun), _inputs(b, f.source[:cut]), [fun], [inner]))


def apply(fun: Fun) -> Net:
    """(B -> C) ⊗ B → C."""
    b = Builder()
    ins = _inputs(b, [fun, *flatten(fun.arg)])
    return b.net(*b.box(Apply(), ins, list(flatten(fun.result))))


def uncurry(g: Net) -> Net:
    """A ⊗ B → C for g : A → (B -> C): (g ⊗ id) ; apply."""
    if len(g.target) != 1 or not isinstance(fun := g.target[0], Fun):
        raise TypeError("only a net with one function output can be uncurried")
    return then(beside(g, identity(tuple(flatten(fun.arg)))), apply(fun))


def _product(types: Sequence[Type]) -> Type:
    return types[0] if len(types) == 1 else Prod(tuple(types))


def _show(types: Sequence[Type]) -> str:
    return "(" + ", ".join(map(str, types)) + ")"
