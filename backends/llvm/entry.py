"""The Python function of a kernel, compiled: unpack, prepare, allocate, run, pack.

    entry_ir(name, signature)  LLVM text of `ptr @<name>.entry(ptr self, ptr args, i64 n)` (METH_FASTCALL) and its state
    make(loaded, name, …)      the Python callable; it owns the code, so that the code lives as long as it can be called

Arguments in canonical form take the short way; anything else goes to `slow` (see `arguments`), which converts and comes
back, or explains. Errors of the kernel go to `fail(error, site, a, b)`, which raises. A `site` of -1 is memory: a bytes
were wanted, b are allowed.
"""

from __future__ import annotations

import ctypes
import os
import sys
import sysconfig
import weakref
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from catad.backends.llvm.arguments import convert
from catad.backends.llvm.engine import Loaded, Options, link
from catad.backends.llvm.signature import KINDS, Port, Signature
from catad.backends.llvm.support import FUNCTIONS, SUPPORT
from catad.backends.llvm.support_state import STATE
from catad.backends.llvm.target import Target

from catad.source import error

__all__ = ["Fail", "budget", "entry_ir", "exports", "make", "supported", "symbols"]

Fail = Callable[[int, int, int, int], Any]
_THRESHOLD = 1 << 17                    # bytes of work above which the interpreter lock is let go
_FASTCALL = 0x80


def exports(name: str) -> list[str]:
    """The symbols that `make` needs from `engine.link`."""
    kernel = [f"{name}.prepare", f"{name}.run"]
    return [*kernel, f"{name}.entry", f"{name}.state"] if supported() else kernel


@cache
def _library(target: Target) -> Loaded:
    # Straight-line code around calls of Python: optimising its selection gains nothing that can be measured, and takes
    # four times as long.
    return link(SUPPORT, functions=FUNCTIONS, target=target, options=Options(codegen=0))


def symbols(target: Target) -> Mapping[str, int]:
    """Addresses of the support library, for `engine.link(symbols=…)`."""
    return _library(target).addresses if supported() else {}


# ── the text ────────────────────────────────────────────────────────────────────────────────────────────────────────

_HEAD = """
declare i1 @cad.entry.f64(ptr, ptr, ptr)
declare i1 @cad.entry.f32(ptr, ptr, ptr)
declare i1 @cad.entry.i64(ptr, ptr, ptr)
declare i1 @cad.entry.bool(ptr, ptr, ptr)
declare i1 @cad.entry.array(ptr, ptr, i64, i32, ptr, ptr)
declare ptr @cad.entry.new(ptr, i64, i64, i32, ptr, ptr)
declare ptr @cad.entry.late(ptr, i64, i64, i32, ptr, ptr)
declare i32 @cad.entry.run(ptr, ptr, ptr, ptr, i64, i1)
declare ptr @cad.entry.fail(ptr, i32, ptr)
declare void @cad.entry.release(ptr)
declare i32 @cad.entry.poll()
declare ptr @cad.entry.allocate(ptr, i64)
declare void @cad.entry.drop(ptr, i64)
declare ptr @PyFloat_FromDouble(double)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyTuple_New(i64)
declare i32 @PyTuple_SetItem(ptr, i64, ptr)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare void @PyErr_Clear()
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
"""


def entry_ir(name: str, signature: Signature, *, declarations: bool = True) -> str:
    """The entry of the kernel `name`; its module defines `@<name>.prepare` and `@<name>.run`.

    With several entries in a module, only one may bring the declarations. Empty where `supported` says no.
    """
    if not supported():
        return ""
    lines = [*_unpack(signature), *_prepare(name, signature), *_run(name, signature), *_pack(signature)]
    cells, outs = max(signature.cells, 1), max(len(signature.outputs), 1)
    return f"""{_HEAD if declarations else ""}
@{name}.state = global [{len(STATE)} x i64] zeroinitializer

define ptr @{name}.entry(ptr %self, ptr %args, i64 %n) nounwind {{
entry:
  %slots = alloca [{cells} x i64], align 64
  %ctx = alloca [8 x i64], align 64
  %arena = alloca [3 x i64]
  %outs = alloca [{outs} x ptr]
  %work = alloca i64
  store i64 0, ptr %work
  call void @llvm.memset.p0.i64(ptr %outs, i8 0, i64 {8 * outs}, i1 false)
  %count = icmp eq i64 %n, {len(signature.inputs)}
  br i1 %count, label %in0, label %slow
""".replace("%state", f"@{name}.state") + "\n".join(lines).replace("%state", f"@{name}.state") + f"""
slow:
  %slow.p = load ptr, ptr @{name}.state
  %answer = call ptr @PyObject_Vectorcall(ptr %slow.p, ptr %args, i64 %n, ptr null)
  ret ptr %answer
memory:
  call void @PyErr_Clear()
  store i64 -1, ptr %site.p
  %wanted = load i64, ptr %work
  store i64 %wanted, ptr %a.p
  %allowed.p = getelementptr i64, ptr @{name}.state, i64 {STATE.index("budget")}
  %allowed = load i64, ptr %allowed.p
  store i64 %allowed, ptr %b.p
  br label %failed
failed:
  %code = phi i32 [ %early, %in{len(signature.inputs)} ], [ %late, %running ], [ 507, %memory ]
  call void @cad.entry.drop(ptr %outs, i64 {outs})
  %null = call ptr @cad.entry.fail(ptr @{name}.state, i32 %code, ptr %ctx)
  call void @cad.entry.release(ptr %arena)
  ret ptr %null
}}
"""


