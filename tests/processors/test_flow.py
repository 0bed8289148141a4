"""The stages, as `stages` makes them of the settings."""

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.records.base import decode
from claimwire.records.sightings import Article
from claimwire.runtime.sqlite_file import connect
from processors.flow import stages
from processors.match.folds import fold_of
from tests.processors.test_refold import clean_message


def test_settings_reach_the_matcher(tmp_path):
    """A decision takes along what a rebuild needs, and no more claims are reported than set."""
    _, match, *_ = stages(Settings(reports_per_article=1), ())
    decision = match.process(clean_message(0, 0, 0, 4, 0, False), match.open_state(connect(tmp_path / "m.db"), "t"))[0]
    assert decision.topic == topics.ARTICLES.name
    assert fold_of(decision) is not None
    assert sum(s.reported for s in decode(decision.value or b"", Article).sightings) == 1
    small = stages(Settings(max_message_bytes=100_000), ())[1].open_state(connect(tmp_path / "s.db"), "t")
    assert small.record_bytes == 100_000
