"""E03xx: sizes."""

from catad.source.codes import Code

CODES: dict[str, Code] = {
    "E0301": Code("two sizes differ", """
Two arrays must have one size, and theirs can never be equal: two different numbers, or `n` and `n + 1`. (Sizes that
may be equal, such as `n` and `m`, are compared when the program runs.)

    def f (x : [3]f64) (y : [4]f64) : f64 = dot x y             -- wrong
"""),
    "E0302": Code("a size is not declared", """
A size in a type is bound in brackets after the name of the definition, or is an i64 parameter that stands before.

    def f (x : [n]f64) : f64 = sum x                            -- wrong
    def f [n] (x : [n]f64) : f64 = sum x
    def f (n : i64) (x : f64) : [n]f64 = for i < n -> x
"""),
    "E0303": Code("a size would leave its scope", """
A size that is computed inside the body of a `for`, a loop, a function or a branch is not known outside of it, so the
result may not have it. Arrays of arrays are rectangular.

    def f (n : i64) = for i < n -> for j < i -> 1.0             -- wrong: row i would have i entries
    def f (n : i64) = for i < n -> for j < n -> if j < i then 1.0 else 0.0

The same holds of a function that leaves, when it captures an array of such a size. Call it inside, or compute the size
outside.
"""),
    "E0304": Code("a size is not determined", """
Nothing says how many entries some array has. Annotate it.
"""),
    "E0305": Code("a size that no argument tells", """
Every size of a definition must be read off an argument: it stands alone as a dimension of a parameter, or it is an i64
parameter.

    def zeros [n] : [n]f64 = for i < n -> 0.0                   -- wrong
    def zeros (n : i64) : [n]f64 = for i < n -> 0.0
"""),
    "E0306": Code("this is not a size", """
Sizes in types are polynomials in sizes and i64 parameters: `n`, `2*n+1`, `d*(d-1)/2`. Give any other value a name
first.

    def f (x : f64) (y : [i64 x]f64) : f64 = sum y              -- wrong
"""),
    "E0307": Code("a size is negative", """
An array has at least no entries.
"""),
    "E0308": Code("a size known only when the program runs leaves a definition", """
The result of this definition has a size that it computes. It can be called from Python or the command line, but not by
other definitions, which would not know the size. Let the caller compute the size and pass it as an i64 parameter.

    def some (x : f64) = for i < i64 x -> 1.0
    def f (x : f64) : f64 = sum (some x)                        -- wrong
"""),
}
