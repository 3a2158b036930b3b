"""Every stage of an entry can be read, and there are no others."""

from __future__ import annotations

import pytest

import catad
from catad.pipeline import STAGES


def test_every_stage_has_a_text() -> None:
    f = catad.compile("def f (x : f64) : f64 = sin x * sin x", entry="f")
    texts = {kind: f.stage(kind) for kind in STAGES}
    assert all(texts.values())
    assert len(set(texts.values())) == len(STAGES)


def test_another_stage_is_refused() -> None:
    """A mistake of the caller, not one of the compiler."""
    f = catad.compile("def f (x : f64) : f64 = x", entry="f")
    with pytest.raises(catad.CatadError) as caught:
        f.stage("core")
    assert caught.value.code == "E0611"
