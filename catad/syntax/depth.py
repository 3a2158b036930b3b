"""Nesting is limited, chains are not.

    depth(let p = e in b) = max(1 + depth e, depth b)      depth(a op b) = max(depth a, depth b)
    depth(\\p -> b)       = 1 + depth b                    …

Chains of `let`, `else if`, operators, applications and projections cost nothing; every other way of standing
within something costs one, and 200 is the limit. Later passes rely on that where they recurse.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catad.source import Diagnostic, Label
from catad.syntax import tree as t

__all__ = ["LIMIT", "children", "too_deep"]

LIMIT = 200

# For each class the fields that hold nodes, with what a step into them costs; names, texts and spans are absent.
_STEPS: dict[type[t.Node], tuple[tuple[str, int], ...]] = {
    t.TTangent: (("item", 1),), t.TProd: (("items", 1),), t.TRecord: (("fields", 1),),
    t.TArray: (("sizes", 1), ("item", 1)), t.TFun: (("arg", 1), ("result", 1)), t.TApp: (("args", 1), ("sizes", 1)),
    t.TParen: (("item", 1),),
    t.PTuple: (("items", 1),), t.PRecord: (("fields", 1),), t.PAnn: (("item", 1), ("type", 1)),
    t.PCon: (("item", 1),),
    t.Lambda: (("params", 1), ("body", 1)), t.Apply: (("fn", 0), ("arg", 0)),
    t.Let: (("pattern", 1), ("params", 1), ("result", 1), ("bound", 1), ("body", 0)),
    t.Tuple: (("items", 1),), t.Rec: (("fields", 1),), t.ArrayLit: (("items", 1),),
    t.Proj: (("item", 0),), t.Field: (("item", 0),),
    t.If: (("cond", 1), ("then", 1), ("other", 0)), t.Case: (("item", 1), ("arms", 1)),
    t.Arm: (("pattern", 1), ("body", 0)), t.Assert: (("cond", 1), ("body", 0)), t.Trace: (("item", 1),),
    t.Binder: (("extent", 1),), t.For: (("binders", 1), ("body", 1)),
    t.Loop: (("pattern", 1), ("init", 1), ("binder", 1), ("cond", 1), ("body", 1)),
    t.Accumulate: (("init", 1), ("binders", 1), ("body", 1)),
    t.Range: (("low", 1), ("high", 1)), t.Index: (("item", 0), ("indices", 1)),
    t.Update: (("item", 0), ("indices", 1), ("value", 1)),
    t.Unary: (("item", 0),), t.Binary: (("left", 0), ("right", 0)),
    t.Ascribe: (("item", 1), ("type", 1)), t.Paren: (("item", 1),),
    t.Def: (("params", 1), ("result", 1), ("body", 1)), t.TypeDecl: (("constructors", 1), ("alias", 1)),
    t.Derivative: (("equation", 1),),
}


def _nodes(value: Any) -> Iterator[t.Node]:
    """The nodes in a field: a node, nothing, or a tuple of nodes, or of names with nodes."""
    if isinstance(value, t.Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            if isinstance(item, t.Node):
                yield item
            elif isinstance(item, tuple) and isinstance(item[1], t.Node):
                yield item[1]


def children(node: t.Node) -> Iterator[tuple[t.Node, int]]:
    """The nodes right below one, in the order of the text, each with the nesting it adds."""
    for name, cost in _STEPS.get(type(node), ()):
        for child in _nodes(getattr(node, name)):
            yield child, cost


def too_deep(root: t.Node) -> Diagnostic | None:
    """What to say about the first place that is nested beyond the limit, if there is one."""
    stack: list[tuple[t.Node, int]] = [(root, 0)]
    while stack:
        node, depth = stack.pop()
        if depth > LIMIT:
            return Diagnostic(
                "E0104", f"this is nested more than {LIMIT} levels deep",
                (Label(node.span, "this stands within too many others"),),
                help=("name a part of it with let, or make it a definition of its own",))
        stack.extend((child, depth + cost) for child, cost in reversed(list(children(node))))
    return None
