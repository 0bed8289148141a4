"""One frozen `Settings`: `claimwire.toml`, then `CLAIMWIRE_*` environment, then flags.

Variables of the tests (CLAIMWIRE_TEST_*, CLAIMWIRE_REQUIRE_*) are not settings and are ignored.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from claimwire.config.typed import Mistake, types_of, value_of
from claimwire.errors import ConfigError
from claimwire.records.vocabulary import did_you_mean

ENV_PREFIX = "CLAIMWIRE_"
NOT_SETTINGS = re.compile(r"^CLAIMWIRE_(TEST_.*|REQUIRE_.*|CONFIG)$")


Namespace = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9-]{0,60}$", description="lower-case letters, digits and hyphens (at most 61)")
]
InstanceName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-]?[A-Za-z0-9._-]{0,199}$",
        description="letters, digits, dots, hyphens and underscores (at most 200)",
    ),
]
BrokerUrl = Annotated[
    str, Meta(pattern=r"^(sqlite|kafka|kafka\+ssl):", description="sqlite:///, kafka:// or kafka+ssl:// and a place")
]
StoreUrl = Annotated[
    str,
    Meta(
        pattern=r"^(sqlite|elasticsearch|elasticsearch\+https):",
        description="sqlite:///, elasticsearch:// or elasticsearch+https:// and a place",
    ),
]
WebUrl = Annotated[str, Meta(pattern=r"^(https?://.*)?$", description="an address that begins with https://")]
Port = Annotated[int, Meta(ge=0, le=65535)]


def _setting(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True)
class Settings:
    """Every value has a default that runs on one machine without a server."""

    namespace: Namespace = _setting("claimwire", "prefix of topics, groups, indices and state")
    broker: BrokerUrl = _setting(
        "sqlite:///data/stream.db", "sqlite:///FILE, kafka://HOST:PORT[,HOST:PORT] or kafka+ssl://…"
    )
    store: StoreUrl = _setting(
        "sqlite:///data/search.db", "sqlite:///FILE, elasticsearch://HOST:PORT or elasticsearch+https://…"
    )
    broker_user: str = _setting("", "user name for the broker (SASL); empty = no user")
    broker_password_file: str = _setting("", "file with the user's password")
    broker_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = _setting(
        "SCRAM-SHA-512", "SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN"
    )
    broker_ca: str = _setting("", "file of the certificates (PEM) that sign the broker's; empty = the system's")
    broker_compression: Literal["gzip", "none"] = _setting("gzip", "compression of records on Kafka: gzip or none")
    broker_instance: InstanceName = _setting(
        "", "name of this process among its peers, kept over restarts (static membership on Kafka); empty = none"
    )
    store_user: str = _setting("", "user name for the store; empty = no user")
    store_password_file: str = _setting("", "file with the user's password")
    store_api_key_file: str = _setting("", "file with an API key (encoded form), instead of a user")
    store_ca: str = _setting("", "file of the certificates (PEM) that sign the store's; empty = the system's")
    store_replicas: Annotated[int, Meta(ge=0, le=9)] = _setting(
        0, "copies of each index on other nodes; 1 where Elasticsearch has more than one"
    )
    data_dir: str = _setting("data", "folder of matcher and notification state")
    feeds: str = _setting("seeds/feeds.toml", "feeds to import at start; later changes are made with claimwire feeds")
    rules: str = _setting("seeds/rules.toml", "alert rules")
    archive_dir: str = _setting("", "folder of the archive (WARC); empty = no archive")
    archive_bytes: Annotated[int, Meta(ge=1000, le=1 << 40)] = _setting(
        1_000_000_000, "size in bytes at which a new archive file is started"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting("INFO", "DEBUG, INFO, WARNING or ERROR")
    log_format: Literal["text", "json"] = _setting("text", "text or json")
    metrics_port: Port = _setting(0, "port of /metrics; 0 = off")
    metrics_bind: str = _setting("127.0.0.1", "address of /metrics; in a container, 0.0.0.0")
    page_port: Port = _setting(8321, "port of the page; 0 = none")
    page_bind: str = _setting(
        "127.0.0.1", "address of the page; one that other machines can reach needs page_token_file"
    )
    page_token_file: str = _setting(
        "", "file with the page's access token, created if missing; empty = no token required"
    )
    workers: Annotated[int, Meta(ge=1, le=256)] = _setting(2, "child processes of the analyse stage")
    batch_size: Annotated[int, Meta(ge=1, le=10_000)] = _setting(50, "records in a batch")
    analyse_timeout: Annotated[float, Meta(ge=0.1, le=600)] = _setting(
        5.0, "CPU seconds for one page, fallback extraction included; the wall-clock limit is three times as long"
    )
    max_message_bytes: Annotated[int, Meta(ge=10_000, le=100_000_000)] = _setting(
        8_000_000, "largest record on a topic in bytes"
    )
    replication: Annotated[int, Meta(ge=1, le=9)] = _setting(1, "replication factor of topics on Kafka")
    session_timeout: Annotated[float, Meta(ge=6, le=300)] = _setting(
        8.0, "seconds until a dead worker's partitions move"
    )
    stall_timeout: Annotated[float, Meta(ge=5, le=86_400)] = _setting(
        120.0, "seconds without a commit on a partition with waiting records after which its worker exits"
    )
    in_flight_timeout: Annotated[float, Meta(ge=1, le=864_000)] = _setting(
        3600.0, "seconds after which status reports a revision that is still in flight"
    )
    user_agent: str = _setting("claimwire/0.1 (+https://example.org/claimwire)", "sent with each request")
    fetch_timeout: Annotated[float, Meta(ge=0.1, le=600)] = _setting(20.0, "time limit for one fetch in seconds")
    max_feed_bytes: Annotated[int, Meta(ge=1000, le=100_000_000)] = _setting(
        10_000_000, "largest feed in bytes, uncompressed"
    )
    max_page_bytes: Annotated[int, Meta(ge=1000, le=5_000_000)] = _setting(
        5_000_000, "largest page in bytes, uncompressed"
    )
    host_interval: Annotated[float, Meta(ge=0, le=3600)] = _setting(
        1.0, "minimum seconds between two requests to one host"
    )
    host_inflight: Annotated[int, Meta(ge=1, le=100)] = _setting(2, "maximum requests in flight to one host")
    fetches: Annotated[int, Meta(ge=1, le=1000)] = _setting(32, "maximum requests in flight in total")
    poll_min: Annotated[float, Meta(ge=0.05, le=86_400)] = _setting(
        120.0, "minimum seconds between two polls of a feed"
    )
    poll_max: Annotated[float, Meta(ge=0.05, le=864_000)] = _setting(
        86_400.0, "maximum seconds between two polls of a feed"
    )
    page_attempts: Annotated[int, Meta(ge=1, le=20)] = _setting(
        4, "attempts to fetch a page before the feed's summary is used instead"
    )
    watched_pages: Annotated[int, Meta(ge=0, le=10_000_000)] = _setting(
        50_000, "maximum pages watched for revisions; 0 = none"
    )
    websub_port: Port = _setting(0, "port for WebSub notifications from hubs; 0 = off")
    websub_bind: str = _setting("127.0.0.1", "address of the WebSub port; behind a proxy on another machine, 0.0.0.0")
    websub_url: WebUrl = _setting("", "public URL at which hubs reach the WebSub port")
    allow_private_addresses: bool = _setting(False, "fetch from loopback and private networks too")
    keep_days: Annotated[int, Meta(ge=0, le=36_500)] = _setting(
        0, "days for which documents stay in the store, in whole months; 0 = all"
    )
    window_days: Annotated[int, Meta(ge=1, le=60)] = _setting(28, "days of publication in the matcher's window")
    window_stories: Annotated[int, Meta(ge=10, le=1_000_000)] = _setting(20_000, "maximum stories in the window")
    window_articles: Annotated[int, Meta(ge=10, le=10_000_000)] = _setting(100_000, "maximum articles in the window")
    cluster_values: Annotated[int, Meta(ge=1, le=10_000)] = _setting(200, "maximum values kept in a cluster")
    reports_per_article: Annotated[int, Meta(ge=1, le=100)] = _setting(
        8, "maximum claims of one article that are reported"
    )

    @property
    def is_embedded(self) -> bool:
        """Return whether the log is a SQLite file, not Kafka."""
        return self.broker.startswith("sqlite:")


@dataclass(frozen=True)
class Loaded:
    """Settings and the origin of each value."""

    settings: Settings
    origins: Mapping[str, str]


def load(
    config_file: str | None = None, environ: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> Loaded:
    """Load settings from a file (default `claimwire.toml`, if it exists), the environment and flags.

    Raises ConfigError (`file:line: key: problem`).
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    origins = {f.name: "default" for f in fields(Settings)}
    named = config_file or environ.get(ENV_PREFIX + "CONFIG")
    path = Path(named or "claimwire.toml")
    if path.exists() or named:
        for key, (value, place) in _values(path).items():
            values[key], origins[key] = _checked(key, value, place), place
    for name, text in environ.items():
        if name.startswith(ENV_PREFIX) and not NOT_SETTINGS.match(name):
            key, place = name.removeprefix(ENV_PREFIX).lower(), f"environment {name}"
            if key not in origins:
                raise ConfigError(f"{place}: {key}: no such setting{did_you_mean(key, origins)}")
            values[key], origins[key] = _checked(key, text, place), place
    for key, value in (flags or {}).items():
        if value is not None:
            place = f"flag --{key.replace('_', '-')}"
            if value != redacted(value):
                raise ConfigError(
                    f"{place}: {key}: all users of the machine can see a password there; put it in a file"
                )
            values[key], origins[key] = _checked(key, value, place), place
    loaded = Loaded(Settings(**values), origins)
    for key, problem in _contradictions(loaded.settings):
        raise ConfigError(f"{origins[key]}: {key}: {problem}")
    return loaded


