"""Records for tests."""

from datetime import UTC, datetime

import msgspec

from claimwire.ids import article_id
from claimwire.log import Message
from claimwire.records.articles import RawArticle
from claimwire.records.base import encode
from claimwire.text.bodies import pack_body

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEXT = (
    "Floods kill four in Valdivia\n"
    "At least four people were killed when the river flooded parts of Valdivia on Friday, the interior ministry said.\n"
    "The ministry said that seven people were missing.\n"
)


def raw_article(name: str = "a", text: str = TEXT, **fields) -> RawArticle:
    url = f"https://paper.example/{name}"
    base = RawArticle(
        article_id=article_id(url, "Paper"),
        revision_id=f"r-{name}",
        url=url,
        source="Paper",
        lane="live",
        fetched_at=NOW,
        first_seen_at=NOW,
        published_at=NOW,
        language="en",
        media_type="text/plain",
        charset="utf-8",
        body=pack_body(text.encode()),
    )
    return msgspec.structs.replace(base, **fields)


def raw_message(raw: RawArticle) -> Message:
    ids = {"article_id": raw.article_id, "revision_id": raw.revision_id}
    return Message("articles.raw", raw.article_id, encode(raw), ids)
