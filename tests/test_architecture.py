"""The house keeps its shape: imports run one way, packages are listed, files are short or say why they are not."""

from __future__ import annotations

import ast
import pathlib
import re
import tomllib
from collections.abc import Iterator

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOTS = {"catad": "catad", "backends": "catad.backends", "grammar": "catad.grammar", "proofs": "catad.proofs"}

# Each room may import itself and the rooms named here (docs/internals.md, "Imports run one way").
BASE = ["source"]
SYNTAX = [*BASE, "syntax", "grammar"]
DATA = [*BASE, "types", "ops", "net"]                     # what backends and pictures may know
RULES = [*SYNTAX, "types", "core", "ops", "net", "elaborate", "stdlib"]
MIDDLE = [*RULES, "rules", "functors", "rewrite"]
DOORS = [*MIDDLE, "pipeline", "backends", "draw", "crash", "tracing"]
MAY_IMPORT = {
    "source": [], "crash": BASE, "grammar": [], "stdlib": [],
    "syntax": ["source", "grammar"],
    "types": [*SYNTAX, "ops", "stdlib", "core.term", "core.recursion"],
    "core": [*SYNTAX, "types", "ops"],
    "ops": [*BASE, "types"],
    "net": [*BASE, "types", "ops"],
    "elaborate": [*SYNTAX, "types", "core", "ops", "net"],
    "rules": RULES,
    "functors": [*RULES, "rules", "rewrite"],
    "rewrite": [*RULES, "rules"],
    "draw": DATA,
    "transforms": MIDDLE, "passes": MIDDLE, "pipeline": [*MIDDLE, "passes", "transforms", "backends", "draw"],
    "backends": DATA, "backends.llvm": [*DATA, "rewrite"],
    "tracing": [*SYNTAX, "types"],
    "api": [*DOORS, "transforms"], "scipy": [*DOORS, "api"], "sympy": [*DOORS, "api"],
    "interop": [*DOORS, "api"], "cli": [*DOORS, "api", "proofs"],
    "proofs": None, "learn": None,                        # these may know everything
}


def modules() -> Iterator[tuple[str, pathlib.Path]]:
    for folder, package in ROOTS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = [package, *path.relative_to(ROOT / folder).with_suffix("").parts]
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())


def imports(name: str, path: pathlib.Path, *, top: bool = False) -> set[str]:
    """The modules that a file imports; with `top`, those that importing it runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if top and (isinstance(node, (ast.FunctionDef, ast.Lambda)) or _type_checking(node)):
            continue
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= _from(name, path, node)
        stack += ast.iter_child_nodes(node)
    return found


def _type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _from(name: str, path: pathlib.Path, node: ast.ImportFrom) -> set[str]:
    base = node.module or ""
    if node.level:
        parts = name.split(".")
        parts = parts[:len(parts) - node.level + (path.name == "__init__.py")]
        base = ".".join([*parts, *([node.module] if node.module else [])])
    return {full if (full := f"{base}.{a.name}") in MODULES else base for a in node.names}


def room(module: str) -> str:
    return module.removeprefix("catad.").split(".")[0]


@pytest.mark.parametrize("name", [m for m in MODULES if m.count(".")])
def test_imports_run_one_way(name: str) -> None:
    """Fails when a room imports one above it."""
    inner = name.removeprefix("catad.")
    allowed = MAY_IMPORT["backends.llvm" if inner.startswith("backends.llvm") else room(name)] \
        if room(name) in MAY_IMPORT else []
    if allowed is None or room(name) == "__main__":
        return
    for target in sorted(imports(name, MODULES[name])):
        assert target.split(".")[0] not in ("backends", "grammar", "proofs"), f"{name} imports {target} by its folder"
        if not target.startswith("catad."):
            continue
        inside = target.removeprefix("catad.")
        fine = any(inside == a or inside.startswith(a + ".") for a in [room(name), *allowed])
        assert fine, f"{name} may not import {target}"


def test_no_import_cycles() -> None:
    """Fails when importing one module runs, in the end, the import of itself."""
    graph = {m: sorted(t for t in imports(m, p, top=True) if t in MODULES and t != m) for m, p in MODULES.items()}
    state: dict[str, int] = {}

    def visit(m: str, path: tuple[str, ...]) -> None:
        state[m] = 1
        for t in graph[m]:
            package = m.startswith(t + ".")               # a package's own __init__ runs before its modules anyway
            assert package or state.get(t) != 1, f"a cycle: {' → '.join((*path, m, t))}"
            if t not in state:
                visit(t, (*path, m))
        state[m] = 2

    for m in graph:
        if m not in state:
            visit(m, ())


def test_packages_are_listed() -> None:
    """A package that is not listed works in a checkout and is missing from the wheel."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = config["tool"]["setuptools"]["packages"]
    folders = {m for m, p in MODULES.items() if p.name == "__init__.py"}
    assert set(listed) == folders
    assert len(listed) == len(set(listed))


def test_data_files_are_packaged() -> None:
    """Every .cad and .lark file in a package is matched by package-data."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    for folder, package in ROOTS.items():
        for path in [*(ROOT / folder).rglob("*.cad"), *(ROOT / folder).rglob("*.lark")]:
            owner = path.parent
            while not (owner / "__init__.py").exists():
                owner = owner.parent
            name = ".".join([package, *owner.relative_to(ROOT / folder).parts])
            assert any(path.relative_to(owner).match(g) for g in data.get(name, [])), f"{path} is not packaged"


@pytest.mark.parametrize("name", list(MODULES))
def test_files_open_with_what_they_define(name: str) -> None:
    """A docstring in every file; a long file says in its first paragraph why it is one."""
    text = MODULES[name].read_text(encoding="utf-8")
    doc = ast.get_docstring(ast.parse(text))
    assert doc, f"{name} says nothing"
    if text.count("\n") > 400:
        first = doc.split("\n\n")[0]
        assert re.search(r"\blong\b|\bone file\b|\btogether\b", first), f"{name} is over 400 lines and does not say why"


def test_the_version_has_a_changelog_entry() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()
    assert f'__version__ = "{version}"' in (ROOT / "catad" / "__init__.py").read_text()


def test_codes_are_explained() -> None:
    """Every code that the compiler can raise is in the catalogue, and the catalogue holds together."""
    from catad.source.codes import codes
    known = codes()
    used = {(c, m) for m, p in MODULES.items() if ".codes." not in m
            for c in re.findall(r'"(E0\d{3})"', p.read_text(encoding="utf-8"))}
    assert not sorted((c, m) for c, m in used if c not in known)
    for code, entry in known.items():
        assert entry.title and entry.explanation.strip(), code
