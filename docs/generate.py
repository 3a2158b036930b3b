"""The parts of the documentation that the code knows best: `python docs/generate.py` writes them again.

    docs/language.md     between `<!-- generated: x -->` and `<!-- end -->`: operators, grammar, functions, library
    docs/errors.md       the whole page, from the catalogue of codes

A test fails when a page is stale.
"""

from __future__ import annotations

import pathlib
import re
import sys
from collections.abc import Callable, Mapping

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from catad.source import Source  # noqa: E402
from catad.source.codes import codes  # noqa: E402
from catad.syntax import parse, tree  # noqa: E402
from catad.types.builtins import BUILTINS, Builtin  # noqa: E402
from catad.types.constraint import ANY, DATA, describe  # noqa: E402
from catad.types.library import FOLDER, standard_module, standard_modules  # noqa: E402

__all__ = ["errors", "language"]

GRAMMAR = (ROOT / "grammar" / "cad.lark").read_text(encoding="utf-8")
_MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


# ── the grammar ────────────────────────────────────────────────────────────────────────────────────────────────

def _terminals() -> dict[str, str]:
    """Terminals that are fixed words or marks: `PLUS` → `+`."""
    return {m[1]: m[2].replace("\\\\", "\\") for m in re.finditer(r'^([A-Z]+): "([^"]+)"$', GRAMMAR, re.MULTILINE)}


def _rules() -> dict[str, list[str]]:
    """Rule → its alternatives, without the names of the trees that they build."""
    rules: dict[str, list[str]] = {}
    name = ""
    for line in GRAMMAR.split("// ── terminals")[0].splitlines():
        line = re.sub(r"\s+-> \w+$", "", line.split(" //")[0].rstrip())
        if m := re.match(r"\??([a-z_]+):\s*(.*)", line):
            name = m[1]
            rules[name] = [m[2]]
        elif m := re.match(r"\s+\|\s*(.*)", line):
            rules[name].append(m[1])
    return rules


def grammar() -> str:
    """All rules in the form of BNF; the doubles that keep open forms last are left out."""
    fixed = _terminals()

    def word(m: re.Match[str]) -> str:
        return f'"{fixed[m[0]]}"' if m[0] in fixed else {"INDEX": '"["'}.get(m[0], m[0])

    out: list[str] = []
    for name, alternatives in _rules().items():
        if name.endswith("_o"):
            continue
        shown = [re.sub(r"\b[A-Z]+\b", word, a) or "(nothing)" for a in alternatives if a != f"{name}_o"]
        shown = [a for a in shown if not re.search(r"\w_o\b", a)]
        out.append(f"{name:16} = {shown[0]}")
        out += [f"{'':16} | {a}" for a in shown[1:]]
    tokens = re.findall(r"^(NAME|FLOAT|INT|STRING|FIELD|PROJ): (/.*/)$", GRAMMAR, re.MULTILINE)
    out += ["", *(f"{name:16} : {pattern}" for name, pattern in tokens)]
    return "```text\n" + "\n".join(out) + "\n```\n"


_LEVELS = {
    "update": "replaces an entry", "pipe": "`x \\|> f` is `f x`", "or": "", "and": "", "comparison": "do not chain",
    "sum": "", "product": "`/` for floats, `div` and `mod` floor", "matmul": "product of matrices and vectors",
    "prefix": "so `-x^2` is `-(x^2)`", "power": "the exponent may begin with `-`",
    "forwards": "`(f >> g) x` is `g (f x)`", "backwards": "`(f << g) x` is `f (g x)`", "applied": "`f x y`",
    "postfix": "the bracket touches the array",
}
_RIGHT = ("power", "backwards", "prefix")


