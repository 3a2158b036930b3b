"""Lowering: a first-order net with its storage plan becomes kernel IR, all boxes together since bubbles nest.

Each box writes instructions into the open block; bubbles open blocks of their own. Results that are arrays get
their *destination* from whoever wants them: the element that a loop collects is written straight into its row,
a returned array straight into the output buffer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

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
from catad.source import error
from catad.types.size import Size
from catad.types.type import F32, F64, Scalar, Type, dims, leaf

from .arrays import ArrayValue, ArrayWriter, Filled, Value, View, product
from .kernel import AddTo, Carried, Check, For, If, Induction, Instr, Literal, Load, Pure, Reg, Region, Store
from .kernel import While as Repeat
from .schedule import BoxPlan, NetPlan, Planner

__all__ = ["Lowering", "Scope"]

_SPECULATE = 12                                           # cost up to which both sides of an `if` are computed
_NONE = BoxPlan()


@dataclass(slots=True)
class Scope:
    """A net being lowered: values of its wires, sizes by name, destinations of its roots."""

    net: Net
    plan: NetPlan
    sizes: dict[str, Size]
    env: dict[Wire, Value] = field(default_factory=dict)
    targets: dict[Wire, View] = field(default_factory=dict)
    shapes: dict[int, tuple[Size, ...]] = field(default_factory=dict)

    def shape(self, w: Wire) -> tuple[Size, ...]:
        t = self.net.wires[w]
        known = self.shapes.get(id(t))
        if known is None:
            known = self.shapes[id(t)] = tuple(s.subst(self.sizes) for s in dims(t))
        return known

    def kind(self, w: Wire) -> str:
        return kind_of(self.net.wires[w])


class Lowering(ArrayWriter):
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

    def storage(self, scope: Scope, w: Wire, span: object, note: str) -> View:
        """Where the root w is to be stored."""
        view = scope.targets.get(w)
        if view is not None:
            return self.renew(view)
        return self.allocate(scope.kind(w), scope.shape(w), span, note)          # type: ignore[arg-type]

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
            case IfOp():
                self.branch(scope, p, b)
            case Call():
                self.call(scope, p, b, b.op)
            case Guard(checks):
                self.guard(scope, b, checks)
            case Assert():
                self.demand(scope, b)
            case Trace():
                env.update(zip(b.targets, [env[s] for s in b.sources], strict=True))
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
        regs = tuple(a for a in args if isinstance(a, int))
        if name in _INTEGERS:
            return self._division(name, regs, b)
        if name == "corr":
            name = "mul"
        if name in ("powi", "ipow"):
            return self._power(name, regs, b)
        kinds = self.kinds
        if name in ("add", "mul") and kinds[regs[0]] == "i64":
            r = self.add(*regs) if name == "add" else self.mul(*regs)
        else:
            r = self.pure(name, regs, None if name != "polygamma" else kinds[regs[1]])
        if kinds[r] == "i64":
            self.symbolic(name, r, regs)
        return r

    def _division(self, name: str, regs: tuple[Reg, ...], b: Box) -> Reg:
        divisor = regs[1]
        if self.values.get(divisor, 0) == 0:
            ok = self.pure("ne", (divisor, self.literal(0, "i64")))
            self.check(ok, "E0503", b.span, "{a} divided by zero", regs[0], divisor)
            return self.pure(name, regs, "i64", pinned=True)
        r = self.pure(name, regs, "i64")
        if name == "idiv":
            self.symbolic(name, r, regs)
        return r

    def _power(self, name: str, regs: tuple[Reg, ...], b: Box) -> Reg:
        base, exponent = regs
        known = self.values.get(exponent)
        if known is not None and 0 <= known <= 64:
            return self._chain(base, int(known))
        if name == "ipow":
            ok = self.pure("ge", (exponent, self.literal(0, "i64")))
            self.check(ok, "E0504", b.span, "{a} to the power {b}", base, exponent)
            return self.pure(name, regs, "i64", pinned=True)
        return self.pure(name, regs, self.kinds[base])

    def _chain(self, x: Reg, n: int) -> Reg:
        """x to a constant power, by squaring."""
        kind = self.kinds[x]
        result: Reg | None = None
        while n:
            if n & 1:
                result = x if result is None else self._times(result, x)
            n >>= 1
            x = self._times(x, x) if n else x
        return result if result is not None else self.literal(1.0 if kind != "i64" else 1, kind)

    def _times(self, a: Reg, b: Reg) -> Reg:
        r = self.pure("mul", (a, b))
        if self.kinds[r] == "i64":
            self.symbolic("mul", r, (a, b))
        return r

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

    def demand(self, scope: Scope, b: Box) -> None:
        """A check of a condition; one that was checked around here is not checked again."""
        cond, value = (scope.env[s] for s in b.sources)
        zero = self.literal(0, "i64")
        self.check(as_reg(cond), "E0508", b.span, "assertion failed", zero, zero)
        scope.env[b.targets[0]] = value

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
        from catad.ops import ROWS
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

    def finish(self, loop: For, var: Reg, carries: tuple[Carried, ...] = ()) -> None:
        """Close a loop. Sums into one invariant place are kept in a register meanwhile."""
        at = len(self.frames) - 1
        body = self.frames[-1].instrs
        sums: list[tuple[AddTo, Reg]] = []
        if not self.strict and not any(isinstance(i, Check) for i in body):
            touched = _touched(body)
            for k, i in enumerate(body):
                if isinstance(i, AddTo) and self.level[i.offset] < at and touched[i.buffer] == 1:
                    carries, final = self._promote(body, k, i, carries)
                    sums.append((i, final))
        inductions = () if loop.down else self._inductions(body, var, at)
        super().finish(replace(loop, inductions=inductions), var, carries)
        for i, final in sums:
            self.emit(AddTo(i.buffer, i.offset, final, i.path))

    def _inductions(self, body: Sequence[Instr], var: Reg, at: int) -> tuple[Induction, ...]:
        """Offsets of memory that are quadratic in the variable, or linear with a step known while running."""
        found: dict[Reg, Induction] = {}
        made = {i.dst: i for i in body if isinstance(i, Pure)}
        x = self.sym[var].variable if var in self.sym else None
        for i in body:
            if x is None or not isinstance(i, Load | Store | AddTo) or self.level[i.offset] < at or i.offset in found:
                continue
            p = self._polynomial(i.offset, made, at)
            if p is None or any(sum(e for y, e in m if y == x) > 2 for m, _ in p.terms):
                continue
            one, none = {x: Size.var(x) + 1}, {x: Size.of(0)}
            step = p.subst(one) - p
            if step.constant is not None or any(self.level[self.atom_regs[y]] >= at for y in p.variables if y != x):
                continue
            grow = step.subst(one) - step
            found[i.offset] = Induction(i.offset, self.size(p.subst(none)), self.size(step.subst(none)),
                                        self.size(grow) if grow.terms else None)
        return tuple(found.values())

    def _polynomial(self, r: Reg, made: Mapping[Reg, Pure], at: int) -> Size | None:
        """A register as a polynomial in atoms and in registers from outside of the loop."""
        known = self.sym.get(r)
        if known is not None:
            return known
        if self.level[r] < at:
            name = f"%{r}"
            self.atom_regs[name] = r
            return Size.var(name)
        i = made.get(r)
        if i is None or i.op not in ("add", "sub", "mul"):
            return None
        a, b = self._polynomial(i.args[0], made, at), self._polynomial(i.args[1], made, at)
        if a is None or b is None or len(a.terms) * len(b.terms) > 24:
            return None
        return a + b if i.op == "add" else a - b if i.op == "sub" else a * b

    def _promote(self, body: list[Instr], k: int, i: AddTo,
                 carries: tuple[Carried, ...]) -> tuple[tuple[Carried, ...], Reg]:
        kind = self.kinds[i.value]
        inner, out = self.reg(kind), self.reg(kind)
        final = self.reg(kind, len(self.frames) - 2)
        zero = self.literal(-0.0 if kind != "i64" else 0, kind)
        body[k] = Pure(out, "add", (inner, i.value))
        return (*carries, Carried("add", zero, inner, out, final)), final


def _touched(block: Sequence[Instr]) -> dict[int, int]:
    """How many memory instructions of a block, those of inner blocks included, name each buffer."""
    count: dict[int, int] = {}
    pending = [block]
    while pending:
        for i in pending.pop():
            buffer = getattr(i, "buffer", None)
            if buffer is not None:
                count[buffer] = count.get(buffer, 0) + 1
            if isinstance(i, For):
                pending.append(i.body)
            elif isinstance(i, If):
                pending.extend((i.then, i.other))
            elif isinstance(i, Repeat):
                pending.extend((i.head, i.body))
    return count


def same_place(a: ArrayValue, b: View) -> bool:
    return isinstance(a, View) and a.buffer == b.buffer and a.offset == b.offset


def as_reg(v: Value) -> Reg:
    assert isinstance(v, int)
    return v


def kind_of(t: Type) -> str:
    t = leaf(t)
    if not isinstance(t, Scalar):
        raise error("E0902", f"internal error: a wire of type {t} reached the native backend", None,
                    help=("this is a mistake in catad, not in the program; please report it",))
    return t.name


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


_INTEGERS = frozenset(("idiv", "imod"))
_ARRAYS = {"index": _index, "update": _update, "add_at": _add_at, "stack": _stack,
           "maximum": _extremum, "minimum": _extremum, "argmax": _position, "argmin": _position}
