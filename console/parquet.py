"""Export of documents as Parquet (the extra `parquet`): columns typed by the mapping, lists for tuples."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, get_origin, get_type_hints

from claimwire.errors import ConfigError
from claimwire.records.alerts import Alert
from claimwire.records.articles import CleanArticle
from claimwire.records.base import Record
from claimwire.records.claims import Claim
from claimwire.records.outcomes import Outcome
from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Cluster, Story
from claimwire.store.mappings import MAPPINGS

ROWS = 5000
RECORDS: Mapping[str, tuple[type, ...]] = {
    "articles": (Article, CleanArticle), "claims": (Sighting, Claim), "clusters": (Cluster,), "stories": (Story,),
    "alerts": (Alert,), "outcomes": (Outcome,), "deadletters": (Record,), "feeds": (Record,),
}  # fmt: skip


def lists_of(kind: str) -> frozenset[str]:
    """Return the fields of a kind that have several values."""
    hints = {name: hint for record in RECORDS[kind] for name, hint in get_type_hints(record).items()}
    return frozenset(name for name, hint in hints.items() if get_origin(hint) is tuple)


def write_parquet(path: str, kind: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a file with a column for each field; objects become JSON. Raises ConfigError, OSError."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise ConfigError("export: --format parquet needs pyarrow: pip install 'claimwire[parquet]'") from None
    lists = lists_of(kind)
    types = {"long": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(), "date": pa.timestamp("us", tz="UTC")}
    plain = {name: types.get(spec["type"], pa.string()) for name, spec in MAPPINGS[kind].items()}
    fields = [
        pa.field(name, pa.list_(t) if name in lists and MAPPINGS[kind][name]["type"] in ("keyword", "text") else t)
        for name, t in plain.items()
    ]
    schema = pa.schema(fields)
    batch: list[dict[str, Any]] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for row in rows:
            batch.append({name: _cell(MAPPINGS[kind][name]["type"], row.get(name)) for name in plain})
            if len(batch) == ROWS:
                writer.write_table(pa.Table.from_pylist(batch, schema))
                batch = []
        writer.write_table(pa.Table.from_pylist(batch, schema))


def _cell(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "object":
        return json.dumps(value, ensure_ascii=False)
    if kind == "date":
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return datetime(at.year, at.month, at.day, tzinfo=UTC) if type(at) is date else at
    return float(value) if kind == "double" else value