def operators() -> str:
    """One line for each level of the grammar, the loosest first."""
    rules, fixed = _rules(), _terminals()
    lines = ["| operators | group to the | remarks |", "|---|---|---|"]
    for name, remark in _LEVELS.items():
        marks: dict[str, None] = {}
        for a in rules[name]:
            for part in a.split():
                found = rules.get(part, []) if part.endswith("_op") else [part]
                marks.update(dict.fromkeys(fixed[t] for x in found for t in x.split() if t in fixed))
        special = {"applied": ["application"], "postfix": [".0", ".name", "a[i]"], "update": ["with [i] ="]}
        shown = " ".join(f"`{m}`".replace("|", "\\|") for m in special.get(name, list(marks)))
        side = "—" if name == "comparison" else "right" if name in _RIGHT else "left"
        lines.append(f"| {shown} | {side} | {remark} |")
    return "\n".join(lines) + "\n"


# ── functions ──────────────────────────────────────────────────────────────────────────────────────────────────

def builtins() -> str:
    """Built-in functions, those of one type in one line."""
    alike: dict[str, list[Builtin]] = {}
    for b in BUILTINS.values():
        alike.setdefault(_signature(b), []).append(b)
    lines = ["| functions | type |", "|---|---|"]
    lines += [f"| {' '.join(f'`{b.name}`' for b in group)} | {signature} |" for signature, group in alike.items()]
    return "\n".join(lines) + "\n"


def _signature(b: Builtin) -> str:
    parts = [f"({p})" if "->" in str(p) and not str(p).startswith("(") else str(p) for p in b.params]
    where = [f"`{x}` is {describe(bits)}" for x, bits in b.types if bits not in (ANY, DATA)]
    text = f"`{' -> '.join([*parts, str(b.result)])}`"
    return text + (f", where {' and '.join(where)}" if where else "")


def _definitions(source: Source) -> list[str]:
    """A file of the library as a table: headers and the first sentence of the comments."""
    lines = ["| definition | |", "|---|---|"]
    for d in parse(source).decls:
        if isinstance(d, tree.Def) and not d.name.endswith(("_small", "_start")):         # parts of others
            header = source.text[d.name_span.start:d.body.span.start].rstrip().removesuffix("=")
            header = re.sub(r"\s+", " ", header).strip().replace("|", "\\|")
            doc = re.split(r"(?<=\.)\s", re.sub(r"\s+", " ", d.doc).strip())[0] if d.doc else ""
            lines.append(f"| `{header}` | {doc} |".replace("|  |", "| |"))
    return lines


def prelude() -> str:
    path = FOLDER / "prelude.cad"
    return "\n".join(_definitions(Source(path.name, path.read_text(encoding="utf-8")))) + "\n"


def library() -> str:
    out: list[str] = []
    for module in standard_modules():
        source = standard_module(module)
        first = source.text.split("\n\n")[0].split("\n--\n")[0]
        about = " ".join(line.removeprefix("--").strip() for line in first.splitlines())
        out += [f"### `{module}`", "", about, "", *_definitions(source), ""]
    return "\n".join(out)


SECTIONS: Mapping[str, Callable[[], str]] = {
    "operators": operators, "grammar": grammar, "builtins": builtins, "prelude": prelude, "library": library,
}


# ── pages ──────────────────────────────────────────────────────────────────────────────────────────────────────

def language(text: str) -> str:
    """The page with its generated parts made again."""
    return _MARKED.sub(lambda m: f"{m[1]}\n{SECTIONS[m[2]]()}\n{m[3]}", text)


def errors() -> str:
    """All codes with their explanations."""
    rooms = {"E01": "Form", "E02": "Names and types", "E03": "Sizes", "E04": "Functions that cannot be compiled",
             "E05": "While running", "E06": "Files, values and the command line",
             "E07": "Backends", "E09": "Mistakes of catad"}
    out = ["# Errors", "", "<!-- made by docs/generate.py -->", "",
           "`catad explain E0205` prints one of these. A code keeps its meaning for ever."]
    last = ""
    for code, entry in codes().items():
        if code[:3] != last:
            last = code[:3]
            out += ["", f"## {rooms.get(last, last)}"]
        out += ["", f"### {code}: {entry.title}", "", entry.explanation.strip()]
    return "\n".join(out) + "\n"


def main() -> None:
    page = HERE / "language.md"
    page.write_text(language(page.read_text(encoding="utf-8")), encoding="utf-8")
    (HERE / "errors.md").write_text(errors(), encoding="utf-8")


if __name__ == "__main__":
    main()
