"""`claimwire VERB`: the command line. Each verb imports its modules only when it runs.

Exit status: 0 done, 1 unhealthy or different, 2 usage or settings, 3 a server can't be reached.
"""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence

from claimwire import __version__
from claimwire.config.settings import load
from claimwire.errors import ClaimwireError, ConfigError, UnreachableError
from claimwire.runtime.logsetup import setup_logging
from console.cli.examples import EXAMPLES

VERBS = {
    "demo": "run everything on this machine over a demo corpus",
    "run": "run all parts, or those given",
    "feeds": "feeds: list, check, add, remove, import, export, why",
    "setup": "create topics, index templates and aliases",
    "extract": "print the clean text and the claims of one file or page",
    "batch": "process documents in memory and write their claims to files",
    "watch": "print new claims as they arrive",
    "search": "search articles or claims",
    "export": "export documents of the store as NDJSON, CSV or Parquet",
    "show": "show a claim, or a cluster with the time line of its values",
    "trace": "show the records of one article in each topic",
    "rules": "check alert rules, or back-test them on stored articles",
    "marks": "follow or mute stories, rate alerts as useful or wrong",
    "replay": "back-fill from web archives, or replay part of the log into another namespace",
    "diff-index": "compare the documents of two namespaces",
    "forget": "erase an article everywhere, permanently",
    "deadletters": "list, show, replay or discard failed records",
    "skip": "skip a record that stops a stage or sink",
    "status": "show lag, outcomes, feeds and problems",
    "doctor": "check settings, servers, feeds, clock and disk, and suggest remedies",
    "config": "show each setting and its origin",
    "completion": "print a shell completion script",
}
FLAGS = (
    "namespace",
    "broker",
    "store",
    "data_dir",
    "feeds",
    "rules",
    "log_level",
    "log_format",
    "metrics_port",
    "page_port",
    "workers",
)


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all verbs, or with `only` the parser of one, which saves imports."""
    top = argparse.ArgumentParser(prog="claimwire", description=__doc__.split("\n\n")[1] if __doc__ else "")
    top.add_argument("--version", action="version", version=f"claimwire {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, text in VERBS.items():
        shown = "\n".join(f"  {example}" for example in EXAMPLES[verb])
        sub = verbs.add_parser(
            verb, help=text, description=f"{text}\n\n{shown}", formatter_class=argparse.RawDescriptionHelpFormatter
        )
        sub.add_argument("--config", help="settings file (default: claimwire.toml, if it exists)")
        sub.add_argument("--json", action="store_true", help="JSON on stdout")
        for flag in FLAGS:
            sub.add_argument(f"--{flag.replace('_', '-')}", help=argparse.SUPPRESS)
        if only is None or verb == only:
            importlib.import_module(f"console.cli.{verb.replace('-', '_')}").add_arguments(sub)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status."""
    words = sys.argv[1:] if argv is None else argv
    # Keys of foreign records may contain any bytes, and the terminal's encoding may not be UTF-8.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = parser(next((w for w in words if not w.startswith("-")), "")).parse_args(words)
    try:
        flags = {f: getattr(arguments, f) for f in FLAGS}
        loaded = load(arguments.config, None, flags)
        setup_logging(loaded.settings.log_level, loaded.settings.log_format)
        verb = importlib.import_module(f"console.cli.{arguments.verb.replace('-', '_')}")
        status: int = verb.run(arguments, loaded)
        return status
    except ConfigError as error:
        print(f"claimwire: {error}", file=sys.stderr)
        return 2
    except UnreachableError as error:
        print(f"claimwire: {error}", file=sys.stderr)
        return 3
    except ClaimwireError as error:
        print(f"claimwire: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of the pipe has closed it (`claimwire search … | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
