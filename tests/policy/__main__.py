"""`python -m tests.policy`: how many mutants of each rule its fixtures notice."""

from __future__ import annotations

import sys

from tests.policy.test_mutants import MUTANTS, noticed


def main() -> int:
    """Exit status 1 when one is not noticed."""
    total = 0
    for name in dict.fromkeys(mutant.rule.name for mutant in MUTANTS):
        made = [mutant for mutant in MUTANTS if mutant.rule.name == name]
        caught = sum(map(noticed, made))
        total += caught
        sys.stdout.write(f"{name:<34}{caught:>3} of {len(made)}\n")
    sys.stdout.write(f"{'all rules':<34}{total:>3} of {len(MUTANTS)}\n")
    return int(total < len(MUTANTS))


if __name__ == "__main__":
    sys.exit(main())
