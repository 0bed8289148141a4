"""Page to text, text to clean text: pure functions. `body_text` is the public one."""

from processors.clean.page import body_text

__all__ = ["body_text"]
