"""`claimwire completion SHELL`: a script that completes verbs, options and choices."""

import argparse

import shtab

from claimwire.config.settings import Loaded

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="whose script")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    from console.cli.main import parser

    del loaded
    print(shtab.complete(parser(), arguments.shell))
    return 0
