"""Secrets in addresses, starred out: what people and programs see of a feed's address never opens a door."""

import re

# Parameters of addresses whose values open doors; and names with passwords before a host.
SECRET = re.compile(
    r"([?&;](?:[\w.-]{0,40}[_.-]|access|api|app|auth|feed|rss|user|private|secret)?"
    r"(?:api_?key|key|token|secret|sig|signature|auth|password|passwd|pwd|credentials?|session|sid|jwt|hmac)"
    r"(?:[_.-][\w.-]{0,40})?=)[^&;#\s\"'<>]+",
    re.IGNORECASE,
)
USER = re.compile(r"(://)[^/\s@\"'<>]{1,200}@")


def without_secrets(text: str) -> str:
    """`text` with the secrets in its addresses starred out."""
    return USER.sub(r"\1***@", SECRET.sub(r"\1***", text)) if "=" in text or "@" in text else text
