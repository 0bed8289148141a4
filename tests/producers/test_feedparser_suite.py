"""feedparser's own suite through our parser: no exception, and nearly always what feedparser reads."""

import pytest

from tests.producers.feedparser_suite import outcomes, source_files


@pytest.mark.timeout(240)
@pytest.mark.filterwarnings("ignore")
def test_the_suite_of_feedparser_is_read_alike(tmp_path):
    files = source_files(tmp_path)
    if not files:
        pytest.skip("no package index has the source distribution of feedparser")
    assert len(files) > 2_000
    found = outcomes(files)
    assert found["equal"] >= 0.995 * len(files), found
