"""Recursive definitions as loops over the nodes of a tree.

    f t  =  table[root]     where   down   marks the nodes that f is called on, and stores what is passed to each
                                    up     table[i] := body at node i, a call on a child being table[child]

Children stand before their parents, so one pass from the root down and one up meet every node once, whatever the shape
of the tree. Nodes that are not called are not computed. The results of all children that a node may call are read
before its body, so that a derivative stores these and not the table.

A definition that makes a tree makes a node for each node: its table is the array of nodes of the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from catad.core import term as c
from catad.core.recursion import Calls, Steps, spine
from catad.elaborate import trees
from catad.elaborate.scope import Scope, Value, close_alike
from catad.elaborate.visits import Visits, is_tree
from catad.net.net import Carry, IfOp, Loop, Wire
from catad.net.zero import zero
from catad.types.type import BOOL, I64, Array, Data, Type, flatten

if TYPE_CHECKING:
    from catad.elaborate.elaborate import Body, Env

__all__ = ["Fold"]


class Fold:
    """One recursive definition at some types; `results` are what its calls give, where its body is elaborated."""

    def __init__(self, body: Body, d: c.Definition) -> None:
        assert d.recursion is not None
        self.body, self.d = body, d
        self.calls = Calls(d)
        self.visits = Visits.of(self.calls)
        tree = body.type(d.params[d.recursion.tree][1])
        assert isinstance(tree, Data)
        self.tree, self.name = tree, d.params[d.recursion.tree][0]
        self.size = tree.nodes.size
        result = body.type(d.body.type)
        self.made = result if isinstance(result, Data) and is_tree(d.body.type) else None
        self.leaves = list(flatten(result if self.made is None else self.made.node))
        self.types = [body.type(t) for t in self.visits.types]
        self.results: dict[Steps, Value] = {}

    def result(self, s: Scope, env: Env) -> tuple[Wire, ...]:
        """The result of the definition, from its parameters in `env`."""
        whole = env[self.name]
        stored = self._down(s, env, whole)
        table = self._up(s, env, whole, stored)
        (root, *_) = s.use(whole)
        if self.made is not None:
            return root, *table
        return tuple(s.b.prim("index", w, root, span=self.d.span) for w in table)

    # ── from the root down

    def _down(self, s: Scope, env: Env, whole: Value) -> Value:
        """Is a node called, and with what: an array for each leaf of the arguments that change."""
        root = s.use(whole)[0]
        first = [s.b.const(True, BOOL), *(w for k in self.visits.inherited for w in self._passed(s, env, k))]
        inits = [s.b.prim("update", zero(s.b, Array(self.size, s.b.type(w))), root, w) for w in first]
        inner = Scope(s)
        (i,) = inner.bound([I64])
        carried = inner.bound([s.b.type(w) for w in inits])
        marked = inner.b.prim("index", carried[0], i)
        local = self._at(inner, env, whole, i, Value(inner, carried))
        width = 1 + sum(len(list(flatten(t))) for t in self.types)
        said = self._if(inner, marked, [t for _ in self.visits.children for t in self._slot()],
                        lambda then: self.body.term(self.visits.term, then, local))
        state = list(carried)
        for k, steps in enumerate(self.visits.children):
            child = self._index(inner, whole, i, steps)
            called, *values = said[k * width:(k + 1) * width]
            before = [inner.b.prim("index", w, child) for w in state]
            after = [inner.b.prim("select", called, v, b) if not isinstance(inner.b.type(b), Array) else
                     self._choose(inner, called, v, b) for v, b in zip([called, *values], before, strict=True)]
            state = [inner.b.prim("update", w, child, v) for w, v in zip(state, after, strict=True)]
        net = inner.close(state)
        op = Loop(self.size, tuple(Carry("state") for _ in inits), True)
        return Value(s, s.b.box(op, [*inner.captured, *inits], net.target, [net], self.d.span))

    def _passed(self, s: Scope, env: Env, k: int) -> Sequence[Wire]:
        """The wires of an argument that changes; of a tree, its root."""
        x, t = self.d.params[k]
        wires = s.use(env[x])
        return wires[:1] if is_tree(t) else wires

    def _slot(self) -> list[Type]:
        return [BOOL, *(w for t in self.types for w in flatten(t))]

    def _choose(self, s: Scope, cond: Wire, a: Wire, b: Wire) -> Wire:
        here, there = Scope(s), Scope(s)
        outs = [here.use(Value(s, (a,))), there.use(Value(s, (b,)))]
        captured, nets = close_alike([here, there], outs)
        return s.b.box(IfOp(), [cond, *captured], [s.b.type(a)], nets)[0]

    def _index(self, s: Scope, whole: Value, i: Wire, steps: Steps) -> Wire:
        """The index of a child, grandchild, …: some node where the constructor is another."""
        wires = s.use(whole)
        for constructor, child in steps:
            i = s.b.prim("index", wires[1 + trees.child_leaf(self.tree, constructor, child)], i)
        return i

    # ── from the leaves up

    def _up(self, s: Scope, env: Env, whole: Value, stored: Value) -> tuple[Wire, ...]:
        """The results of all nodes that are called; zero for the others."""
        inits = [zero(s.b, Array(self.size, t)) for t in self.leaves]
        inner = Scope(s)
        (i,) = inner.bound([I64])
        carried = inner.bound([s.b.type(w) for w in inits])
        local = self._at(inner, env, whole, i, stored)
        marked = inner.b.prim("index", inner.use(stored)[0], i)
        for steps in self.visits.children:
            child = self._index(inner, whole, i, steps)
            values = (child,) if self.made is not None else tuple(inner.b.prim("index", w, child) for w in carried)
            self.results[steps] = Value(inner, values)
        self.table = Value(inner, carried)
        out = self._if(inner, marked, self.leaves, lambda then: self._value(then, local))
        state = [inner.b.prim("update", w, i, v) for w, v in zip(carried, out, strict=True)]
        net = inner.close(state)
        op = Loop(self.size, tuple(Carry("state") for _ in inits))
        return s.b.box(op, [*inner.captured, *inits], net.target, [net], self.d.span)

    def _value(self, s: Scope, env: Env) -> tuple[Wire, ...]:
        if self.made is None:
            return self.body.term(self.d.body, s, env)
        return self.node(self.d.body, s, env)

    def _at(self, s: Scope, env: Env, whole: Value, i: Wire, stored: Value) -> Env:
        """The parameters at node i: what changes is read from where it was stored."""
        local = {**env, self.name: Value(s, (i, *s.use(whole)[1:]))}
        arrays = iter(s.use(stored)[1:])
        for k, t in zip(self.visits.inherited, self.types, strict=True):
            x = self.d.params[k][0]
            values = [s.b.prim("index", next(arrays), i) for _ in flatten(t)]
            rest = s.use(env[x])[1:] if is_tree(self.d.params[k][1]) else ()
            local[x] = Value(s, (*values, *rest))
        return local

    def _if(self, s: Scope, cond: Wire, types: Sequence[Type], then: object) -> tuple[Wire, ...]:
        """What `then` gives in a scope of its own, or zeros."""
        assert callable(then)
        here, there = Scope(s), Scope(s)
        outs = [then(here), tuple(zero(there.b, t) for t in types)]
        captured, nets = close_alike([here, there], outs)
        return s.b.box(IfOp(), [cond, *captured], list(types), nets, self.d.span)

    # ── calls

    def call(self, args: Sequence[c.Term], s: Scope) -> tuple[Wire, ...]:
        """The result of a call, read before."""
        part = self.calls.part(args[self.recursion.tree])
        assert part is not None
        return s.use(self.results[part.steps])

    @property
    def recursion(self) -> c.Recursion:
        assert self.d.recursion is not None
        return self.d.recursion

    # ── trees that are made

    def node(self, e: c.Term, s: Scope, env: Env) -> tuple[Wire, ...]:
        """The node that a result is: a constructor over indices, or what the call of a child made."""
        while True:
            match e:
                case c.Let(name=x, bound=bound, body=rest):
                    env[x] = Value(s, self.body.term(bound, s, env))
                    e = rest
                case c.Pad(item=item) | c.Guard(item=item):
                    e = item
                case _:
                    break
        fn, args = spine(e)
        if isinstance(fn, c.Global) and fn.name == self.d.name:
            (child,) = self.call(args, s)
            return tuple(s.b.prim("index", w, child) for w in s.use(self.table))
        if isinstance(e, c.Inject):
            return self._constructor(e, s, env)
        return self.body.branches(e, s, env, self.node, self.leaves)

    def _constructor(self, e: c.Inject, s: Scope, env: Env) -> tuple[Wire, ...]:
        assert self.made is not None
        start, stop = trees.payload_range(self.made, e.index)
        given = iter([] if e.item is None else self._held(e.item, s, env))
        leaves = trees.child_leaves(self.made)
        return (s.b.const(e.index, I64, e.span),
                *(next(given) if start <= k < stop else zero(s.b, leaf) for k, (leaf, _) in enumerate(leaves) if k))

    def _held(self, e: c.Term, s: Scope, env: Env) -> list[Wire]:
        """The leaves of a payload, children as indices."""
        while isinstance(e, (c.Guard, c.Pad)):
            e = e.item
        fn, args = spine(e)
        if isinstance(fn, c.Global) and fn.name == self.d.name:
            return list(self.call(args, s))
        if isinstance(e, c.Tuple):
            return [w for item in e.items for w in self._held(item, s, env)]
        return list(self.body.term(e, s, env))
