"""LLVM text to addresses: verify, a short list of passes, object code, disk cache, link.

    text ──parse, verify──▶ module ──passes──▶ module ──codegen──▶ object ──ORC──▶ Loaded
                                                     disk cache ▲

Laws: bad text is an error with a code, never the end of the process (hence `verify` before anything else); what is
linked depends on the key alone (text, passes, target, versions); every external symbol is resolved by us before
linking, to the C library or to what the caller passes, never to whatever the process happens to export.
LLVM is not re-entrant as we use it: one lock guards it all.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import hashlib
import itertools
import json
import os
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from catad.backends.llvm import cache as disk
from catad.backends.llvm.target import Target

from catad.source import CatadError, error

__all__ = ["ABI", "Loaded", "Options", "compile_object", "link", "lock"]

ABI = "1"
lock = threading.RLock()
_names = itertools.count()

# Code generation may call these by itself (copies, roundings that the machine lacks).
_LIBCALLS = ("memcpy", "memset", "memmove", "floor", "ceil", "trunc", "rint", "roundeven", "floorf", "ceilf", "truncf",
             "rintf", "roundevenf", "fma", "fmaf", "fmod", "fmodf", "fmin", "fmax", "fminf", "fmaxf")


@dataclass(frozen=True, slots=True)
class Options:
    """How much LLVM should do. `standard`: its O2 without SLP, for loops that we did not vectorise ourselves."""

    standard: bool = False
    codegen: int = 2
    cached: bool = True

    @property
    def passes(self) -> str:
        return "o2-noslp" if self.standard else "always-inline,sroa,instcombine,simplifycfg"


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """Linked code. It stays mapped for as long as this object is referenced."""

    text: str
    target: Target
    options: Options
    object: bytes
    addresses: Mapping[str, int]
    from_cache: bool
    tracker: Any = field(repr=False)

    def address(self, name: str) -> int:
        return self.addresses[name]

    def object_bytes(self) -> bytes:
        return self.object

    def assembly(self) -> str:
        """The machine code as text, made again from the module."""
        with lock, _guarded(self.text):
            machine = _machine(self.target, self.options.codegen)
            return str(machine.emit_assembly(_optimised(self.text, machine, self.options)))


def link(llvm_text: str, *, key_parts: Sequence[str] = (), functions: Sequence[str], target: Target,
         symbols: Mapping[str, int] | None = None, options: Options | None = None) -> Loaded:
    """Compile (or fetch) and link; `functions` are the symbols whose addresses are wanted, data included.

    `symbols` gives addresses for external names that are not in the C library or in Python.
    """
    options = options or Options()
    key = _key(llvm_text, key_parts, target, options)
    with lock, _guarded(llvm_text):
        entry = _unpack(disk.load(key)) if options.cached else None
        hit = entry is not None
        if entry is None:
            entry = _compile(llvm_text, target, options)
            if options.cached:
                disk.store(key, _pack(*entry))
        externals, image = entry
        imports = _resolve(externals, symbols or {})
        tracker = _link(image, imports, functions, target)
        addresses = {name: int(tracker[name]) for name in functions}
    return Loaded(llvm_text, target, options, image, addresses, hit, tracker)


def compile_object(llvm_text: str, target: Target, options: Options | None = None) -> bytes:
    """Position-independent object code, for files."""
    with lock, _guarded(llvm_text):
        return _compile(llvm_text, target, options or Options())[1]


# ── LLVM ────────────────────────────────────────────────────────────────────────────────────────────────────────────

@cache
def _llvm() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.set_option("", "-disable-lsr")                 # halves code generation; our addresses are already affine
    return llvm


@cache
def _target(triple: str) -> Any:
    """LLVM's target; those of other machines are set up when one is asked for."""
    llvm = _llvm()
    if triple.partition("-")[0] != llvm.get_process_triple().partition("-")[0]:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
    return llvm.Target.from_triple(triple)


@cache
def _machine(t: Target, level: int) -> Any:
    return _target(t.triple).create_target_machine(
        cpu=t.cpu, features=t.features, opt=level, reloc="pic", codemodel="default")


@cache
def _jit(t: Target) -> Any:
    # JITLink places stubs and GOT itself, so that imported addresses may lie anywhere.
    linker = not sys.platform.startswith("win")
    return _llvm().create_lljit_compiler(_fresh(t), use_jit_link=linker)


def _fresh(t: Target) -> Any:
    """The JIT takes possession of its machine."""
    return _target(t.triple).create_target_machine(
        cpu=t.cpu, features=t.features, opt=2, reloc="pic", codemodel="default")


