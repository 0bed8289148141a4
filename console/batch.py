"""Batch runs: documents through the same stages in memory, in order, written to articles.jsonl and claims.jsonl."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import ConfigError
from claimwire.ids import article_id, revision_id
from claimwire.ledger import counts, outcome_message, read_ledger
from claimwire.log.sqlite import SqliteLog
from claimwire.messages import message_of
from claimwire.records.articles import RawArticle
from claimwire.records.base import decode
from claimwire.records.claims import Claim
from claimwire.records.outcomes import Outcome
from claimwire.records.sightings import Article, Sighting
from claimwire.records.vocabulary import BodySource, OutcomeState, Verdict
from claimwire.text.bodies import MAX_BODY_BYTES, pack_body
from processors.flow import stages
from processors.runners.children import stage_pool
from processors.runners.embedded import StageRunner, drain

ALERT_OF = {Verdict.NEW: "new", Verdict.REPEAT: "repeat"}


@dataclass(frozen=True)
class Input:
    """One document: `doc_id` is its id in the output; `fetched_at` the time of a page that was fetched."""

    doc_id: str
    source: str
    url: str | None
    published: datetime | None
    title: str | None
    language: str | None
    media_type: str
    body: bytes
    fetched_at: datetime | None = None


def read_inputs(paths: Sequence[str], published: date | None) -> Iterator[Input]:
    """Read the documents of .txt, .html and .jsonl files. Raises ConfigError (`file:line: key: problem`)."""
    index = _index(paths)
    for name in paths:
        path = Path(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{name}:0: file: {error.strerror or error}") from None
        meta = index.get(path.stem, {})
        if path.suffix == ".jsonl":
            if path.name != "index.jsonl":
                yield from _from_jsonl(name, data, published)
        elif path.suffix in (".html", ".htm"):
            yield _input(name, 0, {"id": path.stem, **meta}, "text/html", data, published)
        elif path.suffix == ".txt":
            first, _, rest = data.partition(b"\n")
            if first.startswith(b"{"):
                meta, data = {**meta, **_json(name, 1, first)}, rest
            yield _input(name, 1, {"id": path.stem, **meta}, "text/plain", data, published)
        else:
            raise ConfigError(f"{name}:0: file: not .txt, .html or .jsonl")


def _index(paths: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read the metadata in `index.jsonl` in the documents' folder, if there is one."""
    found = {}
    for file in {Path(p).parent / "index.jsonl" for p in paths}:
        if file.exists():
            for number, line in enumerate(file.read_bytes().splitlines(), 1):
                row = _json(str(file), number, line)
                found[str(row.get("id"))] = row
    return found


def _from_jsonl(name: str, data: bytes, published: date | None) -> Iterator[Input]:
    for number, line in enumerate(data.splitlines(), 1):
        if line.strip():
            row = _json(name, number, line)
            kind = "text/html" if "html" in row else "text/plain"
            text = row.get("html") or row.get("text")
            if not isinstance(text, str):
                raise ConfigError(f"{name}:{number}: text: a document needs text or html")
            yield _input(name, number, row, kind, text.encode("utf-8", "replace"), published)


