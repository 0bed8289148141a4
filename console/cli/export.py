"""`claimwire export`: documents of the store as NDJSON, CSV (protected against formula injection) or Parquet."""

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TextIO

from claimwire.config.settings import Loaded
from claimwire.errors import ConfigError
from claimwire.store import KINDS
from claimwire.store.drivers import open_settings_store
from claimwire.store.mappings import MAPPINGS
from console.cli.output import counted
from console.cli.search import filters_of, query_of
from console.parquet import write_parquet

BOM = "\ufeff"
# Characters that begin a formula in some spreadsheet (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="WORD", help="only documents with these words and quoted phrases")
    parser.add_argument("--kind", choices=KINDS, default="claims", help="kind of document (default: claims)")
    parser.add_argument("--filter", action="append", default=[], metavar="FIELD=VALUE", help="only with this value")
    parser.add_argument("--format", choices=("ndjson", "csv", "parquet"), default="ndjson", help="default: ndjson")
    parser.add_argument("--output", metavar="FILE", help="default: standard output")
    parser.add_argument("--bom", action="store_true", help="CSV with a byte order mark, which some spreadsheets need")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    if arguments.format == "parquet" and not arguments.output:
        raise ConfigError("export: --format parquet: give a file with --output")
    filters, query = filters_of(arguments.kind, arguments.filter), query_of(arguments.words)
    store = open_settings_store(loaded.settings)
    try:
        total = store.search(arguments.kind, query, filters, limit=0).total
        rows = _with_progress((body for _, body in store.scan(arguments.kind, query, filters)), total)
        if arguments.format == "parquet":
            write_parquet(arguments.output, arguments.kind, rows)
            return 0
        with _opened(arguments.output) as out:
            if arguments.format == "csv":
                write_csv(out, MAPPINGS[arguments.kind], rows, with_bom=arguments.bom)
            else:
                for row in rows:
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")
    except OSError as error:
        raise ConfigError(f"{arguments.output}:0: --output: {error.strerror or error}") from None
    finally:
        store.close()
    return 0


def _opened(name: str | None) -> Any:
    return Path(name).open("w", encoding="utf-8", newline="") if name else nullcontext(sys.stdout)


def _with_progress(rows: Iterator[Mapping[str, Any]], total: int) -> Iterator[Mapping[str, Any]]:
    """Yield the rows, and show progress on stderr."""
    with counted("documents", total) as advance:
        for count, row in enumerate(rows, 1):
            yield row
            advance(count)


def write_csv(
    out: TextIO, columns: Mapping[str, Any], rows: Iterator[Mapping[str, Any]], *, with_bom: bool = False
) -> None:
    """Write a line for each document and a column for each field; several values are separated by semicolons."""
    if with_bom:
        out.write(BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(name)) for name in columns])


def cell(value: Any) -> str:
    """Format a CSV cell (RFC 4180); texts that look like formulas get a leading apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = "; ".join(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(FORMULA) else text
