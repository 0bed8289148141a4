"""A programmable server on loopback for producers' tests: real sockets, real HTTP."""

import asyncio
import threading
from collections.abc import Callable

from aiohttp import web

Handler = Callable[[web.Request], web.StreamResponse]


class Server:
    """Routes are coroutines by path; `raw` paths answer bytes on the bare socket."""

    def __init__(self) -> None:
        self.routes: dict[str, Callable] = {}
        self.seen: list[web.Request] = []
        self.headers: list[dict[str, str]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self._raw: asyncio.Server | None = None
        self.raw_reply = b""
        self.base = self.raw_base = ""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        self.headers.append(dict(request.headers))
        handler = self.routes.get(request.path)
        if handler is None:
            return web.Response(status=404)
        return await handler(request)

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"

        async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self.raw_reply)
            await writer.drain()
            writer.close()

        self._raw = await asyncio.start_server(raw, "127.0.0.1", 0)
        self.raw_base = f"http://127.0.0.1:{self._raw.sockets[0].getsockname()[1]}"

    def __enter__(self) -> "Server":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        async def stop() -> None:
            assert self._runner is not None
            assert self._raw is not None
            self._raw.close()
            await self._runner.cleanup()
            waiting = asyncio.all_tasks() - {asyncio.current_task()}
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def reply(self, path: str, body: bytes | str = b"", status: int = 200, **headers: str) -> str:
        """Answer `path` so; header names are written with underscores. Returns the URL."""
        data = body.encode() if isinstance(body, str) else body
        named = {k.replace("_", "-"): v for k, v in headers.items()}

        async def handler(_: web.Request) -> web.Response:
            return web.Response(body=data, status=status, headers=named)

        self.routes[path] = handler
        return self.base + path

    def paths(self) -> list[str]:
        return [r.path for r in self.seen]
