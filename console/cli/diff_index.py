"""`claimwire diff-index A B`: compare the documents of two namespaces; exit status 1 if they differ."""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from claimwire.config.settings import Loaded
from claimwire.store import CONTENT, SearchStore
from claimwire.store.drivers import open_settings_store
from console.cli.output import print_json, print_table

EXAMPLES = 5
# Positions of records in a log are not compared.
PLACES = frozenset(("clean_partition", "clean_offset"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="a namespace")
    parser.add_argument("b", metavar="B", help="another namespace")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    a, b = (open_settings_store(loaded.settings, name) for name in (arguments.a, arguments.b))
    found: dict[str, Counter[str]] = {}
    examples: list[str] = []
    for store in (a, b):
        store.refresh()
    for kind in CONTENT:
        found[kind] = Counter()
        for ident, what in differences(a, b, kind):
            found[kind][what.split(":")[0]] += 1
            if what != "same" and len(examples) < EXAMPLES:
                examples.append(f"{kind} {ident}: {what}")
    for store in (a, b):
        store.close()
    is_same = not examples
    if arguments.json:
        print_json({"same": is_same, "kinds": found, "examples": examples})
    else:
        heads = ("same", "different", "only in A", "only in B")
        print_table(("kind", *heads), [(kind, *(counted[h] for h in heads)) for kind, counted in found.items()])
        print("\n".join(examples) if examples else "no difference")
    return 0 if is_same else 1


def differences(a: SearchStore, b: SearchStore, kind: str) -> Iterator[tuple[str, str]]:
    """Yield (id, `same` | `different: fields` | `only in A` | `only in B`) of every document of either."""
    left, right = a.dump(kind), b.dump(kind)
    mine, other = next(left, None), next(right, None)
    while mine is not None or other is not None:
        if other is None or (mine is not None and mine[0] < other[0]):
            assert mine is not None
            yield mine[0], "only in A"
            mine = next(left, None)
        elif mine is None or other[0] < mine[0]:
            yield other[0], "only in B"
            other = next(right, None)
        else:
            yield mine[0], _compared(mine[1], mine[2], other[1], other[2])
            mine, other = next(left, None), next(right, None)


def _compared(version: int, body: Mapping[str, Any], other_version: int, other: Mapping[str, Any]) -> str:
    fields = sorted(f for f in body.keys() | other.keys() if f not in PLACES and body.get(f) != other.get(f))
    fields += ["version"] if version != other_version else []
    return f"different: {', '.join(fields)}" if fields else "same"
