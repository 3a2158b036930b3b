"""The derivative identities of the primitives, elaborated to nets on demand.

    equation("tanh", f64) :  (x, y, x′) → y′          read from `catad/ops/*.cad`

The equation is linear in the tangents. Forward mode splices it, reverse mode transposes it, Taylor mode solves it.
"""

from catad.rules.equation import Rules, equation, standard

__all__ = ["Rules", "equation", "standard"]
