"""The part of the entries' library that runs a kernel: arena, pending signals, workspace and budget, errors.

    run: refuse what goes over the budget; take the cached workspace, or one of one's own when another thread has it;
         let the interpreter lock go when there is much work; give everything back
"""

from __future__ import annotations

from catad.backends.llvm.support_state import cell, state

__all__ = ["RUN"]

RUN = f"""
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
{state("budget", "budget", "i64")}
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
  %busy.p = getelementptr i64, ptr %state, i64 {cell("busy")}
  %got = cmpxchg ptr %busy.p, i64 0, i64 1 acquire monotonic
  %mine = extractvalue {{ i64, i1 }} %got, 1
  %room = add i64 %bytes, 64
  br i1 %mine, label %cached, label %own
cached:
  %block.p = getelementptr i64, ptr %state, i64 {cell("block")}
  %size.p = getelementptr i64, ptr %state, i64 {cell("bytes")}
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
{state("threshold", "threshold", "i64")}
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
{state("keep", "keep", "i64")}
  %k.p = getelementptr i64, ptr %state, i64 {cell("bytes")}
  %k = load i64, ptr %k.p
  %much = icmp ugt i64 %k, %keep
  br i1 %much, label %shrink, label %open
shrink:
  call void @PyMem_RawFree(ptr %raw)
  %q.p = getelementptr i64, ptr %state, i64 {cell("block")}
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
{state("fail", "fail")}
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
