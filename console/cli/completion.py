"""`claimwire completion SHELL`: a script that completes verbs, options and choices."""

import argparse
from collections.abc import Iterator

from claimwire.config.settings import Loaded

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="whose script")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    from console.cli.main import VERBS, parser

    del loaded
    verbs = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    words = {verb: list(_words(verbs.choices[verb])) for verb in VERBS}
    if arguments.shell == "fish":
        print("\n".join(_fish(words, VERBS)))
    else:
        head = ["autoload -U +X bashcompinit && bashcompinit"] if arguments.shell == "zsh" else []
        print("\n".join([*head, *_bash(words)]))
    return 0


def _words(verb: argparse.ArgumentParser) -> Iterator[str]:
    """Options and choices of a verb."""
    for action in verb._actions:
        if action.help is not argparse.SUPPRESS:
            yield from (o for o in action.option_strings if o.startswith("--"))
            yield from (str(c) for c in action.choices or ())


def _bash(words: dict[str, list[str]]) -> Iterator[str]:
    yield "_claimwire() {"
    yield '  local current="${COMP_WORDS[COMP_CWORD]}" words'
    yield '  if [ "$COMP_CWORD" -eq 1 ]; then'
    yield f'    words="{" ".join(words)}"'
    yield "  else"
    yield '    case "${COMP_WORDS[1]}" in'
    for verb, given in words.items():
        yield f'      {verb}) words="{" ".join(given)}" ;;'
    yield "    esac"
    yield "  fi"
    yield '  COMPREPLY=($(compgen -W "$words" -- "$current"))'
    yield "}"
    yield "complete -o default -F _claimwire claimwire"


def _fish(words: dict[str, list[str]], texts: dict[str, str]) -> Iterator[str]:
    for verb, given in words.items():
        yield f"complete -c claimwire -n __fish_use_subcommand -a {verb} -d '{texts[verb]}'"
        for word in given:
            what = f"-l {word.removeprefix('--')}" if word.startswith("--") else f"-a {word}"
            yield f"complete -c claimwire -n '__fish_seen_subcommand_from {verb}' {what}"
