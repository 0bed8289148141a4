"""Print reported lines of a labelled set with their sentences, to be judged by eye: `python -m tests.quality.sheet --set press`.

`--changes` prints only those that change something, with what they are compared with.
"""

import argparse
import random
import textwrap
from typing import Any

from tests.quality.labelled import require_labels
from tests.quality.scores import CLAIM_SETS, predictions


def main() -> None:
    """Print the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", dest="name", choices=CLAIM_SETS, default="press")
    parser.add_argument("--n", type=int, default=50, help="how many lines")
    parser.add_argument("--seed", type=int, default=1, help="which lines")
    parser.add_argument("--changes", action="store_true", help="only what changes something")
    arguments = parser.parse_args()
    require_labels()
    claims, _ = predictions(arguments.name)
    wanted = [c for c in claims if c["told"] and (c["change"] or not arguments.changes)]
    chosen = random.Random(arguments.seed).sample(wanted, min(arguments.n, len(wanted)))
    for number, claim in enumerate(sorted(chosen, key=claims.index), 1):
        print(f"{number:3} {line_of(claim)}\n{textwrap.indent(textwrap.fill(claim['sentence'], 116), '    | ')}\n")


def line_of(claim: dict[str, Any]) -> str:
    """A reported claim as one line: its document, reason, claimant, words and change."""
    change = claim["change"]
    arrow = f" [{change['kind']} {change['role'] or ''} {change['old']} -> {change['new']}]" if change else ""
    who = ", ".join(claim["source"])
    return f"{claim['doc']} {claim['reason']} {claim['salience']:.2f} {who}: {claim['span']['text']}{arrow}"


if __name__ == "__main__":
    main()
