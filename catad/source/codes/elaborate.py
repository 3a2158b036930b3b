"""E04xx: programs that are well typed and cannot (yet) become nets or machine code."""

from catad.source.codes import Code

CODES: dict[str, Code] = {
    "E0401": Code("a function is chosen while the program runs", """
Functions are values, and disappear while a program is compiled: every application of a known function is unfolded. A
function that is picked by a condition, stored in an array or carried by a loop would have to be data at run time.

    def f (c : bool) (x : f64) : f64 = (if c then sin else cos) x       -- wrong

Apply first and choose between the results:

    def f (c : bool) (x : f64) : f64 = if c then sin x else cos x
"""),
    "E0402": Code("a function is not known while compiling", """
What is called from Python, the command line or C takes and returns numbers, arrays, tuples and records. A definition
over functions can be used by other definitions:

    def twice (f : f64 -> f64) (x : f64) : f64 = f (f x)
    def main (x : f64) : f64 = twice sin x                              -- this one can be called
"""),
    "E0403": Code("this function cannot be differentiated here", """
A derivative operator was applied to a function whose result holds a function. Differentiate a function into numbers,
arrays, tuples or records.
"""),
    "E0405": Code("a derivative that is not linear", """
A declared derivative says how the result changes when the arguments change by `x'`, `z'`, …: each term holds exactly
one of these, as a factor. From this one equation follow forward, reverse and Taylor derivatives.

    derivative f (x) = y : y' = cos x                   -- wrong: x' is missing
    derivative f (x) = y : y' = x' * x'                 -- wrong: not linear
    derivative f (x) = y : y' = cos x * x'
"""),
    "E0404": Code("an operation is not defined at these types", """
The operation exists, but not at the types it is used at; this shows up where a polymorphic definition is used.
"""),
}
