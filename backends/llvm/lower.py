"""Lowering: a first-order net with its storage plan becomes kernel IR, all boxes together since bubbles nest.

Each box writes instructions into the open block; bubbles open blocks of their own. Results that are arrays get
their *destination* from whoever wants them: the element that a loop collects is written straight into its row,
a returned array straight into the output buffer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from catad.net.net import (
    Assert,
    BindSize,
    Box,
    Call,
    Const,
    Fill,
    Guard,
    IfOp,
    Loop,
    Net,
    Prim,
    SizeValue,
    Trace,
    While,
    Wire,
)
from catad.net.sizes import spoken
from catad.ops import ROWS
from catad.source import Span, error
from catad.types.size import Size
from catad.types.type import F32, F64

from .arrays import ArrayValue, Filled, Value, View, product
from .function import Function, larger
from .kernel import Buffer, Carried, For, If, Instr, Invoke, Literal, Load, Pure, Reg, Region, Shown
from .kernel import While as Repeat
from .primitives import PrimitiveWriter
from .schedule import BoxPlan, NetPlan, Planner
from .scope import Scope, as_reg, same_place

__all__ = ["Lowering"]

_SPECULATE = 12                                           # cost up to which both sides of an `if` are computed
_NONE = BoxPlan()


class Lowering(PrimitiveWriter):
    """The lowering of one entry or function. `functions` gives the functions that it calls, by name."""

    def __init__(self, planner: Planner, strict: bool, functions: Callable[[str], Function]) -> None:
        super().__init__(strict)
        self.planner, self.functions = planner, functions
        self.room = -1

    # ── nets ────────────────────────────────────────────────────────────────────────────────────────────────

    def net(self, net: Net, plan: NetPlan, args: Sequence[Value], sizes: dict[str, Size],
            wanted: Sequence[View | None] = ()) -> list[Value]:
        """Lower the boxes of a net into the open block; array outputs go to the wanted views, where given."""
        scope = Scope(net, plan, sizes)
        scope.env.update(zip(net.inputs, args, strict=True))
        self._aim(scope, wanted)
        for p, b in enumerate(net.boxes):
            self.box(scope, p, b)
        outs: list[Value] = []
        for k, w in enumerate(net.outputs):
            value = scope.env[w]
            view = wanted[k] if k < len(wanted) else None
            if view is not None and not isinstance(value, int) and not same_place(value, view):
                value = self.copy(value, view)
            outs.append(value)
        return outs

    def _aim(self, scope: Scope, wanted: Sequence[View | None]) -> None:
        """Destinations for the roots born here that are outputs as a whole."""
        net, plan = scope.net, scope.plan
        for w, view in zip(net.outputs, wanted, strict=False):
            root = plan.roots.get(w)
            if (view is not None and root is not None and root not in scope.targets and root not in plan.virtual
                    and root not in net.inputs and net.wires[root] == net.wires[w]):
                scope.targets[root] = view

    def box(self, scope: Scope, p: int, b: Box) -> None:
        env = scope.env
        match b.op:
            case Prim(name):
                env[b.targets[0]] = self.prim(scope, p, b, name)
            case Const(value, t):
                env[b.targets[0]] = self.literal(float(value) if t in (F64, F32) else value, t.name)
            case SizeValue(size):
                env[b.targets[0]] = self.size(size.subst(scope.sizes))
            case Fill(sizes):
                entry = as_reg(env[b.sources[0]])
                env[b.targets[0]] = Filled(self.kinds[entry], entry, tuple(s.subst(scope.sizes) for s in sizes))
            case Loop():
                self.loop(scope, p, b, b.op)
            case While():
                self.repeat(scope, p, b)
            case Assert():
                self.demand(scope, b)
            case Trace():
                self.trace(b, [env[s] for s in b.sources])
                env.update(zip(b.targets, [env[s] for s in b.sources], strict=True))
            case IfOp():
                self.branch(scope, p, b)
            case Call():
                self.call(scope, p, b, b.op)
            case Guard(checks):
                self.guard(scope, b, checks)
            case BindSize(name, clamp):
                self.bind(scope, b, name, clamp)
            case _:
                raise error("E0902", f"internal error: {type(b.op).__name__} reached the native backend", b.span,
                            help=("this is a mistake in catad, not in the program; please report it",))

    # ── sizes ───────────────────────────────────────────────────────────────────────────────────────────────

    def guard(self, scope: Scope, b: Box, checks: Sequence[tuple[Size, Size]]) -> None:
        for x, y in checks:
            m, n = self.size(x.subst(scope.sizes)), self.size(y.subst(scope.sizes))
            if m != n:
                what = f"two sizes differ: {spoken(x, '{a}')} and {spoken(y, '{b}')}"
                self.check(self.pure("eq", (m, n)), "E0502", b.span, what, m, n)
        for s, t in zip(b.sources, b.targets, strict=True):
            value = scope.env[s]
            if isinstance(value, View):                  # in bounds because of the check: not read before it
                value = replace(value, born=len(self.frames) - 1)
            scope.env[t] = value if isinstance(value, int) else replace(value, dims=scope.shape(t))

    def demand(self, scope: Scope, b: Box) -> None:
        """A check of a condition; one that was checked around here is not checked again."""
        cond, value = (scope.env[s] for s in b.sources)
        zero = self.literal(0, "i64")
        self.check(as_reg(cond), "E0508", b.span, "assertion failed", zero, zero)
        scope.env[b.targets[0]] = value

    def trace(self, b: Box, values: Sequence[Value]) -> None:
        """A call that shows the values (shown.py)."""
        views = [v if isinstance(v, int) else self.stored(v, b.span) for v in values]
        ports = tuple((self.kinds[v], 0) if isinstance(v, int) else (v.kind, len(v.dims)) for v in views)
        number = self.shown.setdefault(Shown(b.span, ports), len(self.shown))
        arrays = [v for v in views if not isinstance(v, int)]
        self.emit(Invoke(f"catad.shown.{number}", tuple(self.size(d) for v in arrays for d in v.dims),
                         tuple(v for v in views if isinstance(v, int)),
                         tuple((v.buffer, v.offset) for v in arrays), (), -1))

    def bind(self, scope: Scope, b: Box, name: str, clamp: bool) -> None:
        if name in scope.sizes and b.sources[0] in scope.net.inputs:
            return                                       # of the boundary: bound before the net was entered
        r = scope.env[b.sources[0]]
        assert isinstance(r, int)
        p = self.sym.get(r)
        if p is not None and self.atoms.nonneg(p):
            scope.sizes[name] = p
            return
        zero = self.literal(0, "i64")
        upper = self.atoms.upper(p) if p is not None else None
        if clamp:
            if upper is not None and not self.atoms.nonneg(upper):
                upper = None
        else:
            what = f"a size is negative: {spoken(Size.var(name), '{a}')}"
            self.check(self.pure("ge", (r, zero)), "E0506", b.span, what, r, r)
            upper = p
        m = self.pure("max", (r, zero), "i64", pinned=True)      # pinned: what relies on m ≥ 0 stays behind the check
        atom = f"{name}%{m}.{len(self.atom_regs)}"
        self.atom_regs[atom] = m
        guess = self.atoms.estimate(upper) if upper is not None else 16
        scope.sizes[name] = self.sym[m] = self.atoms.add(atom, upper, guess)

    # ── calls ───────────────────────────────────────────────────────────────────────────────────────────────

    def call(self, scope: Scope, p: int, b: Box, op: Call) -> None:
        """A called net is a function of the module, or lowered in place at the sizes it is used at."""
        plan = scope.plan.boxes.get(p, _NONE)
        sizes = {x: s.subst(scope.sizes) for x, s in op.sizes}
        if self.planner.inlining.function(op.name):
            self.invoke(scope, b, self.functions(op.name), plan.ties, sizes)
            return
        callee = self.planner.table.nets[op.name]
        inner = plan.inner[0] if plan.inner else self.planner.plan(callee)
        wanted = self._wanted(scope, b, plan.ties or [None] * len(b.targets))
        outs = self.net(callee, inner, [scope.env[s] for s in b.sources], sizes, wanted)
        for t, v in zip(b.targets, outs, strict=True):
            scope.env[t] = v if isinstance(v, int) else replace(self._fresh(v), dims=scope.shape(t))

    def invoke(self, scope: Scope, b: Box, f: Function, ties: Sequence[int | None], sizes: dict[str, Size]) -> None:
        """What the function writes into is handed over, or copied when it is not ours to give."""
        scalars: list[Reg] = []
        places: list[tuple[int, Reg]] = []
        outs: dict[int, View] = {}
        given = {j: k for k, j in enumerate(f.ties) if j is not None}
        for j, s in enumerate(b.sources):
            v = scope.env[s]
            if isinstance(v, int):
                scalars.append(v)
                continue
            k = given.get(j)
            if k is not None and ties[k] is None:
                v = self.copy(v, self.storage(scope, b.targets[k], b.span, "argument"))
            view = self.stored(v, b.span)
            places.append((view.buffer, view.offset))
            if k is not None:
                outs[k] = view
        for k, t in enumerate(b.targets):
            if k not in outs and scope.shape(t):
                outs[k] = self.storage(scope, t, b.span, "result")
                places.append((outs[k].buffer, outs[k].offset))
        results = {t: self.reg(scope.kind(t)) for k, t in enumerate(b.targets) if k not in outs}
        room = self._room(f.needs.subst(sizes), b.span)
        self.emit(Invoke(f.symbol, tuple(self.size(sizes[x]) for x, _ in f.kernel.size_regs), tuple(scalars),
                         tuple(places), tuple(results.values()), room))
        scope.env.update(results)
        for k, v in outs.items():
            scope.env[b.targets[k]] = replace(self.renew(v), dims=scope.shape(b.targets[k]))

    def _room(self, needs: Size, span: Span | None) -> int:
        """The buffer of a function's workspace: one for all whose need is bounded by sizes of the entry."""
        if not needs.terms:
            return -1
        bound = self.atoms.upper(needs)
        if bound is None:
            return self.allocate("bool", (needs,), span, "workspace of a call").buffer
        if self.room < 0:
            self.room = len(self.buffers)
            self.buffers.append(Buffer("slot", self.room, "bool", Size.of(0), (), "workspace of calls"))
        held = self.buffers[self.room]
        self.buffers[self.room] = replace(held, size=larger(held.size, bound))
        return self.room

    def _wanted(self, scope: Scope, b: Box, ties: Sequence[int | None]) -> list[View | None]:
        """Storage for the array results that do not come back in storage passed in."""
        return [self.storage(scope, t, b.span, "result") if scope.shape(t) and tie is None else None
                for t, tie in zip(b.targets, ties, strict=True)]

    def _fresh(self, v: ArrayValue) -> ArrayValue:
        return self.renew(v) if isinstance(v, View) else v

    # ── branches ────────────────────────────────────────────────────────────────────────────────────────────

    def branch(self, scope: Scope, p: int, b: Box) -> None:
        plan = scope.plan.boxes[p]
        cond = scope.env[b.sources[0]]
        assert isinstance(cond, int)
        args = [scope.env[s] for s in b.sources[1:]]
        wanted = self._wanted(scope, b, plan.ties)
        sides: list[tuple[tuple[Instr, ...], list[Value], dict[object, Reg]]] = []
        for net, inner in zip(b.bubbles, plan.inner, strict=True):
            self.open("branch")
            outs = self.net(net, inner, args, dict(scope.sizes), wanted)
            memo = self.frames[-1].memo
            sides.append((self.close(), outs, memo))
        (then, xs, seen), (other, ys, seen_too) = sides
        both = self._cheap(then) and self._cheap(other)
        if both:
            self._splice(then, seen)
            self._splice(other, seen_too)
        results: list[tuple[Reg, Reg, Reg]] = []
        for t, x, y in zip(b.targets, xs, ys, strict=True):
            if not isinstance(x, int) or not isinstance(y, int):
                assert isinstance(x, View)
                scope.env[t] = replace(self.renew(x), dims=scope.shape(t))
            elif x == y:
                scope.env[t] = x
            elif both:
                scope.env[t] = self.pure("select", (cond, x, y), self.kinds[x])
            else:
                r = self.reg(self.kinds[x])
                results.append((r, x, y))
                scope.env[t] = r
        if not both and (then or other):
            self.emit(If(cond, then, other, tuple(results)))
        elif results:
            raise AssertionError("results of empty branches")

    def _cheap(self, block: tuple[Instr, ...]) -> bool:
        total = 0
        for i in block:
            if isinstance(i, Pure):
                row = ROWS.get(i.op)
                total += row.cost if row is not None else 1
            elif not isinstance(i, Load | Literal):
                return False
            if total > _SPECULATE:
                return False
        return True

    def _splice(self, block: tuple[Instr, ...], memo: Mapping[object, Reg]) -> None:
        """Run the instructions of a closed branch here."""
        here = len(self.frames) - 1
        frame = self.frames[-1]
        for i in block:
            assert isinstance(i, Pure | Load | Literal)
            self.level[i.dst] = here
            frame.instrs.append(i)
        for key, r in memo.items():
            frame.memo.setdefault(key, r)

    # ── loops ───────────────────────────────────────────────────────────────────────────────────────────────

    def loop(self, scope: Scope, p: int, b: Box, op: Loop) -> None:
        plan = scope.plan.boxes[p]
        first = len(b.sources) - len(op.carries)
        size = op.size.subst(scope.sizes)
        carried, ties = b.sources[first:], plan.ties
        places = [self._place(scope, b, j, w, ties[j]) for j, w in enumerate(carried)]
        rows = [self.storage(scope, t, b.span, "collected") for t in b.targets[len(carried):]]
        loop = For(self.loop_ids, 0, self.size(size), size, (), (), op.down,
                   all(c.kind != "state" for c in op.carries),
                   tuple(self._region(v) for v in places if v is not None),
                   self.atoms.estimate(size))
        self.loop_ids += 1
        inits = [scope.env[w] for w in carried]
        self.open("loop", loop.id)
        var = self._variable(size, loop.trips)
        inner: list[Value] = [self.reg(scope.kind(w)) if v is None else self.renew(v)
                              for w, v in zip(carried, places, strict=True)]
        wanted: list[View | None] = [None] * len(carried)
        wanted += [self.sub(r, (var,)) if len(r.dims) > 1 else None for r in rows]
        args = [*(scope.env[s] for s in b.sources[:first]), var, *inner]
        outs = self.net(b.bubbles[0], plan.inner[0], args, dict(scope.sizes), wanted)
        for r, v in zip(rows, outs[len(carried):], strict=True):
            if isinstance(v, int):
                self.write(r, (var,), v)
        self._hand_over([(v, o) for v, o in zip(places, outs, strict=False) if v is not None])
        scalars = [(j, x, o) for j, (x, o) in enumerate(zip(inner, outs, strict=False)) if isinstance(x, int)]
        finals = {j: self.reg(self.kinds[x], len(self.frames) - 2) for j, x, _ in scalars}
        carries = tuple(Carried(op.carries[j].kind, as_reg(inits[j]), x, as_reg(o), finals[j])
                        for j, x, o in scalars)
        self.finish(loop, var, carries)
        for j, t in enumerate(b.targets[:len(carried)]):
            place = places[j]
            scope.env[t] = finals[j] if place is None else replace(self.renew(place), dims=scope.shape(t))
        for t, r in zip(b.targets[len(carried):], rows, strict=True):
            scope.env[t] = self.renew(r)

    def repeat(self, scope: Scope, p: int, b: Box) -> None:
        """A loop with a condition: scalars by registers, arrays in their storage."""
        plan = scope.plan.boxes[p]
        first = len(b.sources) - len(b.targets)
        states = b.sources[first:]
        places = [self._place(scope, b, j, w, plan.ties[j]) for j, w in enumerate(states)]
        inits = [scope.env[w] for w in states]
        number = self.loop_ids
        self.loop_ids += 1
        self.open("loop", number)
        inner: list[Value] = [self.reg(scope.kind(w)) if v is None else self.renew(v)
                              for w, v in zip(states, places, strict=True)]
        args = [*(scope.env[s] for s in b.sources[:first]), *inner]
        (cond,) = self.net(b.bubbles[0], plan.inner[0], args, dict(scope.sizes))
        self.open("branch")
        outs = self.net(b.bubbles[1], plan.inner[1], args, dict(scope.sizes))
        self._hand_over([(v, o) for v, o in zip(places, outs, strict=True) if v is not None])
        body = self.close()
        head = self.close()
        finals = {j: self.reg(self.kinds[x]) for j, x in enumerate(inner) if isinstance(x, int)}
        carries = tuple(Carried("state", as_reg(inits[j]), as_reg(inner[j]), as_reg(outs[j]), r)
                        for j, r in finals.items())
        self.emit(Repeat(number, carries, head, as_reg(cond), body))
        for j, t in enumerate(b.targets):
            place = places[j]
            scope.env[t] = finals[j] if place is None else replace(self.renew(place), dims=scope.shape(t))

    def _region(self, v: View) -> Region:
        count = product(v.dims)
        return Region(v.buffer, v.offset, self.size(count), self.atoms.upper(count))

    def _variable(self, size: Size, trips: int) -> Reg:
        var = self.reg("i64")
        atom = f"i%{var}"
        self.atom_regs[atom] = var
        self.sym[var] = self.atoms.add(atom, size - 1, (trips + 1) // 2)
        return var

    def _place(self, scope: Scope, b: Box, j: int, w: Wire, tie: int | None) -> View | None:
        """The storage of an array carry, holding its initial value; None for a scalar."""
        value = scope.env[w]
        if isinstance(value, int):
            return None
        if tie is not None:
            assert isinstance(value, View)
            return value
        return self.copy(value, self.storage(scope, b.targets[j], b.span, "carry"))

    def _hand_over(self, pairs: Sequence[tuple[View, Value]]) -> None:
        """Make the new values of array carries the content of their storage, all at once."""
        pending = [(v, o) for v, o in pairs if not isinstance(o, int) and not same_place(o, v)]
        held = {v.buffer for v, _ in pairs}
        ready: list[tuple[View, ArrayValue]] = []
        for v, o in pending:
            if isinstance(o, View) and o.buffer in held:
                o = self.copy(o, self.allocate(o.kind, o.dims, None, "swap"))
            ready.append((v, o))
        for v, o in ready:
            self.copy(o, v)
