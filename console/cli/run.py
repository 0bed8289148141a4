"""`claimwire run [PART...]`: producers, stages and sinks, all in one process or each in its own."""

import argparse
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

from claimwire.config.settings import Loaded, Settings
from claimwire.errors import ConfigError
from claimwire.log import open_settings_log
from claimwire.runtime.process_pool import collect_less
from console.cli.output import progress
from console.cli.watch import unreported
from console.process import DEMO_MARK, PARTS, SETTING_OF, STAGES, Process, check_parts
from console.resources import resolved
from console.supervisor import stage_processes, supervise


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; default: all")
    parser.add_argument("--no-import", action="store_true", help="do not import the feeds file")
    parser.add_argument("--urls", metavar="FILE", help="file of page URLs to fetch, one a line")
    parser.add_argument("--all", action="store_true", help="also print claims that are not reported, with the reason")
    parser.add_argument("--url-source", default="urls", help="source of these pages (default: urls)")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    settings = loaded.settings
    parts = check_parts(arguments.parts)
    collect_less()
    if (Path(settings.data_dir) / DEMO_MARK).exists() and settings.is_embedded:
        progress(f"note: {settings.data_dir}/ holds the demo's data; `claimwire demo` empties it when it starts")
    process = Process(settings)
    for part in arguments.parts:
        if not process.is_set(part):
            raise ConfigError(f"run: {part}: {SETTING_OF[part]} is not set")
    process.listen(parts)
    try:
        process.setup(parts)
        if "rss" in parts and not arguments.no_import:
            _import(settings)
        if arguments.urls:
            _request(settings, arguments.urls, arguments.url_source)
        if arguments.all:
            process.beside("claims not reported", unreported(process.log(), process.stop))
        status = _run_until_stopped(process, settings, parts)
    finally:
        process.close()
    return 1 if process.failed else status


def _run_until_stopped(process: Process, settings: Settings, parts: tuple[str, ...]) -> int:
    wanted = [p for p in parts if p in STAGES]
    if wanted and not settings.is_embedded:
        return _run_with_faust(process, settings, parts, wanted)
    _stop_on_signals(process.stop)
    process.start(parts)
    progress(running(process, parts))
    while not process.stop.wait(0.5):
        pass
    return 0


def running(process: Process, parts: tuple[str, ...]) -> str:
    """Return a line with the running parts and the page's URL."""
    return f"running {', '.join(parts)}" + (f"; the page is at {process.page.address}" if process.page else "")


def _run_with_faust(process: Process, settings: Settings, parts: tuple[str, ...], wanted: list[str]) -> int:
    """Run one stage in this process, several each in a process of its own; the other parts in this one."""
    from processors.rules import load_rules

    rules = load_rules(resolved(settings.rules))
    others = [p for p in parts if p not in STAGES]
    if len(wanted) > 1:
        _stop_on_signals(process.stop)
        process.start(others)
        progress(running(process, parts))
        return supervise(stage_processes(settings, wanted), process.stop)
    from processors.runners.distributed import run_worker

    process.start(others)
    progress(running(process, parts))
    # Faust's worker stops at signals.
    return run_worker(settings, rules, wanted[0], process.stop, process.liveness)


def _import(settings: Settings) -> None:
    from producers.tables.feeds_file import import_feeds, read_feeds

    log = open_settings_log(settings)
    path = resolved(settings.feeds)
    added = import_feeds(log, read_feeds(path, datetime.now(UTC)))
    progress(f"{added} feeds added from {path}")
    log.close()


def _request(settings: Settings, path: str, source: str) -> None:
    from producers.web import request_pages

    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}:0: file: {error}") from None
    log = open_settings_log(settings)
    urls = [(n, line.strip()) for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    for number, url in urls:
        try:
            request_pages(log, [url], source, datetime.now(UTC))
        except ValueError as error:
            raise ConfigError(f"{path}:{number}: url: {error}") from None
    progress(f"{len(urls)} pages requested from {path}")
    log.close()


def _stop_on_signals(stop: threading.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
