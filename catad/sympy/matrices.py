"""Matrix expressions of SymPy as operations on arrays of the language.

    A*B + 2*C.T        add (a @ b) (scale 2.0 (transpose c))
"""

from __future__ import annotations

from typing import Any

import sympy

from catad.sympy.phrases import CALL, MATRIX, Phrase, call, infix, real
from catad.sympy.writing import Writer

__all__ = ["MatrixWriter"]


class MatrixWriter(Writer):
    """Writes formulas in which matrix symbols occur."""

    def _MatAdd(self, e: Any) -> Phrase:
        out, *rest = [self.write(a) for a in e.args]
        for p in rest:
            out = call("add", [out, p], "array")
        return out

    def _MatMul(self, e: Any) -> Phrase:
        numbers = [a for a in e.args if not a.is_Matrix]
        matrices = [self.write(a) for a in e.args if a.is_Matrix]
        p = infix("@", matrices, MATRIX, "array") if len(matrices) > 1 else matrices[0]
        if not numbers:
            return p
        return call("scale", [real(self.write(sympy.Mul(*numbers))), p], "array")

    def _MatPow(self, e: Any) -> Phrase:
        if e.exp == -1:
            return self._Inverse(e)
        self.modules.add("linear")
        k = self.write(e.exp)
        if k.kind not in ("i64", "lit") or e.exp.is_negative:
            raise self.refused(e, "powers of matrices are whole and not negative")
        return call("linear.power", [self.write(e.base), k], "array")

    def _Transpose(self, e: Any) -> Phrase:
        return call("transpose", [self.write(e.arg)], "array")

    def _Inverse(self, e: Any) -> Phrase:
        self.modules.add("linear")
        return call("linear.inverse", [self.write(e.args[0])], "array")

    def _Determinant(self, e: Any) -> Phrase:
        self.modules.add("linear")
        return call("linear.det", [self.write(e.arg)])

    def _Trace(self, e: Any) -> Phrase:
        return call("trace_", [self.write(e.arg)])

    def _Identity(self, e: Any) -> Phrase:
        return call("identity", [self.write(e.shape[0])], "array")

    def _HadamardProduct(self, e: Any) -> Phrase:
        out, *rest = [self.write(a) for a in e.args]
        for p in rest:
            text = f"map2 (map2 (\\x y -> x * y)) {out.at(CALL + 1)} {p.at(CALL + 1)}"
            out = Phrase(text, CALL, "array", 2 + max(out.depth, p.depth))
        return out

    def _MatrixBase(self, e: Any) -> Phrase:
        rows = [[real(self.write(e[i, j])) for j in range(e.shape[1])] for i in range(e.shape[0])]
        return self._literal(rows)

    def _literal(self, value: Any) -> Phrase:
        parts = [self._literal(v) if isinstance(v, list) else v for v in value]
        return Phrase(f"[{', '.join(p.text for p in parts)}]", CALL + 1, "array", 1 + max((p.depth for p in parts),
                                                                                         default=0))

    def _NDimArray(self, e: Any) -> Phrase:
        def nested(x: Any) -> Any:
            return [nested(y) for y in x] if isinstance(x, list) else real(self.write(x))
        return self._literal(nested(e.tolist()))
