"""Child processes of the stage `analyse`."""

from datetime import date
from pathlib import Path

from claimwire.config.settings import Settings
from claimwire.errors import ContractError
from claimwire.log import Message
from claimwire.records.base import decode
from claimwire.records.hosts import host_name
from claimwire.runtime.process_pool import Pool, Rescue
from claimwire.runtime.strikes import Attempts, Breaker
from processors.analysis import analyse, analyse_plainly, give_up
from processors.claims import claims_of
from processors.clean.document import Document, clean_document
from processors.clean.language import language_of
from processors.clean.page import careful_lines
from processors.clean.scorer import Scored
from processors.learn.table import RawHead

AnalysePool = Pool[Message, list[Message]]
ATTEMPTS_FILE = "attempts.db"
SAMPLE = (
    "<html><head><title>Flood in Valdivia</title></head><body><article><h1>Flood in Valdivia</h1>"
    + "<p>At least four people were killed when the river flooded parts of Valdivia on Friday, the ministry said.</p>"
    * 4
    + "</article></body></html>"
)


def analyse_pool(settings: Settings, attempts: Path | None = None) -> AnalysePool:
    """Return the pool of the stage `analyse`; `attempts` is the file of records that killed a child (None: in memory).

    A page that times out or kills its child is analysed by its paragraphs only, and rejected as `timed_out` if that
    fails.
    """
    rescue = Rescue(analyse_plainly, give_up, name_of, host_of, Attempts(attempts), Breaker())
    return Pool(analyse, settings.workers, settings.analyse_timeout, warm=warm, rescue=rescue)


def warm() -> None:
    """Load weights, gazetteer, trafilatura and the language detector."""
    document = clean_document(SAMPLE.encode(), "text/html")
    careful_lines(SAMPLE, None, Scored([], 0, 1.0, 0))
    assert isinstance(document, Document)
    language_of(None, document.text)
    claims_of("warm", document.text, document.blocks, date(2026, 1, 1))


def name_of(message: Message) -> str:
    """Return a record's stable name: its revision, or else its position."""
    ids = message.headers.get("article_id"), message.headers.get("revision_id")
    return "/".join(filter(None, ids)) or f"{message.topic}/{message.partition}@{message.offset}"


def host_of(message: Message) -> str:
    """Return the host of a raw article; empty if it has none."""
    try:
        return host_name(decode(message.value, RawHead).url) if message.value else ""
    except ContractError:
        return ""
