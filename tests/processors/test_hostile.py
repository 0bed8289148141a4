"""Every hostile page of the bench, small: read or refused, by one record, in time that grows with its size."""

import resource
import time
from functools import partial

import pytest

from claimwire import topics
from claimwire.records.articles import CleanArticle
from claimwire.records.base import decode
from claimwire.records.outcomes import Outcome
from processors.analysis import analyse
from processors.clean.lines import MOST_CHARACTERS
from tests.bench.hostile import MOST_SECONDS, message_of_page
from tests.bench.hostile_pages import PAGES

SMALL, LARGE = 10_000, 4_999_000
REASONS = {"hostile_markup", "no_text", "too_short"}


def test_each_page_ends_in_one_record_on_either_way():
    assert len(PAGES) >= 40
    for name in PAGES:
        message = message_of_page(name, SMALL)
        for way in (analyse, partial(analyse, is_plain=True)):
            started = time.process_time()
            outputs = way(message)
            assert time.process_time() - started < MOST_SECONDS / 2, name
            ends = [m for m in outputs if m.topic in (topics.CLEAN.name, topics.OUTCOMES.name)]
            assert len(ends) == 1, name
            if ends[0].topic == topics.OUTCOMES.name:
                assert decode(ends[0].value, Outcome).reason in REASONS, name
            else:
                assert len(decode(ends[0].value, CleanArticle).text) <= 2 * MOST_CHARACTERS, name


@pytest.mark.parametrize("name", ["attributes, quoted", "attributes of many <html> tags", "nested tables", "one word"])
def test_a_page_of_five_megabytes_costs_little(name):
    message, peak, started = message_of_page(name, LARGE), _peak(), time.process_time()
    analyse(message)
    assert time.process_time() - started < MOST_SECONDS
    assert _peak() - peak < 150 << 10


def _peak() -> int:
    """KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
