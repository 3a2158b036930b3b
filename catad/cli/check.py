"""`catad check FILE…`: parse and check; nothing is compiled.

With --json all diagnostics are one JSON document on standard output, since they are the result.
"""

from __future__ import annotations

import argparse
import json

from catad.cli.report import Report
from catad.crash import internal
from catad.source import CatadError, Diagnostic
from catad.source.files import read, root_of

__all__ = ["run"]


def run(args: argparse.Namespace, report: Report) -> int:
    found: list[Diagnostic] = []
    for path in args.files:
        found += _check(path)
    if args.json:
        from catad.source.render import to_json
        print(json.dumps({"diagnostics": [to_json(d) for d in found]}, indent=2))
    else:
        report.all(found)
    errors = [d for d in found if d.severity == "error"]
    if errors and len(args.files) > 1:
        report.note(f"{len(errors)} error{'s' * (len(errors) > 1)}")
    return 70 if any(d.code.startswith("E09") for d in errors) else 1 if errors else 0


def _check(path: str) -> tuple[Diagnostic, ...]:
    from catad import pipeline
    from catad.core.term import rule_key
    try:
        source = read(path)
        with internal(f"checking {path}", [source]):
            module = pipeline.load(source, root=str(root_of(path)))
            if any(rule_key(key) in module.definitions for key in module.own):
                pipeline.elaborate(module)                       # which checks that derivatives are linear
    except CatadError as exc:
        return exc.diagnostics
    return ()
