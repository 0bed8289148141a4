"""`claimwire config`: each setting and its origin; secrets are never printed."""

import argparse
from dataclasses import fields

from claimwire.config.settings import Loaded, Settings, redacted
from console.cli.output import print_json, print_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    rows = [(f.name, redacted(getattr(loaded.settings, f.name)), loaded.origins[f.name], f.metadata["help"])
            for f in fields(Settings)]  # fmt: skip
    if arguments.json:
        print_json({name: {"value": value, "origin": origin} for name, value, origin, _ in rows})
    else:
        print_table(("setting", "value", "from", "description"), rows)
    return 0
