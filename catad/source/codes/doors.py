"""E06xx: the doors. Files, entries, Python values, the command line."""

from catad.source.codes import Code

CODES: dict[str, Code] = {
    "E0601": Code("a file cannot be read or written", """
The file is not there, may not be opened, or is not UTF-8 text. Paths on the command line are relative to the
folder you are in; paths in `import` are relative to the file that imports.
"""),
    "E0602": Code("there is no such entry", """
The program has no definition of that name that can be called, or several and none of them is `main`.

    catad run model.cad           -- with two definitions and no `main`
    catad run model.cad loss      -- says which one
"""),
    "E0603": Code("a definition that cannot be called from outside", """
Python, the command line and C can call definitions whose parameters and result hold no functions, no sums and no type
variables. A definition such as

    def twice (f : a -> a) (x : a) : a = f (f x)

is for other definitions. Write one that fixes what is open, and call that:

    def four_times (x : f64) : f64 = twice (\\y -> y + y) x
"""),
    "E0604": Code("the arguments do not match the parameters", """
A call from outside gives every parameter exactly one argument, by position or by name. There is no partial
application from Python; a parameter that is a tuple takes one tuple.

    def f (x : f64) (y : f64) : f64 = x * y       f(2.0, 3.0)     f(2.0, y=3.0)
    def g (x : f64, y : f64) : f64 = x * y        g((2.0, 3.0))
"""),
    "E0605": Code("a value of the wrong kind", """
The argument is of another kind than the parameter: a number where an array is wanted, a truth value where a number
is wanted, a tuple of the wrong length. Python integers are taken where a float is wanted; nothing else is converted.
"""),
    "E0606": Code("an array or scalar of another element type", """
Arrays are taken only in the element type of the parameter: `f64` is NumPy's float64, `f32` float32, `i64` int64,
`bool` bool. Nothing is promoted or truncated silently; convert with `x.astype(numpy.float64)` where that is meant.
Lists of Python numbers have no element type yet and become what is wanted.
"""),
    "E0607": Code("an array of another shape", """
The number of dimensions, or their sizes, differ from the type of the parameter. Equal names are equal sizes:

    def dot [n] (x : [n]f64) (y : [n]f64) : f64 = …

takes two arrays of one length. Nothing is broadcast.
"""),
    "E0608": Code("a record with other fields", """
Records are passed as dictionaries, dataclasses or named tuples with exactly the fields of the type. An array of
records `[n]{x : f64, y : f64}` is passed as a record of arrays: `{"x": xs, "y": ys}`.
"""),
    "E0609": Code("a transform with wrong arguments", """
`argnums` names parameters by position (from 0) or by name, each once, and only such that carry derivatives: floats,
and arrays, tuples and records that hold some. `jet` takes an order from 0 on; `vmap` takes 0 or None for each
parameter, and None for an i64 parameter that is a size of the result: the results of a batch have one shape.
"""),
    "E0610": Code("the function has not one float result", """
`grad`, `value_and_grad`, `hessian` and `hvp` are for functions whose result is one `f64` or `f32`. For others there is
`vjp`, which takes a cotangent of the result, and `jacobian`, which gives all partial derivatives.
"""),
    "E0611": Code("there is no such backend or form of output", """
Functions are called by the backends `llvm` (native code, the default), `strict` (native code in which no sum is
regrouped and no multiplication contracted with an addition), `reference` (NumPy; slow, and the definition of what a
program means), `check-nan` and `check-inf` (the reference, stopping where a NaN or an infinity is made; in Python
`check="nan"` and `check="inf"`), `exact` (rational numbers), `mp:50` (50 digits), `mod:65537` (residues modulo a
prime) and `symbolic` (SymPy). The forms of `catad build --emit` are listed by `catad build --help`.
"""),
    "E0612": Code("an argument on the command line that is not a value", """
Arguments of `catad run` are JSON: `1.5`, `[[1, 2], [3, 4]]`, `true`, `{"w": 1, "h": 2}`; `"nan"`, `"inf"` and `"-inf"`
(with or without quotes) are floats. `@data.json`, `@data.npy` and `@data.npz` read a file. `x=…` gives the
parameter `x`.
"""),
    "E0613": Code("a test in a comment failed", """
`-- > expression` is evaluated natively and by the reference; `-- = value` is what both should give (within 1e-9,
relatively), `-- ! E0501` the code with which both should fail.
"""),
    "E0614": Code("a test in a comment is not complete", """
A line `-- > expression` needs a line `-- = value` or `-- ! CODE` after it, and the other way round.
"""),
    "E0615": Code("a vector of another length", """
`catad.scipy` gives SciPy functions of one flat vector: the float leaves of the chosen parameters, one after the other.
Its length is fixed by the arguments given first. `flat` makes the vector of given parameters, `structured` goes back.

    o = catad.scipy.objective(loss, {"w": [1.0, 2.0], "h": 0.0}, x, y)
    o.fun([0.0, 1.0, 2.0])                    # h, then w: fields are in the order of their names
"""),
    "E0616": Code("a function that a solver of SciPy cannot use", """
`catad.scipy.ode` wants a time that is one f64 and a state of the type of the result; `catad.scipy.low_level` wants a
function into one f64 whose free parameters are f64 each: fix the others by name.

    def f (x : f64) (knots : [n]f64) : f64 = …         low_level(f, knots=[0.0, 1.0])
"""),
    "E0617": Code("the sizes of the result are known only while running", """
The pattern of a sparse Jacobian is read off the net at the sizes of the arguments. A result whose size depends on
floating-point values has no fixed pattern; use the dense `jac`, or products `jvp` and `vjp`.
"""),
    "E0618": Code("a command of the repl that is not one", """
Commands of `catad repl` begin with a colon and may be shortened: `:type map`, `:t map`. `:help` lists them. Everything
else is an expression or a declaration of the language.
"""),
}
