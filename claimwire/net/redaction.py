"""Masking of secrets (tokens, passwords) in URLs before they are displayed or logged."""

import re

# Query parameters with credentials, and user:password before a host.
SECRET = re.compile(
    r"([?&;](?:[\w.-]{0,40}[_.-]|access|api|app|auth|feed|rss|user|private|secret)?"
    r"(?:api_?key|key|token|secret|sig|signature|auth|password|passwd|pwd|credentials?|session|sid|jwt|hmac)"
    r"(?:[_.-][\w.-]{0,40})?=)[^&;#\s\"'<>]+",
    re.IGNORECASE,
)
USER = re.compile(r"(://)[^/\s@\"'<>]{1,200}@")


def without_secrets(text: str) -> str:
    """Mask the secrets in the URLs of `text` with asterisks."""
    return USER.sub(r"\1***@", SECRET.sub(r"\1***", text)) if "=" in text or "@" in text else text
