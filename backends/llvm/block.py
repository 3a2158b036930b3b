"""Writing kernel blocks: value numbering, and every pure instruction as far out as its operands allow.

Open blocks form a stack of frames; a register knows the frame that defines it. A pure instruction goes to the
innermost frame among those of its operands, so that loop invariants leave their loops as they are written, and
the same instruction twice in one frame is one register. Costly ones do not leave a branch.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from catad.ops import ROWS
from catad.types.size import Size

from .bounds import Atoms, integer_valued
from .kernel import Block, Check, Instr, Literal, Load, Pure, Reg, Shown, Site

__all__ = ["Frame", "Writer"]

_COSTLY = frozenset(name for name, row in ROWS.items() if row.cost > 4)      # does not leave a branch
_RESULT = {"eq": "bool", "ne": "bool", "lt": "bool", "le": "bool", "gt": "bool", "ge": "bool", "ult": "bool",
           "and": "bool", "or": "bool", "not": "bool", "isnan": "bool", "isinf": "bool",
           "to_f32": "f32", "to_i64": "i64", **{name: "f64" for name, row in ROWS.items() if row.result_kind == "f64"}}


@dataclass(slots=True)
class Frame:
    """An open block. `branch`: its instructions may not run although the block around it does."""

    kind: str
    instrs: list[Instr] = field(default_factory=list)
    memo: dict[object, Reg] = field(default_factory=dict)
    barrier: int = 0                                     # index of the innermost enclosing branch frame
    loop: int = -1


class Writer:
    """The open blocks, the registers, and what is known about integers."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.level: list[int] = []
        self.frames: list[Frame] = [Frame("top")]
        self.sym: dict[Reg, Size] = {}                   # i64 registers that are polynomials in atoms
        self.atoms = Atoms()
        self.atom_regs: dict[str, Reg] = {}
        self.values: dict[Reg, float | int | bool] = {}  # registers of literals
        self.sites: dict[Site, int] = {}
        self.shown: dict[Shown, int] = {}
        self.loops: list[int] = []                       # ids of the open loops

    # ── frames and registers ────────────────────────────────────────────────────────────────────────────────

    def reg(self, kind: str, level: int | None = None) -> Reg:
        self.kinds.append(kind)
        self.level.append(len(self.frames) - 1 if level is None else level)
        return len(self.kinds) - 1

    def open(self, kind: str, loop: int = -1) -> None:
        here = len(self.frames)
        barrier = here if kind == "branch" else self.frames[-1].barrier
        self.frames.append(Frame(kind, barrier=barrier, loop=loop))
        if loop >= 0:
            self.loops.append(loop)

    def close(self) -> Block:
        frame = self.frames.pop()
        if frame.loop >= 0:
            self.loops.pop()
        return tuple(frame.instrs)

    def emit(self, instr: Instr) -> None:
        self.frames[-1].instrs.append(instr)

    def site(self, code: str, span: object, what: str) -> int:
        return self.sites.setdefault(Site(code, span, what), len(self.sites))       # type: ignore[arg-type]

    # ── pure instructions ───────────────────────────────────────────────────────────────────────────────────

    def literal(self, value: float | int | bool, kind: str) -> Reg:
        key = ("literal", kind, float(value).hex() if kind in ("f64", "f32") else value)
        memo = self.frames[0].memo
        r = memo.get(key)
        if r is None:
            r = memo[key] = self.reg(kind, 0)
            self.frames[0].instrs.append(Literal(r, value))
            self.values[r] = value
            if kind == "i64":
                self.sym[r] = Size.of(int(value))
        return r

    def pure(self, op: str, args: tuple[Reg, ...], kind: str | None = None, pinned: bool = False) -> Reg:
        """`pinned`: stays in the block that is open (its safety was just checked)."""
        if pinned:
            at = len(self.frames) - 1
        else:
            at, level = 0, self.level
            for a in args:
                if level[a] > at:
                    at = level[a]
        if at < self.frames[-1].barrier and op in _COSTLY:
            at = self.frames[-1].barrier
        frame = self.frames[at]
        key = (op, args)
        r = frame.memo.get(key)
        if r is None:
            r = frame.memo[key] = len(self.kinds)
            self.kinds.append(kind or _RESULT.get(op) or self.kinds[args[-1]])
            self.level.append(at)
            frame.instrs.append(Pure(r, op, args))
        return r

    def load(self, buffer: int, offset: Reg, path: tuple[Reg, ...], kind: str, stamp: int, born: int,
             safe: bool) -> Reg:
        """Read an array of version `stamp` that exists since frame `born`; `safe`: in bounds without a check."""
        at = max(self.level[offset], born) if safe else len(self.frames) - 1
        frame = self.frames[at]
        key = ("load", stamp, offset)
        r = frame.memo.get(key)
        if r is None:
            r = frame.memo[key] = self.reg(kind, at)
            frame.instrs.append(Load(r, buffer, offset, path))
        return r

    def check(self, ok: Reg, code: str, span: object, what: str, a: Reg, b: Reg) -> None:
        """Unless the same condition was checked in an enclosing block."""
        if self.values.get(ok) is True or any(("check", ok) in f.memo for f in self.frames[self.level[ok]:]):
            return
        self.frames[-1].memo["check", ok] = ok
        self.emit(Check(ok, self.site(code, span, what), a, b))

    # ── integers ────────────────────────────────────────────────────────────────────────────────────────────

    def add(self, a: Reg, b: Reg) -> Reg:
        if self.values.get(a) == 0:
            return b
        if self.values.get(b) == 0:
            return a
        return self._integer("add", a, b)

    def mul(self, a: Reg, b: Reg) -> Reg:
        if self.values.get(a) == 1:
            return b
        if self.values.get(b) == 1:
            return a
        return self._integer("mul", a, b)

    def _integer(self, op: str, a: Reg, b: Reg) -> Reg:
        x, y = self.values.get(a), self.values.get(b)
        if x is not None and y is not None:
            return self.literal(_wrap(int(x) + int(y) if op == "add" else int(x) * int(y)), "i64")
        return self.pure(op, (a, b), "i64")

    def symbolic(self, op: str, r: Reg, args: tuple[Reg, ...]) -> None:
        """Remember that r = op(args) as a polynomial, when it is one."""
        known = [self.sym.get(a) for a in args]
        if r in self.sym or any(k is None or len(k.terms) > 12 for k in known):
            return
        a = known[0]
        b = known[-1]
        assert a is not None and b is not None
        match op:
            case "add":
                self.sym[r] = a + b
            case "sub":
                self.sym[r] = a - b
            case "mul":
                self.sym[r] = a * b
            case "neg":
                self.sym[r] = -a
            case "idiv" if (c := b.constant) is not None and 0 < c <= 64 and integer_valued(a, c):
                self.sym[r] = a / c

    def size(self, p: Size) -> Reg:
        """The register holding the value of a polynomial."""
        c = p.constant
        if c is not None:
            return self.literal(c, "i64")
        x = p.variable
        if x is not None:
            return self.atom_regs[x]
        common = 1
        for _, q in p.terms:
            common = common * q.denominator // _gcd(common, q.denominator)
        total: Reg | None = None
        order = sorted(p.terms, key=lambda t: max((self.level[self.atom_regs[x]] for x, _ in t[0]), default=0))
        for m, q in order:
            r = self.literal(int(q * common), "i64")
            for x, e in m:
                for _ in range(e):
                    r = self.mul(self.atom_regs[x], r)
            total = r if total is None else self.add(total, r)
        assert total is not None
        if common != 1:
            total = self.pure("exact_div", (total, self.literal(common, "i64")), "i64")
        self.sym.setdefault(total, p)
        return total


def _wrap(x: int) -> int:
    return (x + (1 << 63)) % (1 << 64) - (1 << 63)


def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a
