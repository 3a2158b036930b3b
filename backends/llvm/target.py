"""The machine that code is made for, as a value: the same one decides what text we emit and what LLVM is told.

    lanes("f64") = 8 (AVX-512)   4 (AVX)   2 (SSE2, NEON)   1 (others)          lanes("f32") = twice that

Law: nothing is emitted that the feature string does not contain (an intrinsic that the machine lacks ends the process
in LLVM), so both come from here. `CATAD_TARGET` names a baseline, `CATAD_LANES` narrows the vectors (for tests).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from catad.source import error

__all__ = ["BASELINES", "Target", "host", "target"]


@dataclass(frozen=True, slots=True)
class Target:
    """A triple, a processor and what we emit for it.

    `fma`: a fused multiply-add is one instruction. `rounding`: so are floor, ceil, trunc and round to even.
    `registers`: how many vector registers there are (tiles are cut to that).
    """

    name: str
    triple: str
    cpu: str
    features: str
    lanes64: int
    lanes32: int
    fma: bool
    avx512: bool = False
    rounding: bool = True
    registers: int = 16

    def lanes(self, kind: str) -> int:
        """Entries of a vector register, by scalar kind; i64 and bool go with f64."""
        return self.lanes32 if kind == "f32" else self.lanes64

    @property
    def key(self) -> str:
        """What a cache key needs to know."""
        return "|".join((self.triple, self.cpu, self.features, str(self.lanes64), str(self.lanes32), str(self.fma)))


_V1 = "+sse2,+fxsr,+cx8,+mmx"
_V2 = _V1 + ",+cx16,+sahf,+popcnt,+sse3,+ssse3,+sse4.1,+sse4.2"
_V3 = _V2 + ",+avx,+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+movbe,+xsave"
_V4 = _V3 + ",+avx512f,+avx512bw,+avx512cd,+avx512dq,+avx512vl"
_LINUX = "x86_64-unknown-linux-gnu"

BASELINES: MappingProxyType[str, Target] = MappingProxyType({t.name: t for t in (
    Target("x86-64", _LINUX, "x86-64", _V1, 2, 4, fma=False, rounding=False),
    Target("x86-64-v2", _LINUX, "x86-64-v2", _V2, 2, 4, fma=False),
    Target("x86-64-v3", _LINUX, "x86-64-v3", _V3, 4, 8, fma=True),
    Target("x86-64-v4", _LINUX, "x86-64-v4", _V4, 8, 16, fma=True, avx512=True, registers=32),
    Target("aarch64", "aarch64-unknown-linux-gnu", "generic", "+neon,+fp-armv8", 2, 4, fma=True, registers=32),
    Target("aarch64-apple", "arm64-apple-darwin", "generic", "+neon,+fp-armv8", 2, 4, fma=True, registers=32),
)})


def target(name: str) -> Target:
    """The target of that name: a baseline for code that is shipped, or `host`."""
    if name in ("", "host", "native"):
        return _narrowed(_detect())
    if name not in BASELINES:
        raise error("E0701", f"there is no target {name!r}", help=("known targets: host, " + ", ".join(BASELINES),))
    return _narrowed(_here(BASELINES[name]))


def host() -> Target:
    """This machine, or what the environment says instead."""
    return target(os.environ.get("CATAD_TARGET", ""))


def _here(t: Target) -> Target:
    """An x86-64 baseline keeps the operating system of an x86-64 host."""
    triple = _detect().triple
    same = triple.split("-")[0] == t.triple.split("-")[0]
    return replace(t, triple=triple) if same else t


def _narrowed(t: Target) -> Target:
    wanted = os.environ.get("CATAD_LANES", "")
    if not wanted:
        return t
    if wanted not in ("1", "2", "4", "8", "16"):
        raise error("E0701", f"CATAD_LANES is {wanted!r}, which is not a number of lanes",
                    help=("use 1, 2, 4, 8 or 16",))
    n = int(wanted)
    return replace(t, lanes64=n, lanes32=min(2 * n, 16) if n > 1 else 1)


@cache
def _detect() -> Target:
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    has = {name for name, on in features.items() if on}
    text = features.flatten()
    triple = llvm.get_process_triple()
    cpu = llvm.get_host_cpu_name()
    architecture = triple.split("-")[0]
    if architecture in ("x86_64", "amd64"):
        wide = {"avx512f", "avx512dq", "avx512vl", "avx512bw"} <= has
        n = 8 if wide else 4 if "avx" in has else 2
        return Target("host", triple, cpu, text, n, 2 * n, fma="fma" in has, avx512=wide,
                      rounding="sse4.1" in has, registers=32 if wide else 16)
    if architecture in ("aarch64", "arm64"):
        return Target("host", triple, cpu, text, 2, 4, fma=True, registers=32)
    return Target("host", triple, cpu, text, 1, 1, fma=False, rounding=False)
