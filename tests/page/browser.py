"""A real headless Chromium, driven over the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)."""

import asyncio
import base64
import json
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome")
KEYS = {"j": "KeyJ", "k": "KeyK", "o": "KeyO", "f": "KeyF", "n": "KeyN", "p": "KeyP"}


def chromium() -> str | None:
    """The browser on this machine, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One tab. `problems` are the console's errors and the exceptions of scripts, `requested` the addresses asked for."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.requested: list[str] = []
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._events: list[tuple[str, asyncio.Future[Any]]] = []
        self._next = 0

    async def __aenter__(self) -> "Browser":
        self._folder = tempfile.TemporaryDirectory(prefix="browser", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [str(chromium()), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-default-apps", "--no-proxy-server", "--font-render-hinting=none", "--remote-debugging-port=0",
             f"--user-data-dir={self._folder.name}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._session = aiohttp.ClientSession()
        port = await self._port()
        async with self._session.get(f"http://127.0.0.1:{port}/json/list") as answer:
            tabs = [t for t in await answer.json() if t["type"] == "page"]
        self._socket = await self._session.ws_connect(tabs[0]["webSocketDebuggerUrl"], max_msg_size=1 << 28)
        self._reader = asyncio.create_task(self._read())
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self.send(f"{domain}.enable")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reader.cancel()
        await self._socket.close()
        await self._session.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    async def _port(self) -> int:
        file = Path(self._folder.name) / "DevToolsActivePort"
        for _ in range(300):
            if file.exists() and file.read_text():
                return int(file.read_text().split()[0])
            await asyncio.sleep(0.1)
        raise TimeoutError("the browser did not start")

    async def _read(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._waiting.pop(told["id"]).set_result(told)
                continue
            self._take(told["method"], told["params"])

    def _take(self, method: str, params: dict[str, Any]) -> None:
        for name, future in list(self._events):
            if name == method and not future.done():
                future.set_result(params)
        if method == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(params["exceptionDetails"])[:500])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.problems.append(json.dumps(params["args"])[:500])
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.problems.append(json.dumps(params["entry"])[:500])

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """One command and its result. Raises RuntimeError where the browser refuses it."""
        self._next += 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[self._next] = future
        await self._socket.send_json({"id": self._next, "method": method, "params": params})
        told = await asyncio.wait_for(future, 30)
        if "error" in told:
            raise RuntimeError(f"{method}: {told['error']}")
        result: dict[str, Any] = told["result"]
        return result

    async def open(self, url: str) -> None:
        """Load a page and wait until it is there."""
        await self._loaded(lambda: self.send("Page.navigate", url=url))

    async def _loaded(self, act: Callable[[], Awaitable[Any]]) -> None:
        loaded: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._events.append(("Page.loadEventFired", loaded))
        await act()
        await asyncio.wait_for(loaded, 30)
        self._events = [e for e in self._events if e[1] is not loaded]

    async def click(self, selector: str) -> None:
        """Click what a selector finds, as a mouse does."""
        point = await self.value(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center', behavior: 'instant'});"
            " const b = e.getClientRects()[0]; return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.send("Input.dispatchMouseEvent", type=kind, x=point[0], y=point[1], button="left", clickCount=1)

    async def follow(self, selector: str) -> None:
        """Click what leads to another page, and wait until that is there."""
        await self._loaded(lambda: self.click(selector))

    async def key(self, key: str) -> None:
        """Press and let go of a letter's key."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if kind == "keyDown" else {}
            await self.send("Input.dispatchKeyEvent", type=kind, key=key, code=KEYS[key], **text)

    async def value(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page. Raises RuntimeError where it throws."""
        told = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise RuntimeError(json.dumps(told["exceptionDetails"])[:500])
        return told["result"].get("value")

    async def until(self, expression: str, seconds: float = 60.0) -> Any:
        """Wait until an expression is true. Raises TimeoutError."""
        for _ in range(int(seconds / 0.05)):
            if value := await self.value(expression):
                return value
            await asyncio.sleep(0.05)
        raise TimeoutError(expression)

    async def look(
        self, *, width: int = 1280, height: int = 900, is_dark: bool = False, has_script: bool = True
    ) -> None:
        """Set the screen that the next pages are shown on."""
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        await self.send("Emulation.setEmulatedMedia", features=[scheme])
        await self.send("Emulation.setScriptExecutionDisabled", value=not has_script)

    async def picture(self, path: Path) -> None:
        """Write a picture of the page, as PNG."""
        told = await self.send("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(told["data"]))
