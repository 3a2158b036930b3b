"""Codes of the backends: targets, object files, and mistakes of the native compiler."""

from __future__ import annotations

from catad.source.codes import Code

CODES: dict[str, Code] = {
    "E0701": Code("unknown target", """
Native code is made for a *target*: `host` (this machine, the default), or one of the baselines `x86-64`, `x86-64-v2`,
`x86-64-v3`, `x86-64-v4`, `aarch64`, `aarch64-apple` for code that is shipped. The environment variable `CATAD_TARGET`
names one, `CATAD_LANES` narrows the vectors to 1, 2, 4, 8 or 16 entries.

    $ CATAD_TARGET=x86-64-v9 catad run f.cad          -- there is no such target
    $ CATAD_TARGET=x86-64-v3 catad run f.cad
"""),
    "E0702": Code("no shared library without a C compiler", """
Building a shared library needs the system's C compiler as a linker (`cc`, `gcc` or `clang`, or what the environment
variable `CC` names), and it was not found or refused the objects. The object file and the header need no compiler:
build those, and link them with your own tools.
"""),
    "E0721": Code("a definition that calls itself", """
Native code has no general recursion: a call of a definition from within itself cannot be compiled. Write it as a loop.

    def power (x : f64) (n : i64) : f64 = loop y = 1.0 for i < n do y * x
"""),
    "E0722": Code("a size that is no argument", """
An entry can be called from outside when each of its sizes is known from its arguments: it stands alone as a dimension
of one of them, or it is an `i64` parameter.

    type length [n] = Metres f64 | Unknown
    def f [n] (s : length [n]) : f64 = …               -- no value has n entries: for other definitions only
    def f (n : i64) (s : length [n]) : f64 = …
"""),
    "E0902": Code("the native compiler refused our code", """
catad generated LLVM text that LLVM does not accept, or that needs a function which this machine does not have. That is
a mistake in catad, not in your program. The message names a file with the text: please report it together with the
program. Meanwhile the reference backend runs the program, slowly.
"""),
}
