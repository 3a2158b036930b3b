"""Programs as text, run through the whole pipeline on the reference."""

from __future__ import annotations

from typing import Any

from catad.backends import reference

from catad import pipeline
from catad.source import Source


def run(text: str, name: str, *args: Any, kinds: tuple[str, ...] = (), **options: Any) -> tuple[Any, ...]:
    """The entry, differentiated by each of `kinds` in turn, at these flat inputs."""
    table = pipeline.elaborate(pipeline.load(Source("<test>", text)))
    for kind in kinds:
        table, name = pipeline.derive(table, name, kind, **options)
    return reference.run(pipeline.prepare(table, name), name, args)
