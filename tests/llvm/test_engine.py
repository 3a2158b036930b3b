"""From text to addresses: errors are diagnostics, the cache is exact, externals are ours."""

from __future__ import annotations

import ctypes
import gc
import os
import stat
from pathlib import Path

import pytest
from catad.backends.llvm import cache
from catad.backends.llvm.engine import Options, compile_object, link
from catad.backends.llvm.target import BASELINES, host, target

from catad.source import CatadError

DOUBLE = """
define double @f(double %x) {
  %y = fadd double %x, %x
  ret double %y
}
"""
UNARY = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_text_becomes_code() -> None:
    loaded = link(DOUBLE, functions=["f"], target=host())
    assert UNARY(loaded.address("f"))(1.5) == 3.0
    assert "f:" in loaded.assembly()
    assert loaded.object_bytes()[:4] in (b"\x7fELF", b"\xcf\xfa\xed\xfe") or os.name == "nt"


def test_cache_hit_and_miss(own_cache: Path) -> None:
    """The same text is not compiled twice; another target, pass list or part of the key is another entry."""
    assert not link(DOUBLE, functions=["f"], target=host()).from_cache
    assert link(DOUBLE, functions=["f"], target=host()).from_cache
    assert not link(DOUBLE, functions=["f"], target=host(), key_parts=["x"]).from_cache
    assert not link(DOUBLE, functions=["f"], target=host(), options=Options(codegen=0)).from_cache
    assert not link(DOUBLE, functions=["f"], target=host(), options=Options(standard=True)).from_cache
    assert cache.report().entries == 4
    assert cache.report().bytes > 1000
    assert cache.clear().entries == 4
    assert cache.report().entries == 0


def test_features_are_part_of_the_key() -> None:
    """Code for a wider machine must never be loaded on a narrower one."""
    keys = {t.key for t in BASELINES.values()}
    assert len(keys) == len(BASELINES)


def test_a_damaged_entry_is_compiled_again(own_cache: Path) -> None:
    link(DOUBLE, functions=["f"], target=host())
    (entry,) = own_cache.glob("*.o")
    whole = entry.read_bytes()
    for damage in (whole[:-10], b"", whole[:90] + bytes([whole[90] ^ 1]) + whole[91:]):
        entry.write_bytes(damage)
        loaded = link(DOUBLE, functions=["f"], target=host())
        assert not loaded.from_cache
        assert UNARY(loaded.address("f"))(2.0) == 4.0


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_only_a_private_directory_is_used(own_cache: Path) -> None:
    """Whoever may write there could run code as the user."""
    link(DOUBLE, functions=["f"], target=host())
    assert stat.S_IMODE(own_cache.stat().st_mode) == 0o700
    own_cache.chmod(0o777)
    assert cache.directory() is None
    assert not link(DOUBLE, functions=["f"], target=host()).from_cache


def test_the_cache_can_be_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATAD_CACHE", "off")
    assert cache.directory() is None and not cache.store("0", b"") and cache.load("0") is None
    assert UNARY(link(DOUBLE, functions=["f"], target=host()).address("f"))(1.0) == 2.0


@pytest.mark.parametrize("text", [
    "define double @f( {",
    "define double @f(double %x) {\n ret double %y\n}",
    "define double @f(double %x, i1 %c) {\nentry:\n br i1 %c, label %a, label %b\na:\n %y = fadd double %x, %x\n"
    " br label %b\nb:\n ret double %y\n}",                               # does not dominate: codegen would abort
    "declare double @llvm.nothing.f64(double)\ndefine double @f(double %x) {\n"
    " %y = call double @llvm.nothing.f64(double %x)\n ret double %y\n}",
    "declare double @no_such_function(double)\ndefine double @f(double %x) {\n"
    " %y = call double @no_such_function(double %x)\n ret double %y\n}",
])
def test_bad_text_is_a_diagnostic(text: str) -> None:
    """Never the end of the process; LLVM's own words are in a note."""
    with pytest.raises(CatadError) as e:
        link(text, functions=["f"], target=host())
    assert e.value.code == "E0902"


def test_the_missing_symbol_is_named() -> None:
    with pytest.raises(CatadError, match="`g0`"):
        link("declare void @g0()\ndefine void @f() {\n call void @g0()\n ret void\n}", functions=["f"], target=host())


def test_given_symbols_are_used() -> None:
    """An address of ours wins over the C library's function of that name."""
    mine = UNARY(lambda x: x + 100.0)
    text = ("declare double @sin(double)\ndefine double @f(double %x) {\n"
            " %y = call double @sin(double %x)\n ret double %y\n}")
    address = ctypes.cast(mine, ctypes.c_void_p).value
    assert address is not None
    loaded = link(text, functions=["f"], target=host(), symbols={"sin": address})
    assert UNARY(loaded.address("f"))(1.0) == 101.0


def test_code_is_freed_with_its_owner() -> None:
    """Many short-lived modules do not pile up names or clash."""
    for i in range(20):
        loaded = link(DOUBLE.replace("@f", f"@f{i % 3}"), functions=[f"f{i % 3}"], target=host())
        assert UNARY(loaded.address(f"f{i % 3}"))(i) == 2.0 * i
        del loaded
    gc.collect()


def test_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATAD_LANES", "2")
    assert (host().lanes("f64"), host().lanes("f32")) == (2, 4)
    monkeypatch.setenv("CATAD_TARGET", "x86-64-v3")
    monkeypatch.setenv("CATAD_LANES", "1")
    assert host().name == "x86-64-v3" and host().lanes("f32") == 1
    monkeypatch.setenv("CATAD_LANES", "3")
    with pytest.raises(CatadError) as e:
        host()
    assert e.value.code == "E0701"
    with pytest.raises(CatadError, match="x86-64-v4"):
        monkeypatch.delenv("CATAD_LANES")
        target("x86-64-v9")


@pytest.mark.parametrize("name", sorted(BASELINES))
def test_objects_for_other_machines(name: str) -> None:
    """Emitted, not run."""
    data = compile_object(DOUBLE, BASELINES[name])
    assert len(data) > 200
