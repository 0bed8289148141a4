"""Erasure of articles: a record without a value names the article; each stage passes it on after its own outputs.

Partitions of the next topic may be read at different speeds, so every partition is notified. Repeats have no effect.
"""

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.log import Message
from claimwire.log.reading import check_key
from claimwire.messages import erased_article, erased_key
from processors.match.erasure import Forgotten


def article_of(message: Message) -> str:
    """Return the article id of an erasure request. Raises ContractError if it has none."""
    check_key(message)
    ident = message.headers.get("article_id")
    if not ident:
        raise ContractError(f"{message.topic}: a record without a value that names no article")
    return ident


def passed_on(topic: topics.Topic, message: Message) -> list[Message]:
    """Return the erasure request for every partition of a topic."""
    ident = article_of(message)
    return [erased_article(topic, ident, partition) for partition in range(topic.partitions)]


def decided(message: Message, left: Forgotten) -> list[Message]:
    """Return the matcher's messages for an erased article: tombstones, and the snapshots without it."""
    ident = article_of(message)
    decision = {
        "clean_partition": str(message.partition),
        "clean_offset": str(message.offset),
        "revisions": " ".join(left.revisions),
    }
    return [
        erased_article(topics.ARTICLES, ident, headers=decision),
        *(erased_key(topics.CLAIMS, cluster_id, ident) for cluster_id in left.clusters),
        *(erased_key(topics.CLUSTERS, ident) for ident, c in left.clusters.items() if c is None or not c.is_shared),
        *(erased_key(topics.STORIES, story_id) for story_id, s in left.stories.items() if s is None),
    ]
