"""Text in and out: decoding, mark-up, numbers and words as people read them."""