def _contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield (key, problem) for settings that require or exclude another one."""
    if settings.websub_port and not settings.websub_url:
        yield "websub_port", "needs websub_url, the public URL of this port"
    for part in ("broker", "store"):
        user, file = getattr(settings, f"{part}_user"), getattr(settings, f"{part}_password_file")
        if bool(user) != bool(file):
            yield (
                f"{part}_user" if user else f"{part}_password_file",
                f"{part}_user and {part}_password_file go together",
            )
        scheme = urlsplit(getattr(settings, part)).scheme
        if getattr(settings, f"{part}_ca") and not scheme.endswith(("+ssl", "+https")):
            yield (
                f"{part}_ca",
                f"{part} does not begin with {'kafka+ssl' if part == 'broker' else 'elasticsearch+https'}://",
            )
    if "@" in urlsplit(settings.broker).netloc:
        yield "broker", "takes no user; set broker_user and broker_password_file"
    if settings.store_api_key_file and settings.store_user:
        yield "store_api_key_file", "store_user is set too; choose one"


def environment_of(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` with all settings in it: `load` of it gives exactly `settings`, whatever files there are."""
    others = {k: v for k, v in environ.items() if not k.startswith(ENV_PREFIX) or NOT_SETTINGS.match(k)}
    ours = {f"{ENV_PREFIX}{f.name.upper()}": str(getattr(settings, f.name)) for f in fields(Settings)}
    return others | ours | {f"{ENV_PREFIX}CONFIG": os.devnull}


