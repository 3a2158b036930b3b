"""E063x: functions written in Python, and what tracing them can meet."""

from catad.source.codes import Code

CODES: dict[str, Code] = {
    "E0630": Code("Python would have to decide by a traced value", """
A function under `@catad.function` runs once, on tracers that stand for all values. `if`, `while`, `and`, `or`, `not`,
`in`, chained comparisons and `for` over `catad.range` as a statement are Python's, and would have to know the value.

    if x > 0: y = x                                           # wrong
    y = catad.where(x > 0, x, 0.0)                            # chooses between values
    y = catad.cond(x > 0, lambda: f(x), lambda: 0.0)          # runs one side only
    s = catad.while_loop(lambda s: s < 9.0, lambda s: 2 * s, x)

Truth values are combined with `&`, `|` and `~`. Loops over Python's `range`, and over lists, are unrolled.
"""),
    "E0631": Code("Python wants a number, and the value is traced", """
`int(x)`, `float(x)`, `len(x)` of an array whose size is no constant, `range(n)`, keys of dictionaries and functions
of the module `math` need a number now; a traced value has one only when the program runs.

    math.sin(x)      →  np.sin(x), or catad.math.sin(x)
    len(x)           →  x.shape[0]
    range(n)         →  catad.array(… for i in catad.range(n)), or catad.loop(n, body, start)
    int(x), float(n) →  catad.i64(x), catad.f64(n)
"""),
    "E0632": Code("a traced value outside of where it lives", """
A traced value belongs to the function, and to the body of the loop or branch, in which it was made. It cannot be kept
in a list or a global variable and used elsewhere: return it from the body instead.

    kept = []
    catad.loop(n, lambda i, s: kept.append(s) or s + i, 0.0)          # wrong
    states = catad.scan(lambda s, v: s + v, 0.0, x)                   # an array of all states
"""),
    "E0633": Code("a traced value cannot be changed", """
Values of the language do not change. Instead of `x[i] = v` there is another array, `x = x.at[i].set(v)`; compiled code
changes it in place where nothing else uses it.
"""),
    "E0634": Code("a Python value that is none of the language", """
Values are numbers, truth values, arrays, and tuples, lists, dictionaries, dataclasses and named tuples of them.
Strings, None, sets and other objects may be used while tracing, but cannot be part of the program; the same goes for
indices that are neither whole numbers nor slices, and for large arrays, which should be parameters.
"""),
    "E0635": Code("the signature of a Python function", """
Every parameter has a type, by its annotation:

    def f(x: catad.f64, n: catad.i64, flag: bool, a: catad.Array["n", 3], b: "[n, d]f64", p: Line) -> catad.f64:

where `Line` is a dataclass or named tuple whose fields are annotated. There are no `*args` and `**kwargs`. The result
need not be annotated.
"""),
    "E0636": Code("a NumPy function or method that is not available", """
The functions of NumPy that have a counterpart in the language can be used on traced values, without options such as
`out` and `keepdims`, and so can the methods of arrays. `catad.math` has all functions of the language.

    x.astype(np.float32)      →  catad.f32(x)
"""),
    "E0638": Code("a SymPy expression with no meaning in the language", """
`catad.from_sympy` takes expressions of real numbers: arithmetic, the elementary functions, gamma, erf and their like,
Piecewise, Max, Min, Sum and Product with whole bounds, Indexed, and matrix expressions. Complex numbers, unknown
functions, integrals and infinite sums have no counterpart.

    catad.from_sympy(sympy.besselj(0, x))               # wrong
    catad.from_sympy(sympy.besselj(0, x).series(x, 0, 9).removeO())
"""),
    "E0639": Code("an argument of a formula", """
The arguments of `catad.from_sympy(expr, args)` are symbols, IndexedBase, MatrixSymbol, and lists, tuples and matrices
of symbols; everything that occurs in the expression is one of them, or a size of one. Symbols declared with
`integer=True` are whole numbers.

    x, y = sympy.symbols("x y"); n, i = sympy.symbols("n i", integer=True)
    v = sympy.IndexedBase("v", shape=(n,))
    catad.from_sympy(x * sympy.Sum(v[i], (i, 0, n - 1)), [x, v])
"""),
    "E0637": Code("outside of a traced function", """
`catad.loop`, `catad.array`, `catad.math.sin` and their like build a program; they work in functions under
`@catad.function`, and in functions that those call.
"""),
}
