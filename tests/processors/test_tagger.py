"""Parts of speech by weights: sentences of news, headlines, unusual letters, long lines, and UD English EWT."""

import gzip
import time

import pytest

from processors.claims.lexicon import tag_lexicon
from processors.claims.syntax.tagger import FINITE, _decoder, tokens_of
from tests.conftest import shared
from tools.make_lexicon import by_tag

CLOSE = frozenset("n't 's 're 've 'll 'd 'm . , ? ! : ; )".split())


def tags(text: str) -> dict[str, str]:
    return {t.text: t.tag for t in tokens_of(text, 0, len(text))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mayor opened the bridge on Friday.", "opened/VBD bridge/NN Friday/NNP"),
        ("The bridge was opened and blessed on Friday.", "opened/VBN blessed/VBN"),
        ("Divers found the boat, which had sunk in May.", "found/VBD which/WDT sunk/VBN May/NNP"),
        ("She said in a letter that the harbour was closed.", "said/VBD that/IN closed/VBN"),
        ("The keeper told visitors that two lions had escaped.", "told/VBD that/IN escaped/VBN"),
        ("The firm isn’t selling, and can’t say why.", "isn’t/VBZ selling/VBG can’t/MD say/VB"),
        ("Lisbon’s trams stopped; it’s raining.", "Lisbon/NNP trams/NNS stopped/VBD raining/VBG"),
        ("The WHO warned the US on Monday.", "WHO/NNP warned/VBD US/NNP"),
        ("Two Quelldorf brackmoors sank.", "Quelldorf/NNP brackmoors/NNS sank/VBD"),
    ],
)  # fmt: skip
def test_words_of_sentences(text, expected):
    found = tags(text)
    assert [f"{w}/{found[w]}" for w in (p.rpartition("/")[0] for p in expected.split())] == expected.split()


@pytest.mark.parametrize(
    ("text", "verb", "name"),
    [
        ("Storm Kills Twelve in Northern Peru", "Kills", "Peru"),
        ("STORM KILLS TWELVE IN NORTHERN PERU", "KILLS", "PERU"),
        ("Minister resigns over ferry deal in Malta", "resigns", "Malta"),
    ],
)
def test_headlines_have_their_verb_whatever_their_letters(text, verb, name):
    found = tags(text)
    assert found[verb] in FINITE
    assert found[name] == "NNP"


@pytest.mark.parametrize(
    "text", ["", "...", "«»", "Мэр города сказал, что мост закрыт.", "市長は橋を閉鎖した。", "a" * 400, "7 8 9 %"]
)
def test_any_text_has_a_tag_for_each_token(text):
    assert all(t.tag for t in tokens_of(text, 0, len(text)))


def test_the_same_text_has_the_same_tags_whatever_was_read_before():
    text = "Prosecutors charged the driver who hit the tram."
    before = tags(text)
    for number in range(30_000):
        tokens_of(f"w{number}x ran.", 0, 12)
    assert tags(text) == before


def test_marks_of_one_look_do_not_depend_on_what_was_read_before():
    """A dash is written in two ways, and an apostrophe stands for two words."""
    texts = (
        "The fund – a bank -- lost 12 million.", "The fund -- a bank – lost it.", "The firms’ plan failed.",
        "The ‘plan’ failed.",
    )  # fmt: skip

    def seen(order):
        _decoder.cache_clear()
        found = [tokens_of(text, 0, len(text)) for text in order]
        assert all(found)
        return dict(_decoder().seen)

    assert seen(texts) == seen(tuple(reversed(texts)))


def test_time_grows_with_the_length():
    def seconds(size: int) -> float:
        text = "the ferry that sank near the old harbour carried " * (size // 49)
        started = time.process_time()
        tokens_of(text, 0, len(text))
        return time.process_time() - started

    seconds(10_000)
    assert seconds(1_000_000) < 40 * max(seconds(100_000), 0.02)


@pytest.mark.shared
def test_tags_agree_with_a_treebank():
    """Measured on words whose characters agree: .871 of all tags and .851 of those of verbs by the rules of before."""
    right = seen = right_verbs = verbs = 0
    data = gzip.decompress(shared("eval", "treebank", "en_ewt-dev.conllu.gz").read_bytes()).decode("utf-8")
    for block in data.split("\n\n"):
        rows = [line.split("\t") for line in block.splitlines() if line[:1].isdigit()]
        text, spans = "", {}
        for _, word, _, _, tag, *_ in (r for r in rows if r[0].isdigit()):
            tight = not text or word.lower() in CLOSE or text[-1] in "($"
            text += word if tight else f" {word}"
            spans[len(text) - len(word), len(text)] = tag
        for token in tokens_of(text, 0, len(text)):
            wanted = spans.get((token.start, token.end))
            if wanted:
                seen += 1
                right += token.tag == wanted
                if wanted.startswith("VB"):
                    verbs += 1
                    right_verbs += token.tag == wanted
    assert seen > 23_000
    assert right / seen >= 0.9
    assert right_verbs / verbs >= 0.89


def test_the_first_tag_of_a_word_is_the_most_likely() -> None:
    text = ";;; a comment\nferry NN|VB\nharbours NNS\n\nharbours VBZ\nbroken line of words\n"
    assert by_tag(text) == {"NN": ["ferry"], "VBZ": ["harbours"]}


def test_the_lexicon_has_words_in_small_letters_and_names() -> None:
    lexicon = tag_lexicon()
    assert (lexicon["ferry"], lexicon["London"], lexicon[","], lexicon.get("xqz")) == ("NN", "NNP", ",", None)
