"""A private registry: one package for npm and one for pip, for whoever has the credential."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

from tests.doubles.http_server import Answer, LoopbackServer, Served, json_answer

if TYPE_CHECKING:
    from tests.doubles.http_server import Received

PACKAGE = "greeter-words"
USER = "octo"
_WHEEL = "greeter_words-1.0-py3-none-any.whl"
_TARBALL = f"{PACKAGE}-1.0.0.tgz"


class Registry(Served):
    """Serves the package while its `with` block lasts, and refuses everybody else with 401.

    npm signs in with the secret as a bearer token, pip with `octo` and the secret.
    """

    def __init__(self, secret: str) -> None:
        """Bind a free port."""
        basic = base64.b64encode(f"{USER}:{secret}".encode()).decode()
        self._allowed = {f"Bearer {secret}", f"Basic {basic}"}
        self._server = LoopbackServer(self._answer)
        self.refused: list[str] = []
        """Paths that were asked for without the credential."""
        self.served: list[str] = []

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        return self._server.url

    def lock(self) -> dict[str, object]:
        """Return a `package-lock.json` that names the package."""
        entry = {
            "version": "1.0.0",
            "resolved": f"{self.url}/{PACKAGE}/-/{_TARBALL}",
            "integrity": _integrity(_tarball()),
        }
        root = {"name": "greeter", "version": "1.0.0", "dependencies": {PACKAGE: "1.0.0"}}
        return {
            "name": "greeter",
            "version": "1.0.0",
            "lockfileVersion": 3,
            "requires": True,
            "packages": {"": root, f"node_modules/{PACKAGE}": entry},
        }

    def _answer(self, request: Received) -> Answer:
        if request.headers.get("authorization") not in self._allowed:
            self.refused.append(request.path)
            headers = {"www-authenticate": 'Basic realm="registry"'}
            return json_answer({"error": "sign in"}, status=401, headers=headers)
        self.served.append(request.path)
        match request.path:
            case "/simple/greeter-words/":
                return Answer(
                    headers={"content-type": "text/html"},
                    body=f'<a href="/files/{_WHEEL}">{_WHEEL}</a>'.encode(),
                )
            case path if path == f"/files/{_WHEEL}":
                return Answer(body=_wheel())
            case path if path == f"/{PACKAGE}/-/{_TARBALL}":
                return Answer(body=_tarball())
            case _:
                return json_answer({"error": "not found"}, status=404)


def _integrity(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def _tarball() -> bytes:
    content = b'{"name":"greeter-words","version":"1.0.0"}'
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=0) as archive:
        entry = tarfile.TarInfo("package/package.json")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    # Bytes 4 to 8 of gzip hold the time; two calls have to give the same.
    whole = packed.getvalue()
    return whole[:4] + bytes(4) + whole[8:]


def _wheel() -> bytes:
    files = {
        "greeter_words.py": "HELLO = 'Hello'\n",
        "greeter_words-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: greeter-words\n"
        "Version: 1.0\n",
        "greeter_words-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        "greeter_words-1.0.dist-info/RECORD": "",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()
