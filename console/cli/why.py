"""Explanations of `claimwire show CLAIM --why`: conditions of changes, and contributions to the salience."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from claimwire.records.articles import CleanArticle
from claimwire.records.claims import Claim
from claimwire.records.vocabulary import QuantityRole
from claimwire.store import SearchStore
from processors.match.clusters import features_of
from processors.match.sightings import body_first
from processors.match.vectors import cosine
from processors.match.verdicts.conditions import GivenCount
from processors.match.verdicts.explanation import Check, checks_of
from processors.match.verdicts.statements import Statement, scene_of, statement_of
from processors.report.features import ArticleContext
from processors.report.features import features_of as salience_features
from processors.report.salience import Weight, parts, weights
from sinks.notify.notifications import plain

Body = Mapping[str, Any]
Articles = Callable[[str], tuple[CleanArticle, int] | None]
MOST_EXPLAINED, MOST_COMPARED, MOST_INGREDIENTS = 3, 500, 3
LEAST_WORDS = 0.15


@dataclass(frozen=True)
class Read:
    """A stored claim in the form that the matcher compares."""

    body: Body
    statement: Statement
    words: dict[str, float]
    page: ArticleContext
    claim: Claim


def explanation(store: SearchStore, claim: Body, story: Sequence[Body]) -> dict[str, Any]:
    """Explain a claim: conditions of changes, and the main reasons for its salience."""
    article = cache(lambda ident: _article(store, ident, story))
    mine = _read(claim, article)
    if mine is None:
        return {"conditions": [], "salience": {"for": {}, "against": {}}}
    place = _place(claim, article)
    before = [b for b in story if b["claim_id"] != claim["claim_id"] and _place(b, article) < place]
    earlier = [read for body in before[-MOST_COMPARED:] if (read := _read(body, article)) is not None]

    @cache
    def said(role: QuantityRole) -> list[GivenCount]:
        return [(e.statement, count) for e in earlier for count in e.statement.counts if count.role == role]

    rows = [_row(mine, other, said) for other in earlier]
    near = sorted((row for row in rows if row["is_near"] or row["cluster_id"] == claim["cluster_id"]), key=_rank)
    return {"conditions": [_plain(row) for row in near[:MOST_EXPLAINED]], "salience": _ingredients(mine)}


def _rank(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the sort key: changes first, then non-changes by the number of failed conditions."""
    failed = sum(check.holds is False for check in row["checks"])
    return not row["is_changed"], not row["has_numbers"], failed, -row["words"], row["claim_id"]


def lines(found: Mapping[str, Any], shortened: Callable[[str], str]) -> Iterator[str]:
    """Yield the explanation as lines for a terminal."""
    for row in found["conditions"]:
        yield f"\nconditions of a change of: {plain(shortened(row['evidence']))} ({plain(row['source'])})"
        for check in row["checks"]:
            if check["holds"] is not None:
                yield f"  {'yes' if check['holds'] else 'no ':3} {check['condition']}: {plain(check['why'])}"
        rest = [f"{c['condition']} ({c['why']})" for c in row["checks"] if c["holds"] is None]
        yield f"  does not apply: {plain('; '.join(rest))}"
    for side in ("for", "against"):
        if found["salience"][side]:
            named = ", ".join(f"{name} {value:+.2f}" for name, value in found["salience"][side].items())
            yield f"\n{side} reporting it: {named}"


def _place(body: Body, article: Articles) -> tuple[int, int]:
    """Return the position of a claim in the matcher's order."""
    found = article(body["article_id"])
    if found is None:
        return 0, body["start"]
    clean, offset = found
    ids = [claim.claim_id for claim in body_first(clean)]
    return offset, ids.index(body["claim_id"]) if body["claim_id"] in ids else 0


def _article(store: SearchStore, ident: str, story: Sequence[Body]) -> tuple[CleanArticle, int] | None:
    """Return a stored article with its claims and log position; None if it is gone."""
    body = store.get("articles", ident)
    if body is None:
        return None
    claims = tuple(_claim(b) for b in story if b["article_id"] == ident and not b.get("withdrawn_in"))
    fields = {name: body[name] for name in CleanArticle.__struct_fields__ if name in body}
    return msgspec.convert(fields | {"claims": claims}, CleanArticle), body["clean_offset"]


def _claim(body: Body) -> Claim:
    return msgspec.convert({name: body[name] for name in Claim.__struct_fields__ if name in body}, Claim)


def _read(body: Body, article: Articles) -> Read | None:
    """Return a claim from the current text of its article; None if the text or the article is gone."""
    found = article(body["article_id"])
    if found is None or body.get("withdrawn_in"):
        return None
    clean, _ = found
    claim, evidence = _claim(body), str(body["evidence"])
    features = features_of(claim, evidence, clean.language)
    statement = statement_of(claim, evidence, features, clean, str(body["source"]), scene_of(clean))
    return Read(body, statement, features.words, ArticleContext.of(clean), claim)


def _row(mine: Read, other: Read, said: Callable[[QuantityRole], list[GivenCount]]) -> dict[str, Any]:
    words = cosine(mine.words, other.words)
    roles = {c.role for c in mine.statement.counts} & {c.role for c in other.statement.counts}
    checks = checks_of(mine.statement, other.statement, words, said)
    is_near = bool(roles) or words >= LEAST_WORDS
    changes = mine.body["changes"]
    is_changed = any(
        c["old_article"] == other.body["article_id"] and (not roles or c["role"] in roles) for c in changes
    )
    return {**{n: other.body[n] for n in ("claim_id", "cluster_id", "evidence", "source")}, "words": words, "checks": checks,
            "is_near": is_near, "is_changed": is_changed, "has_numbers": bool(roles)}  # fmt: skip


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    checks: Sequence[Check] = row["checks"]
    return {n: row[n] for n in ("claim_id", "evidence", "source")} | {"checks": msgspec.to_builtins(checks)}


def _ingredients(mine: Read) -> dict[str, dict[str, float]]:
    """Return the main contributions for and against reporting a claim, with their part of the score."""
    table, features = weights(), salience_features(mine.claim, str(mine.body["evidence"]), mine.page)
    found = {ingredient(n, features, table): round(part, 2) for n, part in parts(features, table).items()}
    rows = sorted(found.items(), key=lambda row: (-abs(row[1]), row[0]))
    good, bad = [r for r in rows if r[1] > 0], [r for r in rows if r[1] < 0]
    return {"for": dict(good[:MOST_INGREDIENTS]), "against": dict(bad[:MOST_INGREDIENTS])}


def ingredient(name: str, features: Mapping[str, float], table: Mapping[str, Weight]) -> str:
    """Return a feature of the salience in words, with a note if it is below average."""
    return name if features.get(name, 0.0) > table[name].mean else f"{name}: less than usual"
