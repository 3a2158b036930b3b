"""What every compiled Python entry calls: a small library in LLVM text, compiled once.

    f64 f32 i64 bool array     one argument into its cells; 0 when it is anything but the canonical form
    new                        a fresh NumPy array for an output
    run                        workspace, budget, interpreter lock, kernel
    fail release poll          errors, arena, pending signals (Ctrl-C)

The state of an entry is a block of cells that Python fills in once (`STATE` names them). Objects are read at the
offsets of CPython's and NumPy's public structures, which `entry.supported` probes before use.
"""

from __future__ import annotations

__all__ = ["FUNCTIONS", "STATE", "SUPPORT"]

STATE = ("slow", "fail", "float", "npfloat", "int", "true", "false", "ndarray", "new", "d0", "d1", "d2", "d3",
         "n0", "n1", "n2", "n3", "block", "bytes", "busy", "budget", "keep", "threshold")

FUNCTIONS = tuple(f"cad.entry.{n}" for n in (
    "f64", "f32", "i64", "bool", "array", "new", "run", "fail", "release", "poll", "allocate", "drop", "late"))


def _cell(name: str) -> int:
    return STATE.index(name)


def _state(register: str, name: str, kind: str = "ptr") -> str:
    return (f"  %{register}.p = getelementptr i64, ptr %state, i64 {_cell(name)}\n"
            f"  %{register} = load {kind}, ptr %{register}.p")


_SCALARS = f"""
define i1 @cad.entry.f64(ptr %state, ptr %x, ptr %cell) nounwind {{
entry:
  %type.p = getelementptr i8, ptr %x, i64 8
  %type = load ptr, ptr %type.p
{_state("float", "float")}
  %is = icmp eq ptr %type, %float
  br i1 %is, label %plain, label %other
other:
{_state("npfloat", "npfloat")}
  %isnp = icmp eq ptr %type, %npfloat
  br i1 %isnp, label %plain, label %whole
whole:
{_state("int", "int")}
  %isint = icmp eq ptr %type, %int
  br i1 %isint, label %integer, label %no
plain:
  %v = call double @PyFloat_AsDouble(ptr %x)
  store double %v, ptr %cell
  ret i1 true
integer:
  %w = call double @PyLong_AsDouble(ptr %x)
  store double %w, ptr %cell
  %bad = fcmp oeq double %w, -1.0
  br i1 %bad, label %check, label %yes
check:
  %e = call ptr @PyErr_Occurred()
  %fine = icmp eq ptr %e, null
  br i1 %fine, label %yes, label %clear
clear:
  call void @PyErr_Clear()
  br label %no
yes:
  ret i1 true
no:
  ret i1 false
}}

define i1 @cad.entry.f32(ptr %state, ptr %x, ptr %cell) nounwind {{
  %ok = call i1 @cad.entry.f64(ptr %state, ptr %x, ptr %cell)
  br i1 %ok, label %yes, label %no
yes:
  %v = load double, ptr %cell
  %w = fptrunc double %v to float
  store i64 0, ptr %cell
  store float %w, ptr %cell
  ret i1 true
no:
  ret i1 false
}}

define i1 @cad.entry.i64(ptr %state, ptr %x, ptr %cell) nounwind {{
entry:
  %type.p = getelementptr i8, ptr %x, i64 8
  %type = load ptr, ptr %type.p
{_state("int", "int")}
  %is = icmp eq ptr %type, %int
  br i1 %is, label %take, label %no
take:
  %v = call i64 @PyLong_AsLongLong(ptr %x)
  store i64 %v, ptr %cell
  %bad = icmp eq i64 %v, -1
  br i1 %bad, label %check, label %yes
check:
  %e = call ptr @PyErr_Occurred()
  %fine = icmp eq ptr %e, null
  br i1 %fine, label %yes, label %clear
clear:
  call void @PyErr_Clear()
  br label %no
yes:
  ret i1 true
no:
  ret i1 false
}}

define i1 @cad.entry.bool(ptr %state, ptr %x, ptr %cell) nounwind {{
{_state("true", "true")}
{_state("false", "false")}
  %ist = icmp eq ptr %x, %true
  %isf = icmp eq ptr %x, %false
  %v = zext i1 %ist to i64
  store i64 %v, ptr %cell
  %ok = or i1 %ist, %isf
  ret i1 %ok
}}
"""

