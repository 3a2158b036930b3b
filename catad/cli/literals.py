"""Values as JSON, for the command line.

    JSON number, true, false      scalars             "nan", "inf", "-inf"     floats that JSON has no number for
    array                         array or tuple      object                   record

Reading is what `catad.api.values` takes; writing is what it gives back. The two are inverse.
"""

from __future__ import annotations

import json
import math
import pathlib
import re
from typing import Any

from catad.cli import jsontext
from catad.source import error

__all__ = ["NAME", "parse_arguments", "show"]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*'*")
_CONSTRUCTOR = re.compile(r"[A-Z][A-Za-z0-9_]*'*")
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def parse_arguments(words: list[str]) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments from the words of the command line."""
    args: list[Any] = []
    named: dict[str, Any] = {}
    for word in words:
        name, equals, rest = word.partition("=")
        if equals and NAME.fullmatch(name):
            if name in named:
                raise error("E0604", f"the argument `{name}` is given twice")
            named[name] = _value(rest, name)
        elif word.startswith("@") and word.endswith(".npz"):
            named |= _archive(word[1:])
        else:
            args.append(_value(word, None))
    return args, named


def _value(text: str, name: str | None) -> Any:
    text = text.strip()
    if text.startswith("@"):
        return _file(text[1:], name)
    if text in _FLOATS:
        return _FLOATS[text]
    return _json(text, text)


def _json(text: str, shown: str) -> Any:
    try:
        value = jsontext.loads(text)
    except (ValueError, RecursionError) as exc:
        why = f"{exc.msg} at column {exc.colno}" if isinstance(exc, json.JSONDecodeError) else str(exc)
        help = ["quote it for the shell: '[1.0, 2.0]'", "a file is given as @data.json"]
        if NAME.fullmatch(text):
            help = [f"an argument by name is  {text}=…", f"the gradient by this parameter alone is  --grad={text}"]
        raise error("E0612", f"`{_short(shown)}` is not a JSON value: {why}", help=help) from None
    return jsontext.mapped(value, _float)


def _float(value: Any) -> Any:
    """The name of a float as that."""
    if isinstance(value, str):
        if value in _FLOATS:
            return _FLOATS[value]
        if _CONSTRUCTOR.fullmatch(value) and value.lower() not in ("nan", "inf", "infinity"):
            return value
        raise error("E0612", f"there are no strings in the language: {json.dumps(_short(value))}",
                    help=['only "nan", "inf" and "-inf" stand for floats, the names of constructors for values'])
    return value


def _file(path: str, name: str | None) -> Any:
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
    return _json(text, path)


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
    return value


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "…"
