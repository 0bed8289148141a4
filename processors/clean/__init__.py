"""Cleaning: page to text, text to clean text. Pure; `body_text` is the public function."""

from processors.clean.page import body_text

__all__ = ["body_text"]