def _kind(p: Port) -> int:
    return KINDS.index(p.kind)


def _unpack(signature: Signature) -> list[str]:
    lines: list[str] = []
    for i, (cell, p) in enumerate(signature.input_cells()):
        lines += [f"in{i}:", f"  %x{i}.p = getelementptr ptr, ptr %args, i64 {i}", f"  %x{i} = load ptr, ptr %x{i}.p",
                  f"  %c{i} = getelementptr i64, ptr %slots, i64 {cell}"]
        if p.rank:
            lines.append(f"  %ok{i} = call i1 @cad.entry.array(ptr %state, ptr %x{i}, i64 {_kind(p)}, i32 {p.rank}, "
                         f"ptr %c{i}, ptr %work)")
        else:
            lines.append(f"  %ok{i} = call i1 @cad.entry.{p.kind}(ptr %state, ptr %x{i}, ptr %c{i})")
        lines.append(f"  br i1 %ok{i}, label %in{i + 1}, label %slow")
    return lines


def _prepare(name: str, signature: Signature) -> list[str]:
    return [f"in{len(signature.inputs)}:", "  store ptr null, ptr %arena", "  store ptr null, ptr %ctx",
            "  %used.p = getelementptr i64, ptr %arena, i64 1", "  store i64 0, ptr %used.p",
            *(line for i, field in enumerate(("bytes", "site", "a", "b"), 1)
              for line in (f"  %{field}.p = getelementptr i64, ptr %ctx, i64 {i}", f"  store i64 0, ptr %{field}.p")),
            "  %arena.p = getelementptr i64, ptr %ctx, i64 5", "  store ptr %arena, ptr %arena.p",
            "  %allocate.p = getelementptr i64, ptr %ctx, i64 6", "  store ptr @cad.entry.allocate, ptr %allocate.p",
            "  %poll.p = getelementptr i64, ptr %ctx, i64 7", "  store ptr @cad.entry.poll, ptr %poll.p",
            f"  %early = call i32 @{name}.prepare(ptr %ctx, ptr %slots)", "  %ready = icmp eq i32 %early, 0",
            "  br i1 %ready, label %out0, label %failed"]


def _run(name: str, signature: Signature) -> list[str]:
    lines: list[str] = []
    for i, (cell, p) in enumerate(signature.output_cells()):
        lines += [f"out{i}:", f"  %y{i}.c = getelementptr i64, ptr %slots, i64 {cell}"]
        if not p.rank or p.dynamic:
            lines.append(f"  br label %out{i + 1}")
            continue
        lines += [f"  %y{i}.d = getelementptr i64, ptr %slots, i64 {cell + 1}",
                  f"  %y{i}.new = call ptr @cad.entry.new(ptr %state, i64 {_kind(p)}, i64 {p.bytes}, i32 {p.rank}, "
                  f"ptr %y{i}.d, ptr %work)",
                  f"  %y{i}.to = getelementptr ptr, ptr %outs, i64 {i}", f"  store ptr %y{i}.new, ptr %y{i}.to",
                  f"  %y{i}.bad = icmp eq ptr %y{i}.new, null",
                  f"  br i1 %y{i}.bad, label %memory, label %fill{i}", f"fill{i}:",
                  f"  %y{i}.data.p = getelementptr i8, ptr %y{i}.new, i64 16",
                  f"  %y{i}.data = load ptr, ptr %y{i}.data.p", f"  store ptr %y{i}.data, ptr %y{i}.c",
                  f"  br label %out{i + 1}"]
    last = len(signature.outputs)
    # a kernel without workspace and arrays is called at once
    direct = not signature.arrays and not signature.heavy
    lines.append(f"out{last}:")
    if direct:
        lines += ["  %need = load i64, ptr %bytes.p", "  %light = icmp eq i64 %need, 0",
                  "  br i1 %light, label %direct, label %full", "direct:",
                  "  %left.p = getelementptr i64, ptr %arena, i64 2",
                  f"  %left.b = getelementptr i64, ptr %state, i64 {STATE.index('budget')}",
                  "  %left = load i64, ptr %left.b", "  store i64 %left, ptr %left.p",
                  f"  %quick = call i32 @{name}.run(ptr %ctx, ptr %slots)", "  br label %running", "full:"]
    lines += ["  %amount = load i64, ptr %work",
              f"  %slowly = call i32 @cad.entry.run(ptr %state, ptr %ctx, ptr %slots, ptr @{name}.run, i64 %amount, "
              f"i1 {'true' if signature.heavy else 'false'})", "  br label %running", "running:"]
    lines.append("  %late = phi i32 [ %quick, %direct ], [ %slowly, %full ]" if direct else
                 f"  %late = phi i32 [ %slowly, %out{last} ]")
    return [*lines, "  %good = icmp eq i32 %late, 0", "  br i1 %good, label %pack0, label %failed"]