def read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """Return text and table of a TOML file. Raises ConfigError (`file:line: key: problem`)."""
    try:
        text = path.read_text("utf-8")
        return text, tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}:0: file: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}:1: file: not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}:{_error_line(error, text)}: syntax: {error}") from None


def _values(path: Path) -> dict[str, tuple[Any, str]]:
    text, table = read_toml(path)
    known = {f.name for f in fields(Settings)}
    out = {}
    for key, value in table.items():
        place = f"{path}:{line_of_key(text, key)}"
        if key not in known:
            raise ConfigError(f"{place}: {key}: no such setting{did_you_mean(key, known)}")
        out[key] = (value, place)
    return out


def _error_line(error: Exception, text: str) -> int:
    """Return the line of a TOML syntax error; the last line if the error is at the end of the document."""
    found = re.search(r"at line (\d+)", str(error))
    return int(found.group(1)) if found else max(1, len(text.splitlines()))


def line_of_key(text: str, key: str, occurrence: int = 0) -> int:
    """Return the 1-based line of the nth `key =` or `[key]` in a TOML text; 1 if it is not found."""
    pattern = re.compile(rf"^\s*(\[+\s*)?[\"']?{re.escape(key)}[\"']?\s*(=|\])")
    lines = [n for n, line in enumerate(text.splitlines(), 1) if pattern.match(line)]
    return lines[min(occurrence, len(lines) - 1)] if lines else 1


def _checked(key: str, value: Any, place: str) -> Any:
    """Return a value with the type of its setting; the environment and flags give texts. Raises ConfigError."""
    try:
        return value_of(types_of(Settings)[key], key, value, is_text=isinstance(value, str))
    except Mistake as mistake:
        raise ConfigError(f"{place}: {mistake}") from None


def redacted(value: Any) -> str:
    """Return `value` for display, without the password of a URL."""
    return re.sub(r"(://[^/@:]*:)[^@/]+@", r"\1***@", str(value))


def sqlite_path(url: str) -> str:
    """Return the file of a `sqlite:///FILE` URL (`sqlite:////abs/file` is absolute); `:memory:` is unchanged."""
    return url.removeprefix("sqlite:///")