_ARRAYS = f"""
define i1 @cad.entry.array(ptr %state, ptr %x, i64 %kind, i32 %rank, ptr %cell, ptr %work) nounwind {{
entry:
  %type.p = getelementptr i8, ptr %x, i64 8
  %type = load ptr, ptr %type.p
{_state("ndarray", "ndarray")}
  %is = icmp eq ptr %type, %ndarray
  br i1 %is, label %array, label %no
array:
  %want.i = add i64 %kind, {_cell("d0")}
  %want.p = getelementptr i64, ptr %state, i64 %want.i
  %want = load ptr, ptr %want.p
  %dtype.p = getelementptr i8, ptr %x, i64 56
  %dtype = load ptr, ptr %dtype.p
  %ok1 = icmp eq ptr %dtype, %want
  %nd.p = getelementptr i8, ptr %x, i64 24
  %nd = load i32, ptr %nd.p
  %ok2 = icmp eq i32 %nd, %rank
  %flags.p = getelementptr i8, ptr %x, i64 64
  %flags = load i32, ptr %flags.p
  %both = and i32 %flags, 257
  %ok3 = icmp eq i32 %both, 257
  %ok12 = and i1 %ok1, %ok2
  %ok = and i1 %ok12, %ok3
  br i1 %ok, label %take, label %no
take:
  %data.p = getelementptr i8, ptr %x, i64 16
  %data = load ptr, ptr %data.p
  store ptr %data, ptr %cell
  %dims.p = getelementptr i8, ptr %x, i64 32
  %dims = load ptr, ptr %dims.p
  %n = zext i32 %rank to i64
  br label %loop
loop:
  %i = phi i64 [ 0, %take ], [ %j, %loop ]
  %size = phi i64 [ 8, %take ], [ %size1, %loop ]
  %from = getelementptr i64, ptr %dims, i64 %i
  %d = load i64, ptr %from
  %j = add i64 %i, 1
  %to = getelementptr i64, ptr %cell, i64 %j
  store i64 %d, ptr %to
  %size1 = mul i64 %size, %d
  %more = icmp ult i64 %j, %n
  br i1 %more, label %loop, label %yes
yes:
  %w = load i64, ptr %work
  %w1 = add i64 %w, %size1
  store i64 %w1, ptr %work
  ret i1 true
no:
  ret i1 false
}}

; a fresh array; null with an error set, or null without one when it would go over the budget
define ptr @cad.entry.new(ptr %state, i64 %kind, i64 %item, i32 %rank, ptr %dims, ptr %work) nounwind {{
entry:
  %n = zext i32 %rank to i64
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %j, %loop ]
  %size = phi i64 [ %item, %entry ], [ %size1, %loop ]
  %from = getelementptr i64, ptr %dims, i64 %i
  %d = load i64, ptr %from
  %both = call {{ i64, i1 }} @llvm.umul.with.overflow.i64(i64 %size, i64 %d)
  %over = extractvalue {{ i64, i1 }} %both, 1
  %exact = extractvalue {{ i64, i1 }} %both, 0
  %size1 = select i1 %over, i64 -1, i64 %exact
  %j = add i64 %i, 1
  %more = icmp ult i64 %j, %n
  br i1 %more, label %loop, label %check
check:
  %w = load i64, ptr %work
  %w1 = call i64 @llvm.uadd.sat.i64(i64 %w, i64 %size1)
  store i64 %w1, ptr %work
{_state("budget", "budget", "i64")}
  %ok = icmp ule i64 %w1, %budget
  br i1 %ok, label %make, label %no
make:
{_state("type", "ndarray")}
{_state("new", "new")}
  %num.i = add i64 %kind, {_cell("n0")}
  %num.p = getelementptr i64, ptr %state, i64 %num.i
  %num64 = load i64, ptr %num.p
  %num = trunc i64 %num64 to i32
  %a = call ptr %new(ptr %type, i32 %rank, ptr %dims, i32 %num, ptr null, ptr null, i32 0, i32 0, ptr null)
  ret ptr %a
no:
  ret ptr null
}}

define ptr @cad.entry.late(ptr %state, i64 %kind, i64 %item, i32 %rank, ptr %cell, ptr %work) nounwind {{
  %dims = getelementptr i64, ptr %cell, i64 1
  %a = call ptr @cad.entry.new(ptr %state, i64 %kind, i64 %item, i32 %rank, ptr %dims, ptr %work)
  %bad = icmp eq ptr %a, null
  br i1 %bad, label %no, label %copy
copy:
  %n = zext i32 %rank to i64
  br label %loop
loop:
  %i = phi i64 [ 0, %copy ], [ %j, %loop ]
  %size = phi i64 [ %item, %copy ], [ %size1, %loop ]
  %from = getelementptr i64, ptr %dims, i64 %i
  %d = load i64, ptr %from
  %size1 = mul i64 %size, %d
  %j = add i64 %i, 1
  %more = icmp ult i64 %j, %n
  br i1 %more, label %loop, label %fill
fill:
  %source = load ptr, ptr %cell
  %data.p = getelementptr i8, ptr %a, i64 16
  %data = load ptr, ptr %data.p
  call void @llvm.memcpy.p0.p0.i64(ptr %data, ptr %source, i64 %size1, i1 false)
  ret ptr %a
no:
  ret ptr null
}}
"""