def _pack(signature: Signature) -> list[str]:
    """Every output becomes an object in %outs; then one of them, or a tuple, is the answer."""
    lines: list[str] = []
    for i, (_, p) in enumerate(signature.output_cells()):
        lines.append(f"pack{i}:")
        if p.rank and not p.dynamic:
            lines += [f"  %y{i} = load ptr, ptr %y{i}.to", f"  br label %pack{i + 1}"]
            continue
        lines += [*_object(i, p), f"  %y{i}.at = getelementptr ptr, ptr %outs, i64 {i}",
                  f"  store ptr %y{i}, ptr %y{i}.at", f"  %y{i}.null = icmp eq ptr %y{i}, null",
                  f"  br i1 %y{i}.null, label %memory, label %pack{i + 1}"]
    n = len(signature.outputs)
    lines.append(f"pack{n}:")
    if any(p.dynamic for p in signature.outputs) or signature.arrays or signature.heavy:
        lines.append("  call void @cad.entry.release(ptr %arena)")
    else:
        lines += ["  %head = load ptr, ptr %arena", "  %clean = icmp eq ptr %head, null",
                  "  br i1 %clean, label %answer.b, label %sweep", "sweep:",
                  "  call void @cad.entry.release(ptr %arena)", "  br label %answer.b", "answer.b:"]
    if n == 1:
        return [*lines, "  ret ptr %y0"]
    lines += [f"  %tuple = call ptr @PyTuple_New(i64 {n})", "  %tuple.bad = icmp eq ptr %tuple, null",
              "  br i1 %tuple.bad, label %memory, label %fill", "fill:"]
    lines += [f"  call i32 @PyTuple_SetItem(ptr %tuple, i64 {i}, ptr %y{i})" for i in range(n)]
    return [*lines, "  ret ptr %tuple"]


def _object(i: int, p: Port) -> list[str]:
    if p.rank:
        return [f"  %y{i} = call ptr @cad.entry.late(ptr %state, i64 {_kind(p)}, i64 {p.bytes}, i32 {p.rank}, "
                f"ptr %y{i}.c, ptr %work)"]
    match p.kind:
        case "f64":
            return [f"  %y{i}.v = load double, ptr %y{i}.c", f"  %y{i} = call ptr @PyFloat_FromDouble(double %y{i}.v)"]
        case "f32":
            return [f"  %y{i}.s = load float, ptr %y{i}.c", f"  %y{i}.v = fpext float %y{i}.s to double",
                    f"  %y{i} = call ptr @PyFloat_FromDouble(double %y{i}.v)"]
        case "i64":
            return [f"  %y{i}.v = load i64, ptr %y{i}.c", f"  %y{i} = call ptr @PyLong_FromLongLong(i64 %y{i}.v)"]
    true, false = STATE.index("true"), STATE.index("false")
    return [f"  %y{i}.v = load i64, ptr %y{i}.c", f"  %y{i}.z = icmp eq i64 %y{i}.v, 0",
            f"  %y{i}.i = select i1 %y{i}.z, i64 {false}, i64 {true}",
            f"  %y{i}.b = getelementptr i64, ptr %state, i64 %y{i}.i", f"  %y{i} = load ptr, ptr %y{i}.b",
            f"  call void @Py_IncRef(ptr %y{i})"]


# ── the callable ────────────────────────────────────────────────────────────────────────────────────────────────────

class _Method(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int),
                ("doc", ctypes.c_char_p))


class _Owner:
    """`self` of the compiled function: keeps alive what its code refers to."""

    __slots__ = ("__weakref__", "keep", "loaded", "method", "state")

    def __init__(self, loaded: Loaded, state: Any, method: _Method, keep: tuple[Any, ...]) -> None:
        self.loaded, self.state, self.method, self.keep = loaded, state, method, keep
        # Not __del__: when a cycle is collected the code, and `state` in it, could be unmapped before that runs.
        # A finalizer holds on to the code until it has run.
        weakref.finalize(self, _release, loaded, state).atexit = False


