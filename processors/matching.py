"""From a clean article to the matcher's decision on it, and back from a recorded decision to the matcher's state."""

from claimwire.ledger import outcome_message, rejection
from claimwire.letters import number
from claimwire.log import Message
from claimwire.log.reading import decoded
from claimwire.messages import for_next_matcher, message_of
from claimwire.records.articles import CleanArticle
from claimwire.records.base import Record
from claimwire.records.outcomes import Outcome
from claimwire.records.sightings import Article
from claimwire.records.stories import Cluster
from claimwire.records.vocabulary import RejectReason
from processors.erasure import article_of, decided
from processors.match.cluster_history import published
from processors.match.folds import fold_of, with_fold
from processors.match.matcher import Matcher


def match(message: Message, matcher: Matcher) -> list[Message]:
    """Return the decision on a clean article, its sightings and the changed snapshots; or erase an article.

    The withdrawal of an article that this matcher does not know is passed on to the next; the last rejects it.
    """
    if message.value is None:
        left = matcher.forget(article_of(message))
        snapshots = (s for s in (*left.clusters.values(), *left.stories.values()) if s is not None)
        return [*decided(message, left), *map(_message, filter(_is_published, snapshots))]
    clean = decoded(message, CleanArticle)
    records, fold = matcher.decide(clean, message.partition, message.offset)
    if not records:
        return [for_next_matcher(message) or _message(rejection(clean, RejectReason.GONE, "match"))]
    decision, *others = map(_message, filter(_is_published, records))
    return [with_fold(decision, fold, matcher.record_bytes) if fold else decision, *others]


def apply_decision(message: Message, matcher: Matcher) -> None:
    """Fold a recorded decision into the state, using the details in its header if there are any."""
    if message.value is None:
        matcher.forget(message.key)
        return
    article, fold = decoded(message, Article), fold_of(message)
    if fold is None or len(fold.kept) != len(article.sightings):
        matcher.apply(article)
    else:
        matcher.refold(article, message.value, fold)


def position_of(message: Message) -> tuple[int, int]:
    """Return partition and offset in articles.clean of a recorded decision."""
    if message.value is None or "clean_offset" in message.headers:
        return number(message.headers, "clean_partition"), number(message.headers, "clean_offset")
    article = decoded(message, Article)
    return article.clean_partition, article.clean_offset


def _is_published(record: Record) -> bool:
    return not isinstance(record, Cluster) or record.is_shared


def _message(record: Record) -> Message:
    """Return a record as a message: clusters reduced to their displayed part, outcomes counted."""
    match record:
        case Cluster():
            return message_of(published(record))
        case Outcome():
            return outcome_message(record)
        case _:
            return message_of(record)
