"""What can be wrong with the form of a program."""

from __future__ import annotations

from catad.source.codes import Code

CODES: dict[str, Code] = {
    "E0101": Code("a character or a mark that is not part of the language", """
The text holds something that begins no word, number or operator of the language. Names are made of the letters
`A-Z a-z`, digits and `_`, and may end in primes (`x'`). Strings, which only `import` uses, end on their line.

    def f (x : f64) = x & 1        -- wrong
    def f (x : i64) = band x 1     -- bit operations are functions: band bor bxor bnot shl shr
"""),
    "E0102": Code("a number that runs into letters", """
A number is followed by something that cannot belong to it.

    def f (x : f64) = 2x           -- wrong
    def f (x : f64) = 2 * x

Numbers are written `12`, `1_000`, `2.5`, `1e-3`. A digit stands on both sides of the point: `1.0`, `0.5`.
"""),
    "E0103": Code("a bracket without its partner", """
A parenthesis, bracket or brace is opened and never closed, or closed and never opened, or closed by one of
another kind.

    def f (x : f64) = sin (x + 1   -- wrong
    def f (x : f64) = sin (x + 1)
"""),
    "E0104": Code("nested too deep", """
Parentheses, lambdas, loops and so on stand within each other more than 200 levels deep. Chains are not limited:
as many `let`s, `else if`s, operators and applications may follow each other as you like.

Name a part with `let`, or make it a definition of its own.
"""),
    "E0105": Code("something else was expected here", """
The text stops making sense at the place that is underlined. The message says what may stand there. The usual slips:

    let x = 1                      -- wrong: a let ends with  in …
    if x > 0 then x                -- wrong: there is no if without else
    if x = 0 then 1 else 2         -- wrong: equality is  ==
    map \\x -> x + 1 xs            -- wrong: as an argument, a lambda stands in parentheses
    a [i]                          -- an application of a to [i]; the bracket that indexes touches the array: a[i]
"""),
    "E0106": Code("a form that cannot mean anything", """
The words are in order, but what they say has no meaning: a function in a `let` whose name is a pattern, a
constructor with several values (make them a tuple), an equation for something else than the tangent of the result.

    derivative f (x) = y : z' = x'     -- wrong: the equation gives y'
    derivative f (x) = y : y' = x'
"""),
    "E0107": Code("a declaration was expected here", """
A file consists of declarations, each of which begins with `def`, `type`, `import` or `derivative`.

    x = 3                          -- wrong
    def x = 3
"""),
}
