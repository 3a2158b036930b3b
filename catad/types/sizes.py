"""From expressions to sizes.

An expression that is a polynomial in size variables, i64 parameters and variables bound to such expressions
*is* that size. Any other i64 value gets a size variable of its own, bound where the value is known (`BindSize`);
one polynomial in i64 variables gets one size, so that equal extents are equal sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from catad.core import term as core
from catad.source import Span
from catad.syntax import tree
from catad.types.context import Context, suggest
from catad.types.meta import Meta, Why
from catad.types.scope import Scope, atom
from catad.types.size import Size
from catad.types.type import I64, Type

__all__ = ["annotated", "argument", "bound_size", "extent", "polynomial", "use", "value_of"]


def polynomial(c: Context, e: tree.Expr) -> Size | None:
    """The value of an i64 expression as a polynomial in sizes and atoms, when it is one."""
    match e:
        case tree.Paren(_, item):
            return polynomial(c, item)
        case tree.Num(_, text, False):
            return Size.of(int(text.replace("_", "")))
        case tree.Name(_, name):
            return _name(c, name)
        case tree.Unary(_, "-", item):
            inner = polynomial(c, item)
            return None if inner is None else -inner
        case tree.Binary(_, "+" | "-" | "*" | "/" | "^" as op, left, right):
            a = polynomial(c, left)
            b = polynomial(c, right) if a is not None else None
            return None if a is None or b is None else _combine(op, a, b)
    return None


def _combine(op: str, a: Size, b: Size) -> Size | None:
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
    k = b.constant
    if op == "/" and k and not any(v.startswith("%") for v in a.variables):
        return a / k
    return a ** k if op == "^" and k is not None and 0 <= k <= 16 else None


def _name(c: Context, name: str) -> Size | None:
    local = c.local(name)
    if local is None:
        return c.type_sizes.get(name) or (Size.var(name) if name in c.size_names else None)
    if local.poly is not None:
        return local.poly
    t = c.unifier.prune(local.type)
    return atom(local.name) if t == I64 else None


def use(c: Context, size: Size) -> Size:
    """Note which i64 parameters serve as sizes."""
    for v in size.variables:
        if v in c.size_params and v not in c.used_sizes:
            c.used_sizes.add(v)
            why = Why(c.size_params[v], "this parameter is used as a size")
            c.coerce(core.Var(c.size_types[v], c.size_params[v], v), I64, why)
    return size


def extent(c: Context, e: tree.Expr, text: str = "an extent is a whole number") -> Size:
    """The size meant by `for i < e`."""
    poly = polynomial(c, e)
    if poly is not None and not _atoms(poly):
        if not _divides(e):
            c.i64(e, text)                                   # decides the type of literals
        return use(c, poly)
    term = c.i64(e, text)
    return _known(c, polynomial(c, e), term, True)


def argument(c: Context, e: tree.Expr | None, term: core.Term) -> Size:
    """The size that a call passes for an i64 parameter used as a size; it may not be negative."""
    if e is not None:
        poly = polynomial(c, e)
    elif isinstance(term, core.Var) and term.name in c.atoms:
        local = c.atoms[term.name]
        poly = local.poly if local.poly is not None else atom(local.name)
    else:
        poly = None
    if poly is not None and not _atoms(poly):
        if poly.constant is not None and poly.constant < 0:
            raise c.fail("E0307", "a size is negative", term.span, f"this size is {poly}")
        return use(c, poly)
    return _known(c, poly, term, False)


def bound_size(c: Context, poly: Size | None, term: core.Term) -> Size:
    """The size of a value that is already elaborated; negative counts as 0."""
    if poly is not None and not _atoms(poly):
        return use(c, poly)
    return _known(c, poly, term, True)


def _known(c: Context, poly: Size | None, term: core.Term, clamp: bool) -> Size:
    """The size variable of a value: the one it has already, or a new one."""
    if poly is None:
        return _fresh(c, c.scope, "s", term, clamp)
    use(c, poly)
    for scope in c.scopes:
        for key in ((poly, False), (poly, clamp)):
            if key in scope.sizes:
                return Size.var(scope.sizes[key])
    home = _home(c, poly, term) if clamp else c.scope
    base = poly.variable[1:] if poly.variable is not None and not clamp_name_taken(c, poly.variable[1:]) else "s"
    size = _fresh(c, home, base, term, clamp)
    assert size.variable is not None
    home.sizes[poly, clamp] = size.variable
    return size


def clamp_name_taken(c: Context, name: str) -> bool:
    """Is there a size variable of this name?"""
    return name in c.unifier.bound or name in c.size_names or name in c.size_params


def _fresh(c: Context, home: Scope, base: str, term: core.Term, clamp: bool) -> Size:
    name = base if base != "s" and not clamp_name_taken(c, base) else c.names.fresh("s")
    c.unifier.bound[name] = (home.depth, term.span)
    home.bind_size(name, term, clamp)
    return Size.var(name)


def _home(c: Context, poly: Size, term: core.Term) -> Scope:
    """The innermost scope among those of the variables; the value is known there, and the size visible farthest.

    The term may speak of more variables than the polynomial: in `let j = i + k in for l < j - i -> …` it is k.
    """
    depth = max([1, *(_depth(c, x) for x in _variables(term))])
    for v in poly.variables:
        if v.startswith("%"):
            depth = max(depth, c.atoms[v[1:]].scope.depth)
        elif v in c.unifier.bound:
            depth = max(depth, c.unifier.bound[v][0])
    return next(s for s in c.scopes if s.depth == depth)


def _depth(c: Context, name: str) -> int:
    """How deep a variable is bound."""
    if name in c.atoms:
        return c.atoms[name].scope.depth
    return next((s.depth for s in c.scopes if any(x == name for x, *_ in reversed(s.bindings))), 1)


def _variables(term: core.Term) -> Iterator[str]:
    """The variables of an arithmetic term."""
    pending = [term]
    while pending:
        match pending.pop():
            case core.Var(name=name):
                yield name
            case core.Op(args=args):
                pending += args


def _atoms(poly: Size) -> bool:
    return any(v.startswith("%") for v in poly.variables)


def value_of(c: Context, size: Size, span: Span) -> core.Term:
    """A size as a value."""
    return core.SizeOf(I64, span, use(c, size))


def annotated(c: Context, e: tree.Expr) -> Size:
    """A size written in a type."""
    poly = polynomial(c, e)
    if poly is None:
        raise _not_a_size(c, e)
    k = poly.constant
    if k is not None and k < 0:
        raise c.fail("E0307", "a size is negative", e.span, f"this size is {k}")
    if not _atoms(poly):
        return use(c, poly)
    if not c.scopes:
        raise c.fail("E0306", "this is not a size", e.span, "only a parameter of its own may be a size in a type",
                     help=["write `(n : i64)` as a separate parameter"])
    return _known(c, poly, c.i64(e, "a size is a whole number"), True)


def _not_a_size(c: Context, e: tree.Expr) -> Exception:
    name = _unknown(c, e)
    if name is not None:
        local = c.local(name.name)
        if local is not None:
            return c.fail("E0306", "this is not a size", name.span, f"`{name.name}` is `{c.show(local.type)}`",
                          others=[(local.span, "declared here")], help=["a size is an i64 or is bound in brackets"])
        known = [*c.size_names, *c.size_params, *c.type_sizes]
        if c.expanding and name.name in c.expanding[-1].declaration.params:
            raise _a_type(c, c.expanding[-1].declaration, name)
        home = f"definition: `def f [{name.name}] …`"
        if c.expanding:
            d = c.expanding[-1].declaration
            home = f"type: `type {replace(d, sizes=(*d.sizes, name.name)).head} = …`"
        return c.fail("E0302", f"the size `{name.name}` is not declared", name.span, "unknown size",
                      help=[*suggest(name.name, known), f"bind it in brackets after the name of the {home}"])
    return c.fail("E0306", "this is not a size", e.span, "not a polynomial in sizes",
                  help=["sizes are built from sizes, i64 parameters and integers with + - * ^ and division by "
                        "integers; give other values a name first: `let m = … in`"])


def _a_type(c: Context, d: tree.TypeDecl, name: tree.Name) -> Exception:
    """A parameter of a declaration that stands before the brackets is a type."""
    x, others = name.name, tuple(p for p in d.params if p != name.name)
    return c.fail("E0306", "this is not a size", name.span, f"`{x}` is a type here",
                  others=[(d.name_span, f"`{d.head}` is declared here")],
                  help=[f"if it should be a size: `type {replace(d, params=others, sizes=(*d.sizes, x)).head} = …`"])


def _unknown(c: Context, e: tree.Expr) -> tree.Name | None:
    match e:
        case tree.Name(_, name):
            return e if _name(c, name) is None else None
        case tree.Paren(_, item) | tree.Unary(_, _, item):
            return _unknown(c, item)
        case tree.Binary(_, _, left, right):
            return _unknown(c, left) or _unknown(c, right)
    return None


def of_let(c: Context, e: tree.Expr, t: Type) -> Size | None:
    """What a let-bound variable is as a polynomial, in case it is used as a size."""
    known = c.unifier.prune(t)
    return polynomial(c, e) if known == I64 or isinstance(known, Meta) else None


def _divides(e: tree.Expr) -> bool:
    match e:
        case tree.Paren(_, item) | tree.Unary(_, _, item):
            return _divides(item)
        case tree.Binary(_, op, left, right):
            return op == "/" or _divides(left) or _divides(right)
    return False
