"""E02xx: names and types."""

from catad.source.codes import Code

CODES: dict[str, Code] = {
    "E0201": Code("a name is not known", """
Nothing of this name is in scope: no variable, no size, no definition of this file or of what it imports, nothing of
the prelude. Definitions may stand in any order. An imported definition is written `alias.name`.

    def f (x : f64) : f64 = sine x          -- wrong
    def f (x : f64) : f64 = sin x
"""),
    "E0202": Code("two types do not agree", """
An expression has one type, and its place needs another. The labels say where each comes from. There is no implicit
conversion, except that literals take the number type that is needed: `f64 n` makes a float of a whole number.

    def f (n : i64) (x : f64) : f64 = n * x         -- wrong
    def f (n : i64) (x : f64) : f64 = f64 n * x
"""),
    "E0203": Code("a type is not known", """
The types are `f64`, `f32`, `i64`, `bool`, tuples `(a, b)`, records `{x : a}`, arrays `[n]a`, functions `a -> b`,
tangents `a'`, and those that `type` declares. A lower-case name that is not declared is a type variable: any type.

    def f (x : float) : float = x           -- wrong
    def f (x : f64) : f64 = x
"""),
    "E0204": Code("something that is not a function is applied", """
Application is juxtaposition: `f x y`. A missing operator looks like an application, and so does an index whose bracket
does not touch the array.

    def f (x : f64) : f64 = 2 x             -- wrong
    def f (x : f64) : f64 = 2 * x
"""),
    "E0205": Code("an operator on something that is no scalar", """
Operators work on single numbers, and nothing broadcasts. `add`, `sub` and `scale` work on arrays and tuples as vectors;
`map`, `map2` and `for` work entry by entry.

    def f [n] (x : [n]f64) : [n]f64 = 2 * x                     -- wrong
    def f [n] (x : [n]f64) : [n]f64 = scale 2 x
    def f [n] (x : [n]f64) : [n]f64 = for i < n -> 2 * x[i]
"""),
    "E0206": Code("a type outside of those allowed here", """
Some places take only numbers, only floats, or only vectors: `+` adds numbers, `/` and `sin` are for floats, `zero` is
for vectors.

    def f (n : i64) : i64 = n / 2           -- wrong: / is for floats
    def f (n : i64) : i64 = n div 2
"""),
    "E0207": Code("definitions that need each other", """
A definition may use those it likes, as long as no circle arises. Repetition is written with `loop`. A type alias may
not stand for itself either.

    def even (n : i64) : bool = if n == 0 then true else odd (n - 1)        -- wrong
    def odd (n : i64) : bool = if n == 0 then false else even (n - 1)
"""),
    "E0208": Code("recursion", """
`def rec` is recursion on the structure of a tree: each call is on a part of what a parameter holds, named by `case`.
Its other arguments stay as they are, or depend on the node and on what was passed to it; one child is called with one
value of them. A tree that it makes has one node for each node. All other repetition is written with `loop`.

    def power (x : f64) (n : i64) : f64 = if n == 0 then 1 else x * power x (n - 1)     -- wrong
    def power (x : f64) (n : i64) : f64 = loop p = 1 for i < n do p * x

    type list = Nil | Cons (f64, list)

    def rec total (t : list) : f64 = case t of | Nil -> 0 | Cons (x, rest) -> x + total t            -- wrong
    def rec total (t : list) : f64 = case t of | Nil -> 0 | Cons (x, rest) -> x + total rest
"""),
    "E0209": Code("a name is declared twice", """
Two definitions, parameters, fields or sizes that stand beside each other have the same name. (An inner variable may
take the name of an outer one.)
"""),
    "E0210": Code("a type must be known here", """
Components and fields can be taken only from something whose type is known at that point. Annotate it.

    def f = \\p -> p.0 + p.1                             -- wrong
    def f (p : (f64, f64)) : f64 = p.0 + p.1
"""),
    "E0211": Code("no such component or field", """
Components of a tuple are counted from 0: `p.0`, `p.1`. Fields of a record are those of its type.

    def f (p : (f64, f64)) : f64 = p.2                  -- wrong
    def f (p : (f64, f64)) : f64 = p.1
"""),
    "E0212": Code("a type that would contain itself", """
No finite type fits. Mostly an argument is missing or there is one too many.

    def f g = g g                                       -- wrong
"""),
    "E0214": Code("a function has no tangent", """
Derivatives are taken with respect to numbers, arrays, tuples and records. The type `(a -> b)'` does not exist.
"""),
    "E0215": Code("an imported file cannot be read", """
The path of an import is relative to the file that it stands in. Paths that begin with `std/` name modules of the
standard library.

    import "shapes.cad" as shapes
    import "std/linear.cad" as linear
"""),
    "E0216": Code("files that import each other", """
Imports may not form a circle. Move what both files need to a third one.
"""),
    "E0218": Code("a name comes from two imports", """
Two files that are imported without an alias define the same name, and it is used. Give one of the imports a name:

    import "stats.cad" as stats
"""),
    "E0220": Code("not available yet", """
The form is part of the language and comes in a later version of catad: functions in recursive types.
"""),
    "E0228": Code("a recursive type that does not fit", """
A type may hold itself, at the same arguments, in the tuples and records of its payloads, so that each constructor has a
fixed number of children; and some constructor must hold none. For any number of children hold the first child and the
next sibling, and let types that hold each other be one type.

    type tree = Node {value : f64, children : [3]tree}                  -- wrong
    type tree = Node {value : f64, child : tree, next : tree} | End
"""),
    "E0229": Code("a type of absurd size", """
Declarations that name each other twice double their parts at every step, so that a few lines declare more than any
computer holds. A type has at most 10,000 parts, nested at most 100 deep; what repeats is kept in arrays.

    type p1 = (f64, f64)
    type p2 = (p1, p1)
    type p3 = (p2, p2)                      -- … wrong from p13 on
    type p = [8192]f64
"""),
    "E0224": Code("a constructor that does not fit", """
`case` takes a value of a declared type apart, by the constructors of that type. A constructor that holds a value names
it (or `_`); one that holds nothing has no name after it.

    type shape = Circle f64 | Dot

    def area (s : shape) : f64 = case s of | Circle -> pi | Dot _ -> 0      -- wrong, twice
    def area (s : shape) : f64 = case s of | Circle r -> pi * r^2 | Dot -> 0
"""),
    "E0225": Code("a case that is never reached", """
The cases before take all values: the same constructor stood there, or `_`, which takes the rest and comes last.

    case s of | _ -> 0 | Circle r -> pi * r^2                               -- wrong
    case s of | Circle r -> pi * r^2 | _ -> 0
"""),
    "E0226": Code("a case is missing", """
Every constructor of the type needs a case, or `_` takes the rest.

    type shape = Circle f64 | Dot

    def area (s : shape) : f64 = case s of | Circle r -> pi * r^2           -- wrong
    def area (s : shape) : f64 = case s of | Circle r -> pi * r^2 | Dot -> 0
"""),
    "E0227": Code("a derivative that does not fit its definition", """
`derivative f (x, z) = y : y' = e` names the parameters of `f` in order (or the components of its one parameter), its
result, and gives the tangent of the result. The definition stands in the same file, has named parameters, and neither
takes nor returns functions.

    def f (x : f64) (z : f64) : f64 = x * z
    derivative f (x) = y : y' = x'                              -- wrong: f has two parameters
    derivative f (x, z) = y : y' = x * z' + z * x'
"""),
    "E0221": Code("an integer is too large", """
An i64 lies between -9223372036854775808 and 9223372036854775807. Write a decimal point if a float is meant.

    def f : i64 = 10000000000000000000                  -- wrong
    def f : f64 = 1e19
"""),
    "E0222": Code("the order of a jet is not a constant", """
`jet f (x, c)` computes as many Taylor coefficients as `c` has entries; that number must be known while compiling.

    def f [k] (x : f64) (c : [k]f64) : (f64, [k]f64) = jet sin (x, c)       -- wrong
    def f (x : f64) (c : [3]f64) : (f64, [3]f64) = jet sin (x, c)
"""),
    "E0223": Code("too many indices", """
Each index takes one dimension off. A scalar cannot be indexed.

    def f [n] (x : [n]f64) : f64 = x[0, 0]              -- wrong
    def f [n, m] (x : [n, m]f64) : f64 = x[0, 0]
"""),
}
