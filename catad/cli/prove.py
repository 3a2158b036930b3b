"""`catad prove FILE [ENTRY…]`: the laws of derivatives, checked on the definitions of a file."""

from __future__ import annotations

import argparse

from catad.cli.report import Report

__all__ = ["run"]


def run(args: argparse.Namespace, report: Report) -> int:
    from catad.proofs.command import prove_file
    return prove_file(args.file, entries=args.entries or None, samples=args.samples, seed=args.seed, json=args.json)
