"""Sweep over seeds: ``python -m tests.fuzz --seeds 0:2000 --jobs 2``.

Prints how many programs were differentiated rightly, refused by an error message, wrong, or crashed; and each
distinct failure once, as small as it could be made.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from functools import partial

from tests.fuzz.generate import program
from tests.fuzz.oracles import Outcome, asked, examine
from tests.fuzz.shrink import shrink


def outcome_of(seed: int, constructs: bool = False, numba: bool = False) -> tuple[int, Outcome]:
    """The outcome for one seed."""
    return seed, examine(program(seed, constructs), seed, more=_wanted(seed, numba))


def _wanted(seed: int, numba: bool) -> frozenset[str]:
    return asked(seed) | {"Numba"} if numba else asked(seed)


def smallest(seed: int, outcome: Outcome, seconds: float, constructs: bool, numba: bool = False) -> str:
    """A small program that fails as the one for this seed does."""

    def fails(source: str) -> bool:
        found = examine(source, seed, more=_wanted(seed, numba))
        return (found.kind, found.what) == (outcome.kind, outcome.what)

    source = program(seed, constructs)
    defined = source.replace("np.empty_like", "np.zeros_like")  # what is shrunk might read what nobody wrote
    return shrink(defined if fails(defined) else source, fails, seconds)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seeds", default="0:500", help="first:last, or one seed (default: 0:500)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--seconds", type=float, default=60.0, help="for shrinking each failure (default: 60)")
    parser.add_argument("--per-kind", type=int, default=2, help="failures of one kind to shrink (default: 2)")
    parser.add_argument("--refusals", action="store_true", help="list the refusals, most frequent first")
    parser.add_argument("--constructs", action="store_true", help="with exceptions, generators, classes and the like")
    parser.add_argument("--numba", action="store_true", help="compiled by Numba, too (seconds for each program)")
    options = parser.parse_args()
    first, _, last = options.seeds.partition(":")
    seeds = range(int(first), int(last)) if last else range(int(first), int(first) + 1)

    start = time.monotonic()
    counts: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    failures: dict[str, list[tuple[int, Outcome]]] = {}
    with multiprocessing.Pool(options.jobs, maxtasksperchild=200) as pool:
        for seed, outcome in pool.imap(
            partial(outcome_of, constructs=options.constructs, numba=options.numba), seeds, chunksize=4
        ):
            counts[outcome.kind] += 1
            if outcome.kind == "refused":
                refusals[outcome.what] += 1
            if outcome.failed:
                failures.setdefault(f"{outcome.kind}: {outcome.what}", []).append((seed, outcome))
                print(f"seed {seed}: {outcome.kind}: {outcome.what}", file=sys.stderr, flush=True)
        print(f"{len(seeds)} programs in {time.monotonic() - start:.0f} s: " + _shown(counts))
        if options.refusals:
            for what, count in refusals.most_common():
                print(f"  {count:5d}  {what}")
        for kind, found in sorted(failures.items(), key=lambda item: -len(item[1])):
            print(f"\n== {kind} ({len(found)} programs, seeds {', '.join(str(s) for s, _ in found[:8])})", flush=True)
            chosen = found[: options.per_kind]
            for (seed, outcome), text in zip(
                chosen,
                pool.starmap(
                    smallest,
                    [(s, o, options.seconds, options.constructs, options.numba) for s, o in chosen],
                    chunksize=1,
                ),
                strict=True,
            ):
                print(f"\n-- seed {seed}: {outcome.detail.strip().splitlines()[-1]}\n{text}", flush=True)
    return 1 if failures else 0


def _shown(counts: Counter[str]) -> str:
    kinds = ("right", "refused", "unclear", "invalid", "wrong", "crashed")
    return ", ".join(f"{counts[kind]} {kind}" for kind in kinds)


if __name__ == "__main__":
    sys.exit(main())
