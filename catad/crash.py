"""Internal errors at the doors: a mistake of ours is reported as one, never as a bare traceback.

    with internal(what, sources):  body        any exception but CatadError becomes CatadError E0901, which names
                                               the pass and a file that reproduces the failure

The pass is the module of catad in which the exception was raised. With CATAD_DEBUG=1 the exception goes through.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType

from catad.source import CatadError, Source, error
from catad.source.deep import deep

__all__ = ["INTERNAL", "internal"]

INTERNAL = "E0901"


@contextmanager
def internal(what: str, sources: Iterable[Source] = ()) -> Iterator[None]:
    """Turn unexpected exceptions of the body into an internal diagnostic; `what` says what was being done."""
    try:
        with deep():                                       # a program may be deeper than Python's usual limit
            yield
    except (CatadError, MemoryError, OSError):             # OSError: the machine's mistake, not ours
        raise
    except Exception as exc:
        if os.environ.get("CATAD_DEBUG") == "1":
            raise
        raise _report(what, tuple(sources), exc) from exc


def _report(what: str, sources: tuple[Source, ...], exc: Exception) -> CatadError:
    place = _place(exc.__traceback__)
    path = _reproducer(what, sources, exc, place)
    says = f"{type(exc).__name__}: {str(exc).splitlines()[0][:200]}" if str(exc) else type(exc).__name__
    return error(INTERNAL, f"catad made a mistake in {place}, {what}", notes=[says],
                 help=[f"the failure is recorded in {path}; please send it with a report" if path else
                       "no reproducer could be written", "CATAD_DEBUG=1 shows the traceback"])


def _place(traceback: TracebackType | None) -> str:
    """The innermost module of catad on the way to the failure."""
    place = "the doors"
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        if module.startswith("catad.") and module != __name__:
            place = module.removeprefix("catad.")
        traceback = traceback.tb_next
    return place


def _reproducer(what: str, sources: tuple[Source, ...], exc: Exception, place: str) -> str | None:
    import platform
    import tempfile
    import traceback

    from catad import __version__
    trace = "".join(traceback.format_exception(exc, limit=-60))
    head = [f"catad {__version__}, Python {platform.python_version()}, {platform.platform()}", f"in {place}, {what}",
            "command: " + " ".join(sys.argv), "", *trace.splitlines()]
    text = "".join(f"-- {line}".rstrip() + "\n" for line in head)
    for s in sources:
        text += f"\n-- file {s.name}\n\n{s.text}\n"
    try:
        folder = tempfile.mkdtemp(prefix="catad-")
        path = os.path.join(folder, "reproducer.cad")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
    except OSError:
        return None
    return path
