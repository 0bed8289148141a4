"""`claimwire VERB`: each verb imports what it runs when it runs.

Exit status: 0 done, 1 unhealthy or different, 2 usage or settings, 3 a server can't be reached.
"""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence

from claimwire import __version__
from claimwire.errors import ClaimwireError, ConfigError, UnreachableError
from claimwire.logsetup import setup_logging
from claimwire.settings import load
from console.cli.examples import EXAMPLES

VERBS = {
    "demo": "a whole run over the demo corpus on this machine",
    "run": "run all parts, or the named ones",
    "feeds": "what is followed: list, check, add, remove, import, export, why",
    "setup": "create topics, index templates and aliases",
    "extract": "the clean text and claims of one file",
    "batch": "documents through the same stages in memory",
    "watch": "new claims as they come",
    "search": "find articles or claims",
    "export": "documents of the store as NDJSON, CSV or Parquet",
    "show": "a claim, or a cluster with the time line of its values",
    "trace": "one article's whole way",
    "rules": "check alert rules, or try them over the index",
    "marks": "stories followed or muted, alerts useful or wrong",
    "replay": "pages of web archives as back-fill, or a stretch of the log into another namespace",
    "diff-index": "whether two namespaces of the store hold the same",
    "forget": "take an article out everywhere, for good",
    "deadletters": "list, show or replay records that failed",
    "skip": "let a stage or sink go on behind a record that stops it",
    "status": "lag, outcomes and feeds",
    "doctor": "what is wrong with settings, servers, feeds, clock and disk, and what to do",
    "config": "each setting and where it came from",
    "completion": "a script that completes verbs and options in a shell",
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
    """The parser of all verbs; of verbs other than `only`, which need not be imported, just the names."""
    top = argparse.ArgumentParser(prog="claimwire", description=__doc__.split("\n\n")[1] if __doc__ else "")
    top.add_argument("--version", action="version", version=f"claimwire {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, text in VERBS.items():
        shown = "\n".join(f"  {example}" for example in EXAMPLES[verb])
        sub = verbs.add_parser(
            verb, help=text, description=f"{text}\n\n{shown}", formatter_class=argparse.RawDescriptionHelpFormatter
        )
        sub.add_argument("--config", help="settings file (default: claimwire.toml where there is one)")
        sub.add_argument("--json", action="store_true", help="JSON on stdout")
        for flag in FLAGS:
            sub.add_argument(f"--{flag.replace('_', '-')}", help=argparse.SUPPRESS)
        if only is None or verb == only:
            importlib.import_module(f"console.cli.{verb.replace('-', '_')}").add_arguments(sub)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status."""
    words = sys.argv[1:] if argv is None else argv
    # Keys of foreign records may hold bytes that are no text, and a terminal may have another encoding than UTF-8.
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
        # The reader of a pipe went away (`claimwire search … | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