def _optimised(text: str, machine: Any, options: Options) -> Any:
    llvm = _llvm()
    module = llvm.parse_assembly(text)
    module.triple = str(machine.triple)
    module.data_layout = str(machine.target_data)
    module.verify()
    tuning = llvm.create_pipeline_tuning_options(2)
    tuning.slp_vectorization = False                    # nine tenths of the time of the default pipeline
    builder = llvm.create_pass_builder(machine, tuning)
    if options.standard:
        passes = builder.getModulePassManager()
    else:
        passes = llvm.create_new_module_pass_manager()
        passes.add_always_inliner_pass()
        passes.add_sroa_pass()
        passes.add_instruction_combine_pass()
        passes.add_simplify_cfg_pass()
        passes.add_global_dead_code_eliminate_pass()
    passes.run(module, builder)
    return module


def _compile(text: str, t: Target, options: Options) -> tuple[tuple[str, ...], bytes]:
    machine = _machine(t, options.codegen)
    module = _optimised(text, machine, options)
    externals = [f.name for f in module.functions if f.is_declaration and not f.name.startswith("llvm.")]
    externals += [g.name for g in module.global_variables if g.is_declaration]
    return tuple(sorted(externals)), bytes(machine.emit_object(module))


def _link(image: bytes, imports: Mapping[str, int], functions: Sequence[str], t: Target) -> Any:
    builder = _llvm().JITLibraryBuilder().add_object_img(image)
    for name, address in imports.items():
        builder.import_symbol(name, address)
    for name in functions:
        builder.export_symbol(name)
    return builder.link(_jit(t), f"catad.{next(_names)}")


# ── names outside of the module ─────────────────────────────────────────────────────────────────────────────────────

@cache
def _libraries() -> tuple[Any, ...]:
    found: list[Any] = []
    for name in ("m", "c"):
        path = ctypes.util.find_library(name) if sys.platform != "linux" else {"m": "libm.so.6", "c": "libc.so.6"}[name]
        with contextlib.suppress(OSError, TypeError):
            found.append(ctypes.CDLL(path))
    with contextlib.suppress(OSError, TypeError):       # musl and static builds: whatever the process has
        found.append(ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None))
    return tuple(found)


@cache
def _lookup(name: str) -> int | None:
    libraries = (ctypes.pythonapi,) if name.startswith(("Py", "_Py")) else _libraries()
    for library in libraries:
        with contextlib.suppress(AttributeError):
            return ctypes.cast(getattr(library, name), ctypes.c_void_p).value
    return None


def _resolve(externals: Sequence[str], given: Mapping[str, int]) -> dict[str, int]:
    imports: dict[str, int] = {}
    for name in externals:
        address = given.get(name) or _lookup(name)
        if not address:
            raise error("E0902", f"the generated code needs `{name}`, which this machine does not have")
        imports[name] = address
    for name in _LIBCALLS:
        if name not in imports and (address := _lookup(name)):
            imports[name] = address
    return imports


# ── keys, entries, failures ─────────────────────────────────────────────────────────────────────────────────────────

def _key(text: str, parts: Sequence[str], t: Target, options: Options) -> str:
    from llvmlite import __version__ as llvmlite

    import catad
    python = sys.implementation.cache_tag or "", str(sysconfig.get_config_var("SOABI"))
    facts = [ABI, catad.__version__, llvmlite, *python, t.key, options.passes, str(options.codegen), *parts,
             text]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _pack(externals: Sequence[str], image: bytes) -> bytes:
    return json.dumps(list(externals)).encode() + b"\n" + image


def _unpack(data: bytes | None) -> tuple[tuple[str, ...], bytes] | None:
    if data is None:
        return None
    head, _, image = data.partition(b"\n")
    return tuple(json.loads(head)), image


@contextlib.contextmanager
def _guarded(text: str) -> Iterator[None]:
    """What LLVM refuses is a fault of ours: say so, with the text to reproduce it."""
    try:
        yield
    except CatadError:
        raise
    except Exception as e:
        place, said = _reproducer(text), str(e).strip() or repr(e)
        raise error("E0902", "the native compiler refused code that catad generated",
                    notes=(said.splitlines()[0], f"the LLVM text is in {place}"),
                    help=("this is a mistake in catad, not in your program: please report it with that file",
                          "the reference backend can run the program meanwhile")) from e


def _reproducer(text: str) -> str:
    try:
        handle, name = tempfile.mkstemp(prefix="catad-", suffix=".ll")
        with os.fdopen(handle, "w") as f:
            f.write(text)
    except OSError:
        return "(it could not be written)"
    return str(Path(name))
