"""Kernels written by hand in LLVM text, for tests of what surrounds a kernel."""

from __future__ import annotations

from catad.backends.llvm.signature import Port, Signature

SQUARE = """
define i32 @square.prepare(ptr %ctx, ptr %slots) {
  ret i32 0
}
define i32 @square.run(ptr %ctx, ptr %slots) {
  %x = load double, ptr %slots
  %y = fmul double %x, %x
  %p = getelementptr i64, ptr %slots, i64 1
  store double %y, ptr %p
  ret i32 0
}
"""
SQUARE_SIGNATURE = Signature((Port("f64", name="x"),), (Port("f64"),))

# add: [n]f64 -> [n]f64 -> [n]f64, E0502 with both sizes at site 7 when they differ; the sum goes through the workspace
ADD = """
define i32 @add.prepare(ptr %ctx, ptr %slots) {
  %np = getelementptr i64, ptr %slots, i64 1
  %n = load i64, ptr %np
  %mp = getelementptr i64, ptr %slots, i64 3
  %m = load i64, ptr %mp
  %op = getelementptr i64, ptr %slots, i64 5
  store i64 %n, ptr %op
  %bytes = mul i64 %n, 8
  %wp = getelementptr i64, ptr %ctx, i64 1
  store i64 %bytes, ptr %wp
  %sp = getelementptr i64, ptr %ctx, i64 2
  store i64 7, ptr %sp
  %ap = getelementptr i64, ptr %ctx, i64 3
  store i64 %n, ptr %ap
  %bp = getelementptr i64, ptr %ctx, i64 4
  store i64 %m, ptr %bp
  %same = icmp eq i64 %n, %m
  %code = select i1 %same, i32 0, i32 502
  ret i32 %code
}
define i32 @add.run(ptr %ctx, ptr %slots) {
entry:
  %np = getelementptr i64, ptr %slots, i64 1
  %n = load i64, ptr %np
  %a = load ptr, ptr %slots
  %bp = getelementptr i64, ptr %slots, i64 2
  %b = load ptr, ptr %bp
  %cp = getelementptr i64, ptr %slots, i64 4
  %c = load ptr, ptr %cp
  %w = load ptr, ptr %ctx
  %wi = ptrtoint ptr %w to i64
  %low = and i64 %wi, 63
  %aligned = icmp eq i64 %low, 0
  br i1 %aligned, label %test, label %bad
test:
  %i = phi i64 [ 0, %entry ], [ %j, %loop ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %loop, label %done
loop:
  %ai = getelementptr double, ptr %a, i64 %i
  %av = load double, ptr %ai
  %bi = getelementptr double, ptr %b, i64 %i
  %bv = load double, ptr %bi
  %s = fadd double %av, %bv
  %wp = getelementptr double, ptr %w, i64 %i
  store double %s, ptr %wp
  %t = load double, ptr %wp
  %ci = getelementptr double, ptr %c, i64 %i
  store double %t, ptr %ci
  %j = add i64 %i, 1
  br label %test
done:
  ret i32 0
bad:
  ret i32 508
}
"""
ADD_SIGNATURE = Signature((Port("f64", 1, name="a"), Port("f64", 1, name="b")), (Port("f64", 1),))

