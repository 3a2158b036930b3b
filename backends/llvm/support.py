"""What every compiled Python entry calls: a small library in LLVM text, compiled once.

    f64 f32 i64 bool array     one argument into its cells; 0 when it is anything but the canonical form
    new                        a fresh NumPy array for an output
    run                        workspace, budget, interpreter lock, kernel
    fail release poll          errors, arena, pending signals (Ctrl-C)

Objects are read at the offsets of CPython's and NumPy's public structures, which `entry.supported` probes before use.
"""

from __future__ import annotations

from catad.backends.llvm.support_run import RUN
from catad.backends.llvm.support_state import cell, state

__all__ = ["FUNCTIONS", "SUPPORT"]

FUNCTIONS = tuple(f"cad.entry.{n}" for n in (
    "f64", "f32", "i64", "bool", "array", "new", "run", "fail", "release", "poll", "allocate", "drop", "late"))


_SCALARS = f"""
define i1 @cad.entry.f64(ptr %state, ptr %x, ptr %cell) nounwind {{
entry:
  %type.p = getelementptr i8, ptr %x, i64 8
  %type = load ptr, ptr %type.p
{state("float", "float")}
  %is = icmp eq ptr %type, %float
  br i1 %is, label %plain, label %other
other:
{state("npfloat", "npfloat")}
  %isnp = icmp eq ptr %type, %npfloat
  br i1 %isnp, label %plain, label %whole
whole:
{state("int", "int")}
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
{state("int", "int")}
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
{state("true", "true")}
{state("false", "false")}
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
{state("ndarray", "ndarray")}
  %is = icmp eq ptr %type, %ndarray
  br i1 %is, label %array, label %no
array:
  %want.i = add i64 %kind, {cell("d0")}
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
{state("budget", "budget", "i64")}
  %ok = icmp ule i64 %w1, %budget
  br i1 %ok, label %make, label %no
make:
{state("type", "ndarray")}
{state("new", "new")}
  %num.i = add i64 %kind, {cell("n0")}
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

SUPPORT = _DECLARATIONS + _SCALARS + _ARRAYS + RUN
