"""Clean articles for withdrawn pages."""

from claimwire.records.articles import CleanArticle, RawArticle
from claimwire.text.bodies import unpack_body
from processors.clean.language import language_of


def withdrawal(raw: RawArticle) -> CleanArticle:
    """Return title and beginning of the lost text, without claims; its language selects the article's matcher."""
    lead = unpack_body(raw.body).decode("utf-8", "replace")
    text = f"{raw.title}\n\n{lead}" if raw.title else lead
    return CleanArticle(
        article_id=raw.article_id, revision_id=raw.revision_id, url=raw.url, source=raw.source, lane=raw.lane,
        language=language_of(raw.language, text), fetched_at=raw.fetched_at, first_seen_at=raw.first_seen_at,
        published_at=raw.published_at, published_estimated=raw.published_estimated, title=raw.title, text=text, blocks=(),
        removed=(), claims=(), backfill=raw.backfill, withdrawn_at=raw.fetched_at,
    )  # fmt: skip
