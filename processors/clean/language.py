"""Language of an article: the source's declared one, detected only where neither feed nor settings say."""

MIN_LETTERS = 40


def language_of(declared: str | None, text: str) -> str:
    """Two-letter code; `und` where the text is too short to tell."""
    if declared and len(declared.split("-")[0]) == 2 and declared[:2].isascii() and declared[:2].isalpha():
        return declared[:2].lower()
    if sum(c.isalpha() for c in text[:2000]) < MIN_LETTERS:
        return "und"
    # It loads its model on import: 0.3 s and numpy, only where a language has to be detected.
    import py3langid

    code: str = py3langid.classify(text[:2000])[0]
    return code
