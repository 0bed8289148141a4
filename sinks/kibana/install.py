"""Installation of saved objects and rules in a running Kibana, over its HTTP APIs."""

import base64
import json
import urllib.error
import urllib.request
import uuid
from typing import Any
from urllib.parse import quote, urlsplit

from claimwire.config.credentials import NOBODY, Credentials, tls_context
from claimwire.errors import ConfigError, DeniedError, SinkError, UnreachableError
from sinks.kibana.api import rules
from sinks.kibana.objects import ndjson, saved_objects

TIMEOUT_SECONDS = 60
# Fields that an update of a rule rejects:
# https://www.elastic.co/docs/api/doc/kibana/operation/operation-put-alerting-rule-id
ONCE_ONLY = ("rule_type_id", "consumer", "enabled")


class Kibana:
    """A Kibana at `url`, with or without a space (`https://host/s/desk`)."""

    def __init__(self, url: str, credentials: Credentials = NOBODY) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"--kibana: {url!r} is not an http(s) URL")
        self._url = url.rstrip("/")
        self._headers = {"kbn-xsrf": "claimwire"}
        if credentials.api_key:
            self._headers["Authorization"] = f"ApiKey {credentials.api_key}"
        elif credentials.user:
            pair = f"{credentials.user}:{credentials.password}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if parts.scheme == "https":
            handlers.append(urllib.request.HTTPSHandler(context=tls_context("store_ca", credentials.ca)))
        self._opener = urllib.request.build_opener(*handlers)

    def import_objects(self, namespace: str) -> list[str]:
        """Import data views, searches and dashboards, replacing earlier versions; return their names.

        Raises UnreachableError, DeniedError or SinkError with Kibana's message.
        """
        wanted = saved_objects(namespace)
        told = self._import(ndjson(namespace))
        if not told.get("success") or told.get("successCount") != len(wanted):
            errors = [
                f"{e.get('type')}/{e.get('id')}: {e.get('error', {}).get('type')}" for e in told.get("errors", [])
            ]
            raise SinkError(
                f"kibana: {told.get('successCount')} of {len(wanted)} imported; {'; '.join(errors)}", retryable=False
            )
        return [f"{o['type']} {o['id']}" for o in wanted]

    def put_rules(self, namespace: str) -> list[str]:
        """Create or update the rules; return their names. Raises the errors of `import_objects`.

        A Kibana without `xpack.encryptedSavedObjects.encryptionKey` answers 500.
        """
        for ident, body in rules(namespace).items():
            self._put_rule(ident, body)
        return [f"rule {ident}" for ident in rules(namespace)]

    def _import(self, text: str) -> dict[str, Any]:
        """POST one file as a form to /api/saved_objects/_import?overwrite=true."""
        edge = uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="claimwire.ndjson"\r\n'
        body = f"{head}Content-Type: application/ndjson\r\n\r\n{text}\r\n--{edge}--\r\n".encode()
        kind = f"multipart/form-data; boundary={edge}"
        return self._ask("POST", "/api/saved_objects/_import?overwrite=true", body, kind)

    def _put_rule(self, ident: str, body: dict[str, Any]) -> None:
        path = f"/api/alerting/rule/{quote(ident)}"
        try:
            self._ask("GET", path)
        except SinkError:
            self._ask("POST", path, json.dumps(body).encode())
            return
        changed = {name: value for name, value in body.items() if name not in ONCE_ONLY}
        self._ask("PUT", path, json.dumps(changed).encode())

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> dict[str, Any]:
        request = urllib.request.Request(self._url + path, body, self._headers | {"Content-Type": kind}, method=method)
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                result: dict[str, Any] = json.loads(answer.read() or b"{}")
                return result
        except urllib.error.HTTPError as error:
            text = _message(error.read())
            if error.code in (401, 403):
                raise DeniedError(f"kibana {self._url}: HTTP {error.code}: {text}") from None
            raise SinkError(
                f"kibana {self._url}{path}: HTTP {error.code}: {text}", retryable=error.code >= 500
            ) from None
        except (urllib.error.URLError, OSError) as error:
            raise UnreachableError(f"kibana {self._url}: {getattr(error, 'reason', error)}") from None
        except ValueError as error:
            raise SinkError(f"kibana {self._url}{path}: invalid JSON: {error}", retryable=False) from None


def _message(answer: bytes) -> str:
    """Return the message of an error response: from Kibana's JSON, else the text."""
    text = answer.decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict) and isinstance(found.get("message"), str):
        text = found["message"]
    return " ".join(text.split())[:300]