# mixed: (f32, i64, bool, [n,m]i64) -> (twice, minus, not, [k]f32 from the arena, the [n,m]i64 copied)
MIXED = """
define i32 @mixed.prepare(ptr %ctx, ptr %slots) {
  %kp = getelementptr i64, ptr %slots, i64 10
  store i64 -1, ptr %kp
  %np = getelementptr i64, ptr %slots, i64 4
  %n = load i64, ptr %np
  %mp = getelementptr i64, ptr %slots, i64 5
  %m = load i64, ptr %mp
  %nq = getelementptr i64, ptr %slots, i64 12
  store i64 %n, ptr %nq
  %mq = getelementptr i64, ptr %slots, i64 13
  store i64 %m, ptr %mq
  ret i32 0
}
define i32 @mixed.run(ptr %ctx, ptr %slots) {
entry:
  %x = load float, ptr %slots
  %y = fadd float %x, %x
  %yp = getelementptr i64, ptr %slots, i64 6
  store float %y, ptr %yp
  %kp = getelementptr i64, ptr %slots, i64 1
  %k = load i64, ptr %kp
  %minus = sub i64 0, %k
  %mp = getelementptr i64, ptr %slots, i64 7
  store i64 %minus, ptr %mp
  %bp = getelementptr i64, ptr %slots, i64 2
  %b = load i64, ptr %bp
  %nb = xor i64 %b, 1
  %nbp = getelementptr i64, ptr %slots, i64 8
  store i64 %nb, ptr %nbp
  %arena.p = getelementptr i64, ptr %ctx, i64 5
  %arena = load ptr, ptr %arena.p
  %f.p = getelementptr i64, ptr %ctx, i64 6
  %f = load ptr, ptr %f.p
  %bytes = mul i64 %k, 4
  %z = call ptr %f(ptr %arena, i64 %bytes)
  %none = icmp eq ptr %z, null
  br i1 %none, label %refused, label %fill
fill:
  %i = phi i64 [ 0, %entry ], [ %j, %more ]
  %in = icmp slt i64 %i, %k
  br i1 %in, label %more, label %copy
more:
  %zi = getelementptr float, ptr %z, i64 %i
  store float %x, ptr %zi
  %j = add i64 %i, 1
  br label %fill
copy:
  %zp = getelementptr i64, ptr %slots, i64 9
  store ptr %z, ptr %zp
  %zd = getelementptr i64, ptr %slots, i64 10
  store i64 %k, ptr %zd
  %ap = getelementptr i64, ptr %slots, i64 3
  %a = load ptr, ptr %ap
  %np = getelementptr i64, ptr %slots, i64 4
  %n = load i64, ptr %np
  %wp = getelementptr i64, ptr %slots, i64 5
  %w = load i64, ptr %wp
  %nw = mul i64 %n, %w
  %size = mul i64 %nw, 8
  %op = getelementptr i64, ptr %slots, i64 11
  %o = load ptr, ptr %op
  call void @llvm.memcpy.p0.p0.i64(ptr %o, ptr %a, i64 %size, i1 false)
  ret i32 0
refused:
  %site = getelementptr i64, ptr %ctx, i64 2
  store i64 3, ptr %site
  %want = getelementptr i64, ptr %ctx, i64 3
  store i64 %bytes, ptr %want
  ret i32 507
}
"""
MIXED_SIGNATURE = Signature(
    (Port("f32", name="x"), Port("i64", name="k"), Port("bool", name="b"), Port("i64", 2, name="a")),
    (Port("f32"), Port("i64"), Port("bool"), Port("f32", 1, dynamic=True), Port("i64", 2)))

# spin: loops until poll says stop (E0509), or x rounds
SPIN = """
define i32 @spin.prepare(ptr %ctx, ptr %slots) {
  ret i32 0
}
define i32 @spin.run(ptr %ctx, ptr %slots) {
entry:
  %n = load i64, ptr %slots
  %f.p = getelementptr i64, ptr %ctx, i64 7
  %f = load ptr, ptr %f.p
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %j, %on ]
  %stop = call i32 %f()
  %no = icmp eq i32 %stop, 0
  br i1 %no, label %on, label %stopped
on:
  %j = add i64 %i, 1
  %more = icmp slt i64 %j, %n
  br i1 %more, label %loop, label %done
stopped:
  ret i32 509
done:
  %p = getelementptr i64, ptr %slots, i64 1
  store i64 %i, ptr %p
  ret i32 0
}
"""
SPIN_SIGNATURE = Signature((Port("i64", name="n"),), (Port("i64"),), heavy=True)
