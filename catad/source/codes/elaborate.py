"""E04xx: programs that are well typed and cannot (yet) become nets or machine code."""

from catad.source.codes import Code

CODES: dict[str, Code] = {
    "E0401": Code("a function grows with every trip of a loop", """
Functions may be chosen by a condition, stored in arrays and carried by loops: they are then data, one of the functions
that the program writes down and what it captured. A function that captures the function of the trip before would
have to hold as many functions as there are trips:

    def f (n : i64) (x : f64) : f64 = (loop g = sin for i < n do (\\t -> g (g t))) x       -- wrong

Carry what the function is made of, and apply where it is called:

    def f (n : i64) (x : f64) : f64 = loop y = x for i < n do sin y
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
