"""Why a running program stops (E0501 … E0509 in every backend, E0510 where it is asked for), and what exact and
symbolic meanings refuse (E071x)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from catad.source.codes import Code

__all__ = ["CODES", "HINTS"]

# What to do about one, in a line; every backend says it.
HINTS: Mapping[str, str] = MappingProxyType({
    "E0501": "indices run from 0 to one less than the size",
    "E0502": "nothing is padded, cut or broadcast: give arrays of one size, or cut the longer one, as in `y[..n]`",
    "E0503": "test the divisor first: `if n == 0 then … else k div n`",
    "E0504": "the power of a float is a fraction: `f64 n ^ k`",
    "E0505": "test the size first: `if n == 0 then … else maximum x`",
    "E0506": "a size that a type speaks of must not be negative; `max 0 k` makes one of any number",
    "E0507": "`sum (for …)` never builds what it adds; CATAD_MEMORY raises the budget, as in CATAD_MEMORY=8G",
    "E0508": "the program takes this for granted: see what it was called with",
})

CODES: dict[str, Code] = {
    "E0501": Code("index out of bounds", """
An index must lie between 0 and one less than the size of the dimension it selects from. Negative indices do not
count from the end.

    def last [n] (x : [n]f64) : f64 = x[n]          -- stops: the last entry is x[n - 1]
    def last [n] (x : [n]f64) : f64 = x[n - 1]      -- stops only when n is 0

The message names the index and the number of entries. Guard the access with `if`: a branch that is not taken is
not run.
"""),
    "E0502": Code("sizes differ", """
Two sizes had to be equal, the compiler could not prove it, and the values met while running differ.

    def dot [n] (x : [n]f64) (y : [n]f64) : f64 = sum (for i < n -> x[i] * y[i])

called with arrays of 3 and of 4 entries stops here: `n` cannot be both. Nothing is padded, cut or broadcast. Give
arrays of equal sizes, or cut the longer one: `y[0..3]`.
"""),
    "E0503": Code("integer division by zero", """
`div` and `mod` on i64 have no value at a zero divisor.

    def wheel (k : i64) (n : i64) : i64 = k mod n                             -- stops when n is 0
    def wheel (k : i64) (n : i64) : i64 = if n == 0 then 0 else k mod n

Division of floats never stops: `1.0 / 0.0` is infinite and `0.0 / 0.0` is NaN.
"""),
    "E0504": Code("negative power of an integer", """
A negative power of an integer is a fraction, which i64 cannot hold.

    def inverse (n : i64) : i64 = n ^ (0 - 1)           -- stops
    def inverse (n : i64) : f64 = f64 n ^ (0 - 1)       -- 1 / n

A float with a negative integer exponent is the reciprocal of the power.
"""),
    "E0505": Code("reduction of nothing", """
`maximum`, `minimum`, `argmax` and `argmin` choose an entry, so there must be one.

    def peak [n] (x : [n]f64) : f64 = maximum x                               -- stops when n is 0
    def peak [n] (x : [n]f64) : f64 = if n == 0 then 0 else maximum x

`sum`, `product`, `all` and `any` of nothing are 0, 1, true and false.
"""),
    "E0506": Code("negative size", """
An integer that becomes the size of an array must not be negative.

    def zeros (k : i64) : [k]f64 = for i < k -> 0.0     -- stops at k = -1: no array has -1 entries

A loop `for i < e` whose size appears in no type runs no trip when `e` is negative; a size that a type speaks of
must be a true one.
"""),
    "E0507": Code("not enough memory", """
An array was asked for that does not fit into memory, or that exceeds the budget the program was given. Nothing was
allocated; the process goes on.

    def table (n : i64) : [n, n]f64 = for i < n, j < n -> f64 (i * j)         -- n = 10^6 needs 8 terabytes

Often the array need not exist: `sum (for i < n -> …)` never builds what it adds. Otherwise raise the budget.
"""),
    "E0508": Code("assertion failed", """
The condition of an `assert c e` was false.

    def root (x : f64) : f64 = assert (x >= 0) (sqrt x)                       -- stops at x = -1

The message shows the span of the condition. The assertion states what the program takes for granted: either the
input is wrong, or the assertion is.
"""),
    "E0509": Code("interrupted", """
The program was stopped from outside: Ctrl-C, a signal, or the caller's own request. Long loops look for such a
request every so often. Nothing is left half done; the function can be called again.
"""),
    "E0510": Code("a NaN or an infinity is made", """
Programs go on with NaN and infinities, as IEEE says. Where such a value should not be, ask for the operation that makes
the first one:

    catad run model.cad loss @data.json --grad --check nan
    catad.compile(text, entry="loss", check="nan")

The program is then run by the reference backend, and stops here. The message names the operation with its operands.
What is marked may also be the text whose derivative holds the operation: that of `sqrt x` divides by `2 * sqrt x`.
Constants, arguments and branches that are not taken are not reported. `inf` in place of `nan` reports infinities too.
"""),
    "E0711": Code("a primitive without such a meaning", """
Exact evaluation knows the ring operations, division, comparison, `abs`, `sign`, `max`, `min`, rounding and integer
powers of rational numbers; modulo a prime only the ring operations, division and equality are left; formulas know
all that SymPy has a name for. `exp 1` is no rational number, and there is no smaller residue.

Ask for digits instead: the backend `mp:50` evaluates every primitive with long floats.

    catad run model.cad loss 1.5 --backend mp:50            f.with_backend("mp:50")(1.5)
"""),
    "E0712": Code("a choice that depends on an unknown", """
In a formula, an index, a size, an integer or the position of a maximum must be a known number: they decide which
formula there is. Conditions of `if` may be unknown (the result is piecewise), but both branches must then give
values of one shape.

    def pick [n] (x : [n]f64) (t : f64) : f64 = x[i64 t]          -- no formula while t is a symbol

Give numbers for these inputs.
"""),
    "E0713": Code("a program that is no formula", """
`symbolic.formula` gives the formula of a program with one scalar result, once each of its sizes and integer inputs
is a number:

    formula(table, "norm", n=3)

Other programs can be run on symbols entry by entry: `symbolic.run`.
"""),
    "E0714": Code("no inverse modulo this prime", """
A division met a divisor that is 0 modulo the chosen prime, although it may well differ from 0. Choose another
prime; a large random one meets such a divisor almost never, unless the divisor is 0 indeed.
"""),
}
