"""Which faults of the rules would no test find? ``python -m tests.mutation [PATTERN] [--jobs N] [--tests PATH …]``.

PATTERN: a regular expression that the name of a rule (``elementwise.tanh``) has to match. Prints the survivors and the
score: the part of the mutants that some test finds, of those that are not known to be equivalent (``equivalent.txt``).
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import time
from pathlib import Path

import pytest

from tests.mutation.mutants import Mutant
from tests.mutation.runner import Mutation

_FOLDER = Path(__file__).parent


def equivalent() -> set[str]:
    """The mutants that change nothing: the lines of a file, each above its reason."""
    lines = (_FOLDER / "equivalent.txt").read_text().splitlines()
    return {_without_line(line) for line in lines if line and not line.startswith(("#", " "))}


def _without_line(mutant: str) -> str:
    return re.sub(r":\d+: ", ": ", mutant, count=1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("pattern", nargs="?", default="", help="which rules (default: all)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--every", type=int, default=1, help="only one of so many mutants, chosen at random")
    parser.add_argument("--tests", nargs="+", default=[str(_FOLDER.parent / "rules")], help="only these (default: all)")
    options = parser.parse_args()
    os.environ["S2SGRAD_CACHE"] = "0"
    same, chosen, wanted = equivalent(), random.Random(0), re.compile(options.pattern)

    def is_wanted(mutant: Mutant) -> bool:
        named = wanted.search(f"{mutant.module}.{mutant.qualname}") is not None
        return named and _without_line(str(mutant)) not in same and chosen.randrange(options.every) == 0

    plugin = Mutation(is_wanted, options.jobs)
    start = time.monotonic()
    arguments = ["-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow"]
    status = pytest.main([*arguments, *options.tests], plugins=[plugin])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return 2
    for mutant in plugin.survivors:
        print(mutant)
    if plugin.untested:
        print("no test uses:", ", ".join(sorted(plugin.untested)))
    found = plugin.count - len(plugin.survivors)
    seconds = time.monotonic() - start
    print(f"{found} of {plugin.count} mutants found ({found / max(plugin.count, 1):.1%}) in {seconds:.0f} s")
    return 1 if plugin.survivors else 0


if __name__ == "__main__":
    sys.exit(main())
