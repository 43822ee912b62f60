"""A web server that says how it was started. It needs nothing but Python."""

import base64
import hashlib
import json
import os
import signal
import socket
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType

_KEY_OF_ALL = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455
_TEXT, _CLOSE = 0x81, 0x88  # first bytes of its frames
_WRITTEN = ("/srv", "/tmp", "/scratch")  # or where a variable such as SCRATCH says
_SHOWN = (
    "VERSION",
    "GREETING",
    "PASSWORD",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "ECS_CONTAINER_METADATA_URI_V4",
    "TASK_IP",
)


class Handler(BaseHTTPRequestHandler):
    """Answers GET with what is known.

    ``/slow`` takes a second, ``/write`` says what came of writing, ``/back`` what the program at ``BACK`` knows,
    ``/host`` says the name and address of its host, and ``/data`` adds a line to a file of the volume and says what is
    in it. ``/socket`` is a WebSocket, which says what it is told, and closes when it is told "bye".
    """

    def do_GET(self) -> None:
        if self.path.startswith("/socket"):
            self._be_a_socket()
            return
        if self.path == "/slow":
            time.sleep(1)
        facts: dict[str, object] = {name: os.environ.get(name) for name in _SHOWN}
        facts |= {"user": os.getuid(), "folder": str(Path.cwd()), "pid": os.getpid(), "host": self.headers["Host"]}
        if self.path.startswith("/write"):
            facts["written"] = {path: _write(os.environ.get(path[1:].upper(), path)) for path in _WRITTEN}
        if self.path == "/back":
            with urllib.request.urlopen(os.environ["BACK"], timeout=10) as answer:  # noqa: S310 - the test sets it
                facts["back"] = json.load(answer)
        if self.path == "/host":
            facts["host_name"] = socket.gethostname()
            facts["address"] = socket.gethostbyname(socket.gethostname())
        if self.path == "/data":
            facts["data"] = _add_line(Path("/data/lines"))
        body = json.dumps(facts).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _be_a_socket(self) -> None:
        key = (self.headers["Sec-WebSocket-Key"] + _KEY_OF_ALL).encode("ascii")
        self.protocol_version = "HTTP/1.1"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header(
            "Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key, usedforsecurity=False).digest()).decode()
        )
        self.send_header("Sec-WebSocket-Protocol", self.headers["Sec-WebSocket-Protocol"].partition(",")[0])
        self.end_headers()
        first = f"{self.path} for {self.headers['X-Forwarded-For']}"
        self.wfile.write(bytes([_TEXT, len(first)]) + first.encode())
        while True:
            kind, length = self.rfile.read(2)
            mask = self.rfile.read(4)
            content = bytes(each ^ mask[place % 4] for place, each in enumerate(self.rfile.read(length & 0x7F)))
            if kind == _CLOSE or content == b"bye":
                code = content[:2] if kind == _CLOSE else (4000).to_bytes(2)
                self.wfile.write(bytes([_CLOSE, 2]) + code)
                print(f"socket closed with {int.from_bytes(code)}")
                return
            self.wfile.write(bytes([kind, len(content)]) + content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        print(format % args)


def _write(folder: str) -> str:
    try:
        Path(folder, "probe").write_text("probe", encoding="ascii")
    except OSError as error:
        return str(error.strerror)
    return "written"


def _add_line(file: Path) -> dict[str, object]:
    with file.open("a", encoding="ascii") as lines:
        lines.write(f"{os.environ['ECS_CONTAINER_METADATA_URI_V4']}\n")
    owner = file.parent.stat()
    mode = oct(owner.st_mode & 0o7777)
    return {"lines": file.read_text(encoding="ascii").split(), "owner": [owner.st_uid, owner.st_gid], "mode": mode}


def main() -> None:
    if os.environ.get("FAIL"):
        sys.exit("told to fail")
    server = ThreadingHTTPServer((os.environ.get("TASK_IP", "0.0.0.0"), 8080), Handler)

    def stop(_number: int, _frame: FrameType | None) -> None:
        print("stopping in order")
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    print("serving")
    server.serve_forever()


if __name__ == "__main__":
    main()
