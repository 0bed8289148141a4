"""An HTTP proxy on loopback that answers some requests itself, as proxies and nodes under load do."""

import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FROM_STORE = ("Content-Type", "X-Elastic-Product")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    content_type: str = "application/json"
    is_elastic: bool = True

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": self.content_type} | ({"X-Elastic-Product": "Elasticsearch"} if self.is_elastic else {})


HTML = "<html><body><h1>Sorry</h1></body></html>"


def html(status: int) -> Answer:
    return Answer(status, HTML, "text/html", is_elastic=False)


class HttpProxy:
    """Forwards to `target` (host:port) what `rule` answers with None; `requests` are all that came."""

    def __init__(self, target: str) -> None:
        self.rule: Callable[[Request], Answer | None] = lambda _: None
        self.requests: list[Request] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                request = Request(self.command, self.path, self.rfile.read(length))
                proxy.requests.append(request)
                answer = proxy.rule(request)
                status, headers, body = (
                    (answer.status, answer.headers, answer.body.encode()) if answer else self._forward(request)
                )
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if request.method != "HEAD":
                    self.wfile.write(body)

            def _forward(self, request: Request) -> tuple[int, dict[str, str], bytes]:
                kept = {n: v for n, v in self.headers.items() if n.lower() in ("content-type", "accept")}
                url = f"http://{target}{request.path}"
                sent = urllib.request.Request(url, request.body or None, kept, method=request.method)
                try:
                    found = urllib.request.urlopen(sent, timeout=30)
                except urllib.error.HTTPError as error:
                    found = error
                with found:
                    return found.status, {n: found.headers[n] for n in FROM_STORE if n in found.headers}, found.read()

            def log_message(self, *_: object) -> None:
                pass

        for method in ("GET", "PUT", "POST", "DELETE", "HEAD"):
            setattr(Handler, f"do_{method}", Handler._serve)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def bulks(self) -> list[Request]:
        return [r for r in self.requests if r.path.startswith("/_bulk")]

    def answer_first(self, count: int, answer: Answer, path: str = "/_bulk") -> None:
        """Answer so many requests of a path instead of the store."""
        left = [count]

        def rule(request: Request) -> Answer | None:
            if request.path.startswith(path) and request.method in ("POST", "PUT") and left[0]:
                left[0] -= 1
                return answer
            return None

        self.rule = rule

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
