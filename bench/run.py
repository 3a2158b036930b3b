"""All comparisons of this folder, one process each.

    python bench/run.py [--quick] [--json FOLDER] [NAME …]           NAME: compile_time call_overhead gmm …

With --json, FOLDER gets one file for each. The exit code is 1 when answers of two sides disagreed somewhere.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = ("call_overhead", "elementwise", "gradients", "gmm", "jets", "compile_time")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="smaller cases, fewer rounds")
    parser.add_argument("--json", type=Path, metavar="FOLDER", help="write what was found")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no comparison {', '.join(unknown)}; there are {', '.join(NAMES)}")
    if options.json:
        options.json.mkdir(parents=True, exist_ok=True)
    worst = 0
    for name in options.names or NAMES:
        command = [sys.executable, str(HERE / f"{name}.py"), *(["--quick"] if options.quick else [])]
        if options.json:
            command += ["--json", str(options.json / f"{name}.json")]
        worst = max(worst, min(1, abs(subprocess.run(command).returncode)))
    return worst


if __name__ == "__main__":
    sys.exit(main())
