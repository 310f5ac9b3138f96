"""A web server of another origin, which serves the page in `docs/embedding.md` as the document says."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.cinema import Cinema
from tests.live_server import ROOT

DOCUMENT = (ROOT / "docs" / "embedding.md").read_text()
TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css"}


class Host:
    """A web server that is not the cinema's. `files` are its paths, `{path: (type, text)}`."""

    def __init__(self):
        self.files = {}
        self.headers = {}
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                kind, text = host.files.get(self.path, ("text/plain", ""))
                self.send_response(200 if text else 404)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                for name, value in host.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="package")
def host():
    host = Host()
    yield host
    host.close()


@pytest.fixture(scope="package")
def cinema(host, tmp_path_factory):
    with Cinema(tmp_path_factory.mktemp("cinema"), CORS_ALLOWED_ORIGINS=host.url) as cinema:
        yield cinema


@pytest.fixture
def serve_document(host, cinema):
    """Serves the page of the document with a show; `edit(text)` changes its HTML."""

    def serve(show, edit=lambda text: text):
        blocks = re.findall(r"^`([\w.]+)`:\n\n```(\w+)\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
        assert [name for name, *_ in blocks] == ["index.html", "page.js", "page.css"]
        for name, kind, text in blocks:
            path = "/" if name == "index.html" else f"/{name}"
            text = text.replace("https://cinema.example", cinema.url)
            text = text.replace('show="7"', f'show="{show}"').replace("shows/7", f"shows/{show}")
            host.files[path] = TYPES[kind], edit(text) if kind == "html" else text
        (documented,) = re.findall(r"^ +(script-src .*)$", DOCUMENT, re.MULTILINE)
        policy = documented.replace("https://cinema.example", cinema.url)
        host.headers = {"Content-Security-Policy": f"default-src 'none'; {policy}"}

    return serve


@pytest.fixture
def visit_host(host, cinema, visit, serve_document):
    """Opens the page of the document with a show; `edit(text)` changes its HTML."""

    def open_page(show, edit=lambda text: text, **options):
        serve_document(show, edit)
        return visit(base_url=host.url, hosts=(cinema.url,), **options)

    return open_page
