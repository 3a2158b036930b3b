"""`catad completion bash|zsh|fish`: the script that completes commands, options and files in a shell.

    bash    source <(catad completion bash)            in ~/.bashrc
    zsh     source <(catad completion zsh)             in ~/.zshrc, after compinit
    fish    catad completion fish | source             in config.fish

The scripts are made from the parsers of the commands, so they know what `--help` knows.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from catad.cli.report import Report

__all__ = ["run", "script"]


def run(args: argparse.Namespace, report: Report) -> int:
    print(script(args.shell), end="")
    return 0


def script(shell: str) -> str:
    """The script for a shell."""
    from catad.cli.arguments import parsers
    commands = {name: (_options(p), _words(p), p.description or "") for name, p in parsers().items()}
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](commands)


Commands = dict[str, tuple[list[str], list[str], str]]           # options, words that may follow, what it does


def _options(p: argparse.ArgumentParser) -> list[str]:
    return sorted({o for a in p._actions for o in a.option_strings if o.startswith("--")})


def _words(p: argparse.ArgumentParser) -> list[str]:
    """The choices of positional arguments, and of options."""
    return [str(c) for a in p._actions for c in a.choices or () if not a.option_strings]


def _cases(commands: Commands, line: str, indent: str) -> Sequence[str]:
    return [indent + line.format(name=name, words=" ".join([*options, *words]))
            for name, (options, words, _) in commands.items()]


def _bash(commands: Commands) -> str:
    names = " ".join(commands)
    return "\n".join([
        "_catad() {",
        '  local word="${COMP_WORDS[COMP_CWORD]}" words=""',
        '  if [ "$COMP_CWORD" -eq 1 ]; then',
        f'    COMPREPLY=($(compgen -W "{names} --help --version" -- "$word"))',
        "    return",
        "  fi",
        '  case "${COMP_WORDS[1]}" in',
        *_cases(commands, '{name}) words="{words}" ;;', "    "),
        "  esac",
        '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
        '  case "$word" in -*) return ;; esac',
        '  COMPREPLY+=($(compgen -f -X "!*.cad" -- "$word") $(compgen -d -- "$word"))',
        "}",
        "complete -o filenames -F _catad catad", ""])


def _zsh(commands: Commands) -> str:
    shown = [f'    "{name}:{text}"' for name, (_, _, text) in commands.items()]
    return "\n".join([
        "#compdef catad",
        "_catad() {", "  local -a commands", "  commands=(", *shown, "  )",
        "  if (( CURRENT == 2 )); then", "    _describe command commands", "    return", "  fi",
        '  case "$words[2]" in',
        *(f"    {name}) compadd -- {' '.join([*options, *more])} ;;" for name, (options, more, _) in commands.items()),
        "  esac",
        '  _files -g "*.cad(-.)"',
        "}", "compdef _catad catad", ""])


def _fish(commands: Commands) -> str:
    lines = []
    for name, (options, words, text) in commands.items():
        quoted = text.replace("'", "")
        lines.append(f"complete -c catad -n __fish_use_subcommand -f -a {name} -d '{quoted}'")
        within = f"complete -c catad -n '__fish_seen_subcommand_from {name}'"
        lines += [f"{within} -l {o.removeprefix('--')}" for o in options]
        lines += [f"{within} -f -a '{' '.join(words)}'"] if words else []
    return "\n".join([*lines, ""])
