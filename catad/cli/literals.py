"""Values as JSON, for the command line.

    JSON number, true, false      scalars             "nan", "inf", "-inf"     floats that JSON has no number for
    array                         array or tuple      object                   record

With other numbers than floats, rationals and long floats are strings, `"1/3"`, and formulas are what SymPy prints.

Reading is what `catad.api.values` takes; writing is what it gives back. The two are inverse.
"""

from __future__ import annotations

import json
import math
import pathlib
import re
from fractions import Fraction
from typing import Any

from catad.api.engine import ordinary
from catad.cli import jsontext
from catad.source import error

__all__ = ["NAME", "parse_arguments", "show"]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*'*")
_CONSTRUCTOR = re.compile(r"[A-Z][A-Za-z0-9_]*'*")
_RATIONAL = re.compile(r"-?[0-9]+/[0-9]+")
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def parse_arguments(words: list[str], backend: str = "llvm") -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments from the words of the command line, as numbers of the backend."""
    read = _Numbers(backend).value
    args: list[Any] = []
    named: dict[str, Any] = {}
    for word in words:
        name, equals, rest = word.partition("=")
        if equals and NAME.fullmatch(name):
            if name in named:
                raise error("E0604", f"the argument `{name}` is given twice")
            named[name] = read(rest, name)
        elif word.startswith("@") and word.endswith(".npz"):
            named |= _archive(word[1:])
        else:
            args.append(read(word, None))
    return args, named


class _Numbers:
    """Reads values: JSON, and rationals `1/3` where floats are exact, names where they are formulas."""

    def __init__(self, backend: str) -> None:
        self.exact = not ordinary(backend)
        self.symbolic = backend == "symbolic"

    def value(self, text: str, name: str | None) -> Any:
        text = text.strip()
        if text.startswith("@"):
            return self._file(text[1:], name)
        found = self._word(text)
        return self.json(text, text) if found is None else found

    def _word(self, text: str) -> Any:
        """What a word is that JSON does not know; None if it is no such word."""
        if text in _FLOATS:
            return _FLOATS[text]
        if self.exact and _RATIONAL.fullmatch(text) and not text.endswith("/0"):
            return Fraction(text)
        if self.symbolic and NAME.fullmatch(text) and text not in ("true", "false", "null"):
            import sympy
            return sympy.Symbol(text, real=True)
        return None

    def json(self, text: str, shown: str) -> Any:
        try:
            value = jsontext.loads(text, Fraction if self.exact else float)
        except (ValueError, RecursionError) as exc:
            why = f"{exc.msg} at column {exc.colno}" if isinstance(exc, json.JSONDecodeError) else str(exc)
            help = ["quote it for the shell: '[1.0, 2.0]'", "a file is given as @data.json"]
            if NAME.fullmatch(text):
                help = [f"an argument by name is  {text}=…", f"the gradient by this parameter alone is  --grad={text}"]
            raise error("E0612", f"`{_short(shown)}` is not a JSON value: {why}", help=help) from None
        return jsontext.mapped(value, self._float)

    def _float(self, value: Any) -> Any:
        """The name of a float, or a word of the backend, as that; constructors stay."""
        if not isinstance(value, str):
            return value
        found = self._word(value)
        if found is not None:
            return found
        if _CONSTRUCTOR.fullmatch(value) and value.lower() not in ("nan", "inf", "infinity"):
            return value
        raise error("E0612", f"there are no strings in the language: {json.dumps(_short(value))}",
                    help=['only "nan", "inf" and "-inf" stand for floats, the names of constructors for values'])

    def _file(self, path: str, name: str | None) -> Any:
        if path.endswith(".npy"):
            return _numpy(path)
        if path.endswith(".npz"):
            arrays = _archive(path)
            if name in arrays:
                return arrays[name]
            if len(arrays) == 1:
                return next(iter(arrays.values()))
            raise error("E0612", f"{path} has no array `{name}`", help=[f"it has {', '.join(arrays)}"])
        try:
            text = pathlib.Path(path).read_text(encoding="utf-8")
        except (OSError, ValueError) as exc:
            raise _unreadable(path, exc) from None
        return self.json(text, path)


def _archive(path: str) -> dict[str, Any]:
    loaded = _numpy(path)
    return {k: loaded[k] for k in loaded.files}


def _numpy(path: str) -> Any:
    import numpy as np
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as exc:
        raise _unreadable(path, exc) from None


def _unreadable(path: str, exc: Exception) -> Exception:
    why = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
    return error("E0601", f"cannot read {path}: {why}")


def show(value: Any) -> str:
    """A value as one line of JSON.

    >>> show((1.5, {"x": float("nan")}, True))
    '[1.5, {"x": "nan"}, true]'
    """
    return jsontext.dumps(jsontext.mapped(value, _plain))


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if hasattr(value, "tolist"):
        return jsontext.mapped(value.tolist(), _plain)
    return value if value is None or isinstance(value, (bool, int, float, str)) else _written(value)


def _written(value: Any) -> int | str:
    """Numbers that JSON does not have, as text."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else str(value)
    if type(value).__name__ == "mpf":
        import mpmath
        digits = value.context.dps - 10                   # those beyond are guards
        return str(mpmath.nstr(value, digits))
    return str(value)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "…"
