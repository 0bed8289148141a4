"""Clean articles for withdrawn pages."""

from claimwire.records.articles import CleanArticle, RawArticle

UNKNOWN_LANGUAGE = "und"


def withdrawal(raw: RawArticle) -> CleanArticle:
    """Return a clean article without text; the matcher has the last text of the article."""
    return CleanArticle(
        article_id=raw.article_id, revision_id=raw.revision_id, url=raw.url, source=raw.source, lane=raw.lane,
        language=UNKNOWN_LANGUAGE, fetched_at=raw.fetched_at, first_seen_at=raw.first_seen_at,
        published_at=raw.published_at, published_estimated=raw.published_estimated, title=raw.title, text="", blocks=(),
        removed=(), claims=(), backfill=raw.backfill, withdrawn_at=raw.fetched_at,
    )  # fmt: skip
