"""Every sentence of docs/specification.md has a case that names it, in cases.cad."""

from __future__ import annotations

import pathlib
import re
from dataclasses import dataclass

import numpy as np
import pytest

from catad.api.program import Program
from catad.source import CatadError, Source
from tests.golden.runner import problems

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PAGE = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")
SENTENCES = {m[1]: " ".join(m[2].split()) for m in re.finditer(
    r"^- \*\*(\w+)\*\* (.*?)(?=^- \*\*|^#|^$|\Z)", PAGE, re.MULTILINE | re.DOTALL)}


@dataclass(frozen=True)
class Case:
    """A sentence with its program and what is said of it."""

    id: str
    text: str

    @property
    def refused(self) -> list[tuple[str, str]]:
        """Codes with the programs that must not check for them."""
        own = [(code, self.text) for code in re.findall(r"^-- refused (E\d+)$", self.text, re.MULTILINE)]
        return own + re.findall(r"^-- refused-also (E\d+): (.*)$", self.text, re.MULTILINE)

    @property
    def elsewhere(self) -> list[str]:
        return re.findall(r"^-- see (\S+)$", self.text, re.MULTILINE)

    @property
    def has_values(self) -> bool:
        return bool(re.search(r"^-- > ", self.text, re.MULTILINE))


PARTS = (HERE / "cases.cad").read_text(encoding="utf-8").split("-- @ ")[1:]
CASES = {head: Case(head, text) for head, _, text in (p.partition("\n") for p in PARTS)}
TITLED = [pytest.param(c, id=f"{c.id} {SENTENCES.get(c.id, '?')[:70]}") for c in CASES.values()]


def test_every_sentence_has_a_case() -> None:
    assert len(SENTENCES) > 80
    assert SENTENCES.keys() == CASES.keys()
    assert all(c.refused or c.elsewhere or c.has_values for c in CASES.values())


@pytest.mark.parametrize("case", TITLED)
def test_sentence(case: Case, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The values, natively and on the reference; the programs that are refused; the tests that are named."""
    monkeypatch.setenv("CATAD_CACHE", "off")
    if case.has_values:
        path = tmp_path / f"{case.id}.cad"
        path.write_text(case.text, encoding="utf-8")
        found = problems(path, ways=("native", "reference"))
        assert not found, "\n" + "\n".join(found)
    for code, text in case.refused:
        with pytest.raises(CatadError) as refused:
            Program(Source(case.id, text))
        assert code in {d.code for d in refused.value.diagnostics}, str(refused.value)
    for name in case.elsewhere:
        file, _, test = name.partition("::")
        assert (ROOT / file).exists(), name
        assert not test or f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), name


def test_sums_have_the_same_bits() -> None:
    """N5."""
    f = Program(Source("<sum>", "def f [n] (x : [n]f64) : f64 = sum x"))["f"]
    for n in (7, 100, 1001):
        x = np.random.default_rng(n).normal(size=n) * 10.0 ** np.arange(n) ** 0.5
        assert len({f(x.copy()).hex() for _ in range(5)}) == 1


def test_several_errors_at_once() -> None:
    """C2."""
    for text in ("def f (x : f64) : f64 = y\ndef g (x : f64) : i64 = x\n", "def f = (1,\ndef g = 2\ndef h = let in\n"):
        with pytest.raises(CatadError) as found:
            Program(Source("<two>", text))
        assert len(found.value.diagnostics) == 2