def _release(loaded: Loaded, state: Any) -> None:
    """Give back the block that the code keeps between calls; `loaded` is what keeps `state` mapped."""
    at = STATE.index("block")
    block, state[at] = state[at], 0
    if block:
        free = ctypes.pythonapi.PyMem_RawFree
        free.argtypes, free.restype = [ctypes.c_void_p], None
        free(block)


@cache
def supported() -> bool:
    """Are CPython's and NumPy's objects laid out as `support` reads them? Looked up on real ones."""
    plain = sys.implementation.name == "cpython" and not hasattr(sys, "getobjects")
    if not plain or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return False
    probe = 2.5

    def word(x: Any, offset: int) -> int:
        return ctypes.c_int64.from_address(id(x) + offset).value

    return word(probe, 8) == id(float) and ctypes.c_double.from_address(id(probe) + 16).value == 2.5


@cache
def _numpy_supported() -> bool:
    import numpy as np

    a = np.zeros((2, 3))

    def word(offset: int) -> int:
        return ctypes.c_int64.from_address(id(a) + offset).value

    dims = (ctypes.c_int64 * 2).from_address(word(32))
    return (word(8) == id(np.ndarray) and word(16) == a.ctypes.data and word(24) & 0xFFFFFFFF == 2
            and tuple(dims) == (2, 3) and word(56) == id(a.dtype) and word(64) & 0x101 == 0x101)


def budget() -> int:
    """Bytes that a call may take: CATAD_MEMORY, or half of the machine's memory."""
    wanted = os.environ.get("CATAD_MEMORY", "")
    if wanted:
        return _bytes(wanted)
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return 4 << 30


def _bytes(text: str) -> int:
    scale = {"k": 10, "m": 20, "g": 30, "t": 40}.get(text[-1:].lower(), 0)
    number = text[:-1] if scale else text
    if not number.isdigit():
        raise error("E0507", f"CATAD_MEMORY is {text!r}, which is not a number of bytes", help=("write 500M or 8G",))
    return int(number) << scale


def make(loaded: Loaded, name: str, signature: Signature, *, fail: Fail, slow: Callable[..., Any] | None = None,
         limit: int | None = None, title: str = "", doc: str = "") -> Callable[..., Any]:
    """The compiled function as a Python callable; `slow` gets the arguments that are not canonical."""
    if not supported() or (signature.arrays and not _numpy_supported()):
        from catad.backends.llvm.runtime import caller
        return caller(loaded, name, signature, fail=fail, slow=slow, limit=limit)
    method = _Method((title or name).encode(), loaded.address(f"{name}.entry"), _FASTCALL, doc.encode() or None)
    state = (ctypes.c_int64 * len(STATE)).from_address(loaded.address(f"{name}.state"))
    cell: list[Any] = []
    slow = slow or _converter(signature, cell)
    owner = _Owner(loaded, state, method, (slow, fail))
    _fill(state, signature, slow, fail, budget() if limit is None else limit)
    create = ctypes.pythonapi.PyCFunction_NewEx
    create.argtypes, create.restype = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p], ctypes.py_object
    function: Callable[..., Any] = create(ctypes.addressof(method), owner, None)
    cell.append(weakref.ref(function))                  # weak: the code must outlive the function, never the reverse
    return function


def _converter(signature: Signature, cell: list[Any]) -> Callable[..., Any]:
    def slow(*args: Any) -> Any:
        given = convert(signature, args)
        if all(a is b for a, b in zip(given, args, strict=True)):
            raise error("E0902", "the compiled entry refused arguments in canonical form")
        return cell[0]()(*given)
    return slow


def _fill(state: Any, signature: Signature, slow: Any, fail: Any, limit: int) -> None:
    values = {"slow": id(slow), "fail": id(fail), "float": id(float), "npfloat": id(float), "int": id(int),
              "true": id(True), "false": id(False), "budget": limit, "keep": max(limit // 8, 1 << 20),
              "threshold": _THRESHOLD}
    if signature.arrays or "numpy" in sys.modules:
        import numpy as np
        values |= {"npfloat": id(np.float64), "ndarray": id(np.ndarray), "new": _array_new()}
        for i, kind in enumerate(("float64", "float32", "int64", "bool")):
            dtype = np.dtype(kind)
            values |= {f"d{i}": id(dtype), f"n{i}": dtype.num}
    for key, value in values.items():
        state[STATE.index(key)] = value


@cache
def _array_new() -> int:
    """PyArray_New of NumPy's C interface: entry 93 of its table, fixed since 1.0."""
    import numpy._core._multiarray_umath as module  # type: ignore[import-not-found]

    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.argtypes, pointer.restype = [ctypes.py_object, ctypes.c_char_p], ctypes.c_void_p
    table = pointer(module._ARRAY_API, None)
    return int(ctypes.cast(table, ctypes.POINTER(ctypes.c_void_p))[93])