def _json(name: str, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ConfigError(f"{name}:{number}: json: {error}") from None
    if not isinstance(row, dict):
        raise ConfigError(f"{name}:{number}: json: expected an object")
    return row


def _input(name: str, number: int, row: dict[str, Any], kind: str, body: bytes, published: date | None) -> Input:
    for key in ("id", "source", "url", "title", "lang", "published"):
        if row.get(key) is not None and not isinstance(row[key], str):
            raise ConfigError(f"{name}:{number}: {key}: expected a text")
    if not row.get("id"):
        raise ConfigError(f"{name}:{number}: id: a document needs an id")
    when = datetime(published.year, published.month, published.day, 12, tzinfo=UTC) if published else None
    if row.get("published"):
        try:
            when = datetime.fromisoformat(row["published"])
        except ValueError:
            raise ConfigError(f"{name}:{number}: published: not a date: {row['published']!r}") from None
        when = when.replace(tzinfo=when.tzinfo or UTC)
    if len(body) > MAX_BODY_BYTES:
        raise ConfigError(f"{name}:{number}: text: {len(body)} bytes are over {MAX_BODY_BYTES}")
    return Input(
        row["id"], row.get("source") or "batch", row.get("url"), when, row.get("title"), row.get("lang"), kind, body
    )


def raw_article(document: Input, number: int) -> RawArticle:
    """Return a document as a producer would publish it; the default date is the page's own, else 2000-01-01."""
    given = document.published or document.fetched_at
    seen = (given or datetime(2000, 1, 1, tzinfo=UTC)) + timedelta(milliseconds=number)
    return RawArticle(
        article_id=article_id(None, "batch", document.doc_id),
        revision_id=revision_id([document.doc_id, document.body.decode("utf-8", "replace")]),
        url=document.url,
        source=document.source,
        lane="live",
        # A date that a page gives is believed up to now.
        fetched_at=seen if given or document.media_type == "text/plain" else datetime.now(UTC),
        first_seen_at=seen,
        published_at=document.published,
        title=document.title,
        language=document.language,
        media_type=document.media_type,
        charset="utf-8" if document.media_type == "text/plain" else None,
        body=pack_body(document.body),
        body_source=BodySource.TEXT,
    )


def run_batch(
    documents: list[Input], settings: Settings, *, in_children: bool = False
) -> tuple[SqliteLog, dict[str, str]]:
    """Run documents through analyse and match in memory; return the log, and document ids by article_id."""
    names: dict[str, str] = {}
    log = SqliteLog.open("sqlite:///:memory:", settings.namespace, max_message_bytes=settings.max_message_bytes)
    log.ensure_topics(topics.TOPICS)
    flow = [s for s in stages(settings, ()) if s.name in ("analyse", "match")]
    settings = replace(settings, broker="sqlite:///:memory:")
    for number, document in enumerate(documents):
        raw = raw_article(document, number)
        if raw.article_id in names:
            raise ConfigError(f"duplicate id {document.doc_id!r}")
        names[raw.article_id] = document.doc_id
        opened = Outcome(
            article_id=raw.article_id, revision_id=raw.revision_id, state=OutcomeState.OPENED, stage="batch",
            at=raw.fetched_at, url=raw.url, source=raw.source,
        )  # fmt: skip
        # One partition, so that the stages keep the given order.
        message = replace(message_of(raw), partition=0)
        log.publish([outcome_message(opened), message])
    runners = [StageRunner(s, log, settings, stage_pool(s, settings) if in_children else None) for s in flow]
    try:
        drain(runners)
    finally:
        for runner in runners:
            runner.close()
    return log, names


def write_results(log: SqliteLog, names: dict[str, str], out: Path) -> dict[str, int]:
    """Write articles.jsonl and claims.jsonl in document order; return the counts of outcomes and verdicts."""
    order = {name: n for n, name in enumerate(names.values())}
    articles = [
        decode(m.value, Article)
        for p in range(topics.ARTICLES.partitions)
        for m in log.read(topics.ARTICLES, p)
    ]  # fmt: skip
    articles.sort(key=lambda a: order[names[a.clean.article_id]])
    out.mkdir(parents=True, exist_ok=True)
    counted: dict[str, int] = {"documents": len(names), "articles": 0}
    with (
        (out / "articles.jsonl").open("w", encoding="utf-8") as article_file,
        (out / "claims.jsonl").open("w", encoding="utf-8") as claim_file,
    ):
        for article in articles:
            doc = names[article.clean.article_id]
            article_file.write(json.dumps(article_row(article, doc), ensure_ascii=False) + "\n")
            counted["articles"] += 1
            for sighting in article.sightings:
                claim_file.write(json.dumps(claim_row(sighting, doc), ensure_ascii=False) + "\n")
                counted[sighting.verdict.value] = counted.get(sighting.verdict.value, 0) + 1
    for state, number in counts(read_ledger(log).values()).items():
        if state not in ("opened",):
            counted[state] = counted.get(state, 0) + number
    return counted


def article_row(article: Article, doc: str) -> dict[str, Any]:
    """Return one line of articles.jsonl."""
    clean = article.clean
    return {
        "doc_id": doc, "cluster_id": article.story_id, "title": clean.title, "text": clean.text,
        "source": clean.source, "url": clean.url, "language": clean.language, "duplicate_of": article.duplicate_of,
        "published": clean.published_at.isoformat() if clean.published_at else None,
        "blocks": [{"type": b.type.value, "start": b.start, "end": b.end} for b in clean.blocks],
        "removed": [{"rule": r.rule, "line": r.line, "text": r.text} for r in clean.removed],
        "dateline": clean.dateline, "byline": clean.byline, "route": clean.route.value, "confidence": clean.confidence,
        "canonical": clean.canonical, "provenance": clean.provenance, "captions": list(clean.captions),
    }  # fmt: skip


def change_row(sighting: Sighting) -> dict[str, Any] | None:
    """Return the first change of a claim, or None."""
    return next(
        ({"kind": c.kind.value, "role": c.role, "unit": c.unit, "old": c.old, "new": c.new} for c in sighting.changes),
        None,
    )


def alert_of(sighting: Sighting) -> str:
    """Return `new`, `repeat` or `update` of another article's claim; a dispute within one article counts as new."""
    if sighting.changes and all(c.old_article == c.new_article for c in sighting.changes):
        return "new"
    return ALERT_OF.get(sighting.verdict, "update")


def claim_row(sighting: Sighting, doc: str) -> dict[str, Any]:
    """Return one line of claims.jsonl, with the scorer's field names."""
    claim: Claim = sighting.claim
    day = claim.event_date
    return {
        "doc": doc, "id": sighting.claim_id, "cluster": sighting.cluster_id, "story": sighting.story_id,
        "span": {"start": claim.start, "end": claim.end, "text": sighting.evidence}, "sentence": sighting.sentence,
        "source": list(claim.claimant), "cue": claim.cue, "event_type": claim.event_type, "actor": list(claim.actor),
        "target": list(claim.target),
        "quantities": [
            {"value": q.value, "op": q.op, "unit": q.unit, "role": q.role, "value_max": q.value_max, "ordinal": q.ordinal}
            for q in claim.quantities
        ],
        "places": list(claim.places),
        "date": {"start": str(day.start), "end": str(day.end), "precision": day.precision} if day else None,
        "modality": claim.modality, "verdict": sighting.verdict.value,
        "alert": alert_of(sighting), "why": sighting.why, "told": sighting.reported,
        "salience": sighting.salience, "reason": sighting.reason.value,
        "change": change_row(sighting), "stands_for": list(sighting.stands_for),
    }  # fmt: skip
