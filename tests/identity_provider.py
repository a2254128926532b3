"""An OpenID Connect provider over HTTP on this machine, with people and faults as a test wants them."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENT_ID, CLIENT_SECRET = "the-chat", "canary-client-secret"
KID = "key-1"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ANOTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)

Claims = dict[str, Any]


class IdentityProvider:
    """Lets in whoever comes, as `person`. What it signs goes through `edit` before."""

    def __init__(self) -> None:
        self.person: Claims = {
            "sub": "4711",
            "preferred_username": "alice",
            "email": "alice@example.org",
            "email_verified": True,
        }
        self.edit: Callable[[Claims], Claims] = lambda claims: claims
        self.key = KEY
        self.algorithm = "RS256"
        self.denies = False
        self.userinfo: Claims | None = None
        self.answers: dict[str, tuple[int, bytes]] = {}
        """What a path answers in the place of what it should."""
        self.requests: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    # The pages

    def describe(self) -> Claims:
        paths = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "jwks_uri": "/keys",
            "userinfo_endpoint": "/userinfo",
        }
        return {"issuer": self.issuer} | {name: self.issuer + path for name, path in paths.items()}

    def keys(self) -> Claims:
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [jwk | {"kid": KID, "use": "sig", "alg": "RS256"}]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the person is sent then."""
        assert query["client_id"] == CLIENT_ID
        assert query["response_type"] == "code"
        assert set(query["scope"].split()) == {"openid", "profile", "email"}
        if self.denies:
            said = {"error": "access_denied", "state": query["state"]}
        else:
            code = f"code-{len(self._codes)}"
            self._codes[code] = query
            said = {"code": code, "state": query["state"]}
        return f"{query['redirect_uri']}?{urlencode(said)}"

    def token(self, form: dict[str, str]) -> tuple[int, Claims]:
        """The code's tokens, once, for whoever has the secret and the verifier."""
        query = self._codes.pop(form.get("code", ""), None)
        if query is None or (form["client_id"], form["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if query["code_challenge"] != challenge or query["redirect_uri"] != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = self.person | {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": query["nonce"],
        }
        key = self.key if self.algorithm.startswith("RS") else "x" * 64
        signed = jwt.encode(self.edit(claims), key, self.algorithm, headers={"kid": KID})
        return 200, {"access_token": "canary-access-token", "token_type": "Bearer", "id_token": signed}


class _Handler(BaseHTTPRequestHandler):
    provider: IdentityProvider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.provider.requests.append(parts.path)
        if parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(dict(parse_qsl(parts.query))))
            self.end_headers()
            return
        pages: dict[str, Callable[[], Claims | None]] = {
            "/.well-known/openid-configuration": self.provider.describe,
            "/keys": self.provider.keys,
            "/userinfo": lambda: self.provider.userinfo,
        }
        self._answer(200, pages[parts.path]())

    def do_POST(self) -> None:
        self.provider.requests.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._answer(*self.provider.token(form))

    def _answer(self, status: int, said: object) -> None:
        status, body = self.provider.answers.get(self.path, (status, json.dumps(said).encode()))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
