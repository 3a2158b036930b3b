"""The text around a formula: whole functions for vectors, lane by lane calls, and the cold path of a formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from catad.backends.llvm.math.emit import F64, FORMATS, Emitter, Value, vector
from catad.backends.llvm.math.power import powi
from catad.backends.llvm.target import Target

__all__ = ["Function", "body", "cold"]


@dataclass(frozen=True, slots=True)
class Function:
    """`formula` over vectors, or None: lane by lane through `library`. `single`: the formula has f32 polynomials."""

    args: str
    formula: Callable[..., Value] | None
    library: str
    f64: float
    f32: float
    single: bool = True


def body(f: Function, name: str, kind: str, lanes: int, target: Target) -> str:
    """One function: a formula, or lane by lane."""
    if f.args == "FI":
        return powi(name, Emitter(FORMATS[kind], lanes, target))
    if f.formula is None:
        return _lanewise(name, f, kind, lanes)
    e = Emitter(FORMATS[kind], lanes, target)
    wide = e.converted(F64)
    args = [wide.argument(x, "i") if letter == "I" else e.argument(x) for x, letter in zip("xy", f.args, strict=False)]
    parameters = ", ".join(f"{a.e.type(a.kind)} {a.text}" for a in args)
    if kind == "f32" and not f.single:
        widened = [wide.line("f", f"fpext {e.type('f')} {a.text} to {wide.type('f')}") for a in args if a.kind == "f"]
        y = f.formula(wide, *(widened or args))
        y = e.line("f", f"fptrunc {wide.type('f')} {y.text} to {e.type('f')}")
    else:
        y = f.formula(e, *args)
    inline = "alwaysinline " if lanes > 1 else ""
    return "\n".join([f"define internal {e.type('f')} @{name}({parameters}) {inline}nounwind {{", "entry:", *e.lines,
                      f"  ret {e.type('f')} {y.text}", "}", ""])


def _scalar_call(out: str, library: str, args: str, kind: str, operands: list[str]) -> list[str]:
    """Lines that set %out to library(operands) in double, converted for f32."""
    lines, given = [], []
    for i, (letter, x) in enumerate(zip(args, operands, strict=True)):
        if letter == "F" and kind == "f32":
            lines.append(f"  %{out}.w{i} = fpext float {x} to double")
            x = f"%{out}.w{i}"
        given.append(f"{'i64' if letter == 'I' else 'double'} {x}")
    call = f"call double @{library}({', '.join(given)})"
    if kind == "f32":
        return [*lines, f"  %{out}.d = {call}", f"  %{out} = fptrunc double %{out}.d to float"]
    return [*lines, f"  %{out} = {call}"]


def _lanewise(name: str, f: Function, kind: str, lanes: int) -> str:
    scalar = FORMATS[kind].llvm
    types = [vector("i64" if a == "I" else scalar, lanes) for a in f.args]
    v = vector(scalar, lanes)
    lines = []
    result = "poison"
    for lane in range(lanes):
        operands = [f"%x{i}" for i in range(len(types))]
        if lanes > 1:
            operands = [f"%x{i}.{lane}" for i in range(len(types))]
            lines += [f"  {o} = extractelement {types[i]} %x{i}, i32 {lane}" for i, o in enumerate(operands)]
        lines += _scalar_call(f"r{lane}", f.library, f.args, kind, operands)
        if lanes > 1:
            lines.append(f"  %v{lane} = insertelement {v} {result}, {scalar} %r{lane}, i32 {lane}")
            result = f"%v{lane}"
        else:
            result = "%r0"
    parameters = ", ".join(f"{t} %x{i}" for i, t in enumerate(types))
    return "\n".join([f"define internal {v} @{name}({parameters}) nounwind {{", *lines, f"  ret {v} {result}", "}", ""])


def cold(f: Function, name: str, kind: str, lanes: int) -> str:
    """(arguments…, fast, ok): the C library's value in the lanes that are not ok."""
    n, scalar = len(f.args), FORMATS[kind].llvm
    v, b = vector(scalar, lanes), vector("i1", lanes)
    parameters = "".join(f"{v} %x{i}, " for i in range(n))
    head = f"define internal {v} @{name}({parameters}{v} %fast, {b} %ok) cold noinline nounwind {{"
    if lanes == 1:
        return "\n".join([head, *_scalar_call("r", f.library, f.args, kind, [f"%x{i}" for i in range(n)]),
                          f"  ret {scalar} %r", "}", ""])
    stores = [f"  %p{i} = alloca {v}\n  store {v} %x{i}, ptr %p{i}" for i in range(n)]
    loads = [f"  %a{i} = getelementptr {scalar}, ptr %p{i}, i64 %lane\n  %s{i} = load {scalar}, ptr %a{i}"
             for i in range(n)]
    return "\n".join([
        head, "entry:", *stores, f"  %out = alloca {v}", f"  store {v} %fast, ptr %out", "  br label %loop", "loop:",
        "  %lane = phi i64 [ 0, %entry ], [ %next, %step ]", f"  %fine = extractelement {b} %ok, i64 %lane",
        "  br i1 %fine, label %step, label %slow", "slow:", *loads,
        *_scalar_call("r", f.library, f.args, kind, [f"%s{i}" for i in range(n)]),
        f"  %to = getelementptr {scalar}, ptr %out, i64 %lane", f"  store {scalar} %r, ptr %to", "  br label %step",
        "step:", "  %next = add i64 %lane, 1", f"  %more = icmp ult i64 %next, {lanes}",
        "  br i1 %more, label %loop, label %done",
        "done:", f"  %result = load {v}, ptr %out", f"  ret {v} %result", "}", ""])
