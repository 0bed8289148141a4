"""Pages of our own in twenty layouts, eleven languages and seven encodings: the report comes out whole, and nothing else."""

import pytest

from processors.clean.document import Declared, Document, clean_document
from tests.corpus import own_pages
from tests.corpus.layouts import LAYOUTS


def test_there_are_many_and_they_differ():
    pages = own_pages()
    assert len(pages) == len({p.name for p in pages}) == len({p.html for p in pages}) == 60
    assert {p.layout for p in pages} == set(LAYOUTS)
    assert len({p.encoding for p in pages}) == 7
    assert len({p.story.language for p in pages}) == 11


@pytest.mark.parametrize("page", own_pages(), ids=lambda p: p.name)
def test_a_report_comes_out_whole_and_nothing_else(page):
    document = clean_document(page.html, "text/html", declared=Declared(url=page.url))
    assert isinstance(document, Document), document
    assert document.title == page.story.title
    assert [line for line in page.story.body if line not in document.text] == []
    chrome = page.story.chrome
    around = (*chrome.teasers, chrome.newsletter, chrome.cookies, chrome.comments, chrome.rights)
    assert [words for words in around if words in document.text] == []
