"""Lowering: a first-order net with its storage plan becomes kernel IR.

Each box writes instructions into the open block; bubbles open blocks of their own. Results that are arrays get
their *destination* from whoever wants them: the element that a loop collects is written straight into its row,
a returned array straight into the output buffer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from catad.net.net import BindSize, Box, Call, Const, Fill, Guard, IfOp, Loop, Net, Prim, SizeValue, Wire
from catad.ops import ROWS
from catad.source import Span, error
from catad.types.size import Size
from catad.types.type import F32, F64

from .arrays import ArrayValue, Filled, Value, View, product
from .kernel import Carried, For, If, Instr, Literal, Load, Pure, Reg, Region
from .schedule import BoxPlan, NetPlan, Planner
from .scope import Scope, as_reg, same_place
from .trips import TripWriter

__all__ = ["Lowering"]

_SPECULATE = 12                                           # cost up to which both sides of an `if` are computed
_NONE = BoxPlan()


class Lowering(TripWriter):
    """The lowering of one entry."""

    def __init__(self, planner: Planner, strict: bool) -> None:
        super().__init__(strict)
        self.planner = planner

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

    def storage(self, scope: Scope, w: Wire, span: Span | None, note: str) -> View:
        """Where the root w is to be stored."""
        view = scope.targets.get(w)
        if view is not None:
            return self.renew(view)
        return self.allocate(scope.kind(w), scope.shape(w), span, note)

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

    # ── primitives ──────────────────────────────────────────────────────────────────────────────────────────

    def prim(self, scope: Scope, p: int, b: Box, name: str) -> Value:
        args = [scope.env[s] for s in b.sources]
        special = _ARRAYS.get(name)
        if special is not None:
            return special(self, scope, p, b, args)
        return self.scalar(name, tuple(as_reg(a) for a in args), b.span)

    # ── sizes ───────────────────────────────────────────────────────────────────────────────────────────────

    def guard(self, scope: Scope, b: Box, checks: Sequence[tuple[Size, Size]]) -> None:
        for x, y in checks:
            m, n = self.size(x.subst(scope.sizes)), self.size(y.subst(scope.sizes))
            if m != n:
                self.check(self.pure("eq", (m, n)), "E0502", b.span, f"{x} is {{a}} but {y} is {{b}}", m, n)
        for s, t in zip(b.sources, b.targets, strict=True):
            value = scope.env[s]
            if isinstance(value, View):                  # in bounds because of the check: not read before it
                value = replace(value, born=len(self.frames) - 1)
            scope.env[t] = value if isinstance(value, int) else replace(value, dims=scope.shape(t))

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
            self.check(self.pure("ge", (r, zero)), "E0506", b.span, f"the size {name} is {{a}}", r, r)
            upper = p
        m = self.pure("max", (r, zero), "i64", pinned=True)      # pinned: what relies on m ≥ 0 stays behind the check
        atom = f"{name}%{m}.{len(self.atom_regs)}"
        self.atom_regs[atom] = m
        guess = self.atoms.estimate(upper) if upper is not None else 16
        scope.sizes[name] = self.sym[m] = self.atoms.add(atom, upper, guess)

    # ── calls ───────────────────────────────────────────────────────────────────────────────────────────────

    def call(self, scope: Scope, p: int, b: Box, op: Call) -> None:
        """A called net is lowered in place, at the sizes it is used at."""
        callee = self.planner.called(b, op)
        plan = scope.plan.boxes.get(p, _NONE)
        inner = plan.inner[0] if plan.inner else self.planner.plan(callee)
        sizes = {x: s.subst(scope.sizes) for x, s in op.sizes}
        wanted = self._wanted(scope, b, plan.ties or [None] * len(b.targets))
        outs = self.net(callee, inner, [scope.env[s] for s in b.sources], sizes, wanted)
        for t, v in zip(b.targets, outs, strict=True):
            scope.env[t] = v if isinstance(v, int) else replace(self._fresh(v), dims=scope.shape(t))

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

# ── the array primitives ────────────────────────────────────────────────────────────────────────────────────

def _checked(low: Lowering, dims_: Sequence[Size], indices: Sequence[Reg], b: Box) -> bool:
    safe = True
    for i, d in zip(indices, dims_, strict=False):
        safe = low.bounded(i, d, b.span) and safe
    return safe


def _index(low: Lowering, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    a, indices = args[0], [as_reg(i) for i in args[1:]]
    if isinstance(a, int):
        return a
    safe = _checked(low, a.dims, indices, b)
    if isinstance(a, Filled):
        rest = a.dims[len(indices):]
        return replace(a, dims=rest) if rest else a.value
    if len(indices) == len(a.dims):
        return low.read(a, indices, safe)
    row = low.sub(a, indices)
    return row if safe else replace(row, born=len(low.frames) - 1)       # not read before the check


def _target(low: Lowering, scope: Scope, p: int, b: Box, a: ArrayValue) -> View:
    """The storage that update or add_at writes: the array's own, or that of a copy."""
    if scope.plan.boxes[p].in_place:
        assert isinstance(a, View)
        return low.renew(a)
    return low.copy(a, low.storage(scope, b.targets[0], b.span, "copy"))


def _update(low: Lowering, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    a, indices, value = args[0], [as_reg(i) for i in args[1:-1]], args[-1]
    if isinstance(a, int):
        return value
    _checked(low, a.dims, indices, b)
    target = _target(low, scope, p, b, a)
    if isinstance(value, int):
        low.write(target, indices, value)
    else:
        low.copy(value, low.sub(target, indices))
    return low.renew(target)


def _add_at(low: Lowering, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    a, indices, value = args[0], [as_reg(i) for i in args[1:-1]], args[-1]
    if isinstance(a, int):
        return low.pure("add", (a, as_reg(value)))
    _checked(low, a.dims, indices, b)
    target = _target(low, scope, p, b, a)
    if isinstance(value, int):
        low.accumulate(target, indices, value)
    else:
        low.add_all(low.sub(target, indices), value)
    return low.renew(target)


def _stack(low: Lowering, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    target = low.storage(scope, b.targets[0], b.span, "stack")
    for k, v in enumerate(args):
        at = low.literal(k, "i64")
        if isinstance(v, int):
            low.write(target, (at,), v)
        else:
            low.copy(v, low.sub(target, (at,)))
    return low.renew(target)


def _extremum(low: Lowering, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    assert isinstance(b.op, Prim)
    a = args[0]
    assert not isinstance(a, int)
    return low.extremum(a, b.op.name, b.span)


def _position(low: Lowering, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    assert isinstance(b.op, Prim)
    a = args[0]
    assert not isinstance(a, int)
    return low.position(a, b.op.name, b.span)


_ARRAYS = {"index": _index, "update": _update, "add_at": _add_at, "stack": _stack,
           "maximum": _extremum, "minimum": _extremum, "argmax": _position, "argmin": _position}