_RUN = f"""
; arena = {{ head, used, budget }}; a block begins with a link to the one before
define ptr @cad.entry.allocate(ptr %arena, i64 %bytes) nounwind {{
  %used.p = getelementptr i64, ptr %arena, i64 1
  %used = load i64, ptr %used.p
  %budget.p = getelementptr i64, ptr %arena, i64 2
  %budget = load i64, ptr %budget.p
  %sum = call i64 @llvm.uadd.sat.i64(i64 %used, i64 %bytes)
  %ok = icmp ule i64 %sum, %budget
  br i1 %ok, label %go, label %no
go:
  %size = add i64 %bytes, 128
  %p = call ptr @PyMem_RawMalloc(i64 %size)
  %none = icmp eq ptr %p, null
  br i1 %none, label %no, label %link
link:
  store i64 %sum, ptr %used.p
  %head = load ptr, ptr %arena
  store ptr %head, ptr %p
  store ptr %p, ptr %arena
  %i = ptrtoint ptr %p to i64
  %i1 = add i64 %i, 127
  %i2 = and i64 %i1, -64
  %q = inttoptr i64 %i2 to ptr
  ret ptr %q
no:
  ret ptr null
}}

define void @cad.entry.release(ptr %arena) nounwind {{
entry:
  %first = load ptr, ptr %arena
  br label %test
test:
  %p = phi ptr [ %first, %entry ], [ %next, %free ]
  %end = icmp eq ptr %p, null
  br i1 %end, label %done, label %free
free:
  %next = load ptr, ptr %p
  call void @PyMem_RawFree(ptr %p)
  br label %test
done:
  store ptr null, ptr %arena
  ret void
}}

define i32 @cad.entry.poll() nounwind {{
  %g = call i32 @PyGILState_Ensure()
  %r = call i32 @PyErr_CheckSignals()
  call void @PyGILState_Release(i32 %g)
  %stop = icmp ne i32 %r, 0
  %s = zext i1 %stop to i32
  ret i32 %s
}}

; ctx = {{ workspace, bytes, site, a, b, arena, allocate, poll }}
define i32 @cad.entry.run(ptr %state, ptr %ctx, ptr %slots, ptr %kernel, i64 %work, i1 %heavy) nounwind {{
entry:
  %bytes.p = getelementptr i64, ptr %ctx, i64 1
  %bytes = load i64, ptr %bytes.p
  %total = call i64 @llvm.uadd.sat.i64(i64 %bytes, i64 %work)
{_state("budget", "budget", "i64")}
  %fits = icmp ule i64 %total, %budget
  br i1 %fits, label %take, label %refuse
refuse:
  %site.p = getelementptr i64, ptr %ctx, i64 2
  store i64 -1, ptr %site.p
  %a.p = getelementptr i64, ptr %ctx, i64 3
  store i64 %total, ptr %a.p
  %b.p = getelementptr i64, ptr %ctx, i64 4
  store i64 %budget, ptr %b.p
  ret i32 507
take:
  %arena.p = getelementptr i64, ptr %ctx, i64 5
  %arena = load ptr, ptr %arena.p
  %left.p = getelementptr i64, ptr %arena, i64 2
  %left = sub i64 %budget, %total
  store i64 %left, ptr %left.p
  %busy.p = getelementptr i64, ptr %state, i64 {_cell("busy")}
  %got = cmpxchg ptr %busy.p, i64 0, i64 1 acquire monotonic
  %mine = extractvalue {{ i64, i1 }} %got, 1
  %room = add i64 %bytes, 64
  br i1 %mine, label %cached, label %own
cached:
  %block.p = getelementptr i64, ptr %state, i64 {_cell("block")}
  %size.p = getelementptr i64, ptr %state, i64 {_cell("bytes")}
  %block = load ptr, ptr %block.p
  %size = load i64, ptr %size.p
  %enough = icmp uge i64 %size, %bytes
  %here = icmp ne ptr %block, null
  %reuse = and i1 %enough, %here
  br i1 %reuse, label %ready, label %grow
grow:
  call void @PyMem_RawFree(ptr %block)
  %new = call ptr @PyMem_RawMalloc(i64 %room)
  store ptr %new, ptr %block.p
  %failed = icmp eq ptr %new, null
  %size2 = select i1 %failed, i64 0, i64 %bytes
  store i64 %size2, ptr %size.p
  br i1 %failed, label %unlock, label %ready
unlock:
  store atomic i64 0, ptr %busy.p release, align 8
  br label %refuse
own:
  %temp = call ptr @PyMem_RawMalloc(i64 %room)
  %lost = icmp eq ptr %temp, null
  br i1 %lost, label %refuse, label %ready
ready:
  %raw = phi ptr [ %block, %cached ], [ %new, %grow ], [ %temp, %own ]
  %i = ptrtoint ptr %raw to i64
  %i1 = add i64 %i, 63
  %i2 = and i64 %i1, -64
  %aligned = inttoptr i64 %i2 to ptr
  store ptr %aligned, ptr %ctx
{_state("threshold", "threshold", "i64")}
  %big = icmp ugt i64 %total, %threshold
  %release = or i1 %big, %heavy
  br i1 %release, label %free, label %held
held:
  %r1 = call i32 %kernel(ptr %ctx, ptr %slots)
  br label %after
free:
  %thread = call ptr @PyEval_SaveThread()
  %r2 = call i32 %kernel(ptr %ctx, ptr %slots)
  call void @PyEval_RestoreThread(ptr %thread)
  br label %after
after:
  %r = phi i32 [ %r1, %held ], [ %r2, %free ]
  br i1 %mine, label %back, label %throw
back:
{_state("keep", "keep", "i64")}
  %k.p = getelementptr i64, ptr %state, i64 {_cell("bytes")}
  %k = load i64, ptr %k.p
  %much = icmp ugt i64 %k, %keep
  br i1 %much, label %shrink, label %open
shrink:
  call void @PyMem_RawFree(ptr %raw)
  %q.p = getelementptr i64, ptr %state, i64 {_cell("block")}
  store ptr null, ptr %q.p
  store i64 0, ptr %k.p
  br label %open
open:
  store atomic i64 0, ptr %busy.p release, align 8
  ret i32 %r
throw:
  call void @PyMem_RawFree(ptr %raw)
  ret i32 %r
}}

; calls fail(error, site, a, b), which raises; an error that is set already stays
define ptr @cad.entry.fail(ptr %state, i32 %error, ptr %ctx) nounwind {{
entry:
  %set = call ptr @PyErr_Occurred()
  %already = icmp ne ptr %set, null
  br i1 %already, label %done, label %call
call:
  %args = alloca [4 x ptr]
  %e64 = sext i32 %error to i64
  %o0 = call ptr @PyLong_FromLongLong(i64 %e64)
  store ptr %o0, ptr %args
  br label %loop
loop:
  %i = phi i64 [ 1, %call ], [ %j, %loop ]
  %c = add i64 %i, 1
  %p = getelementptr i64, ptr %ctx, i64 %c
  %v = load i64, ptr %p
  %o = call ptr @PyLong_FromLongLong(i64 %v)
  %to = getelementptr ptr, ptr %args, i64 %i
  store ptr %o, ptr %to
  %j = add i64 %i, 1
  %more = icmp ult i64 %j, 4
  br i1 %more, label %loop, label %go
go:
{_state("fail", "fail")}
  %r = call ptr @PyObject_Vectorcall(ptr %fail, ptr %args, i64 4, ptr null)
  call void @Py_DecRef(ptr %r)
  call void @cad.entry.drop(ptr %args, i64 4)
  br label %done
done:
  ret ptr null
}}

define void @cad.entry.drop(ptr %objects, i64 %n) nounwind {{
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %j, %loop ]
  %p = getelementptr ptr, ptr %objects, i64 %i
  %o = load ptr, ptr %p
  call void @Py_DecRef(ptr %o)
  %j = add i64 %i, 1
  %more = icmp ult i64 %j, %n
  br i1 %more, label %loop, label %done
done:
  ret void
}}
"""

_DECLARATIONS = """
declare double @PyFloat_AsDouble(ptr)
declare double @PyLong_AsDouble(ptr)
declare i64 @PyLong_AsLongLong(ptr)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyErr_Occurred()
declare void @PyErr_Clear()
declare i32 @PyErr_CheckSignals()
declare i32 @PyGILState_Ensure()
declare void @PyGILState_Release(i32)
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
declare ptr @PyMem_RawMalloc(i64)
declare void @PyMem_RawFree(ptr)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare void @Py_DecRef(ptr)
"""

SUPPORT = _DECLARATIONS + _SCALARS + _ARRAYS + _RUN
