"""A client with the methods and answers of Django's test client, which talks HTTP to a real server."""

import json
import re
from collections import Counter

from tests.persistent_connection import PersistentConnection


class HttpAnswer:
    def __init__(self, received):
        self.status_code, self.headers, self.content = received.status, received.headers, received.content

    def json(self):
        return json.loads(self.content)

    def __getitem__(self, name):
        return self.headers[name]

    def has_header(self, name):
        return name in self.headers


class Connection:
    """The connection of all clients of a server with `number_answers`, one request at a time.

    It counts the answers by call and status: those of views, and those of the fast path, which repeat a number.
    """

    def __init__(self, port):
        self.http = PersistentConnection(port)
        self.newest_number = 0
        self.by_view, self.by_fast_path = Counter(), Counter()

    def send(self, method, path, headers, body):
        answer = self.http.send(method, path, headers, body)
        number = int(answer.headers["X-Number"])
        counter = self.by_view if number > self.newest_number else self.by_fast_path
        counter[f"{method} {re.sub(r'[0-9]+', '…', path.partition('?')[0])} {answer.status}"] += 1
        self.newest_number = max(number, self.newest_number)
        return HttpAnswer(answer)


class HttpClient:
    def __init__(self, connection, token=None):
        self.connection = connection
        self.headers = {"Host": "127.0.0.1"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def get(self, path, **headers):
        return self.connection.send("GET", path, self._with(headers).items(), b"")

    def delete(self, path):
        return self.connection.send("DELETE", path, self.headers.items(), b"")

    def post(self, path, data=None, format=None, **headers):
        return self._send("POST", path, data, headers)

    def put(self, path, data=None, format=None, **headers):
        return self._send("PUT", path, data, headers)

    def patch(self, path, data=None, **headers):
        return self._send("PATCH", path, data, headers)

    def _send(self, method, path, data, headers):
        body = b"" if data is None else json.dumps(data).encode()
        media_type = {} if data is None else {"Content-Type": "application/json"}
        all_headers = self._with(headers) | media_type | {"Content-Length": str(len(body))}
        return self.connection.send(method, path, all_headers.items(), body)

    def _with(self, headers):
        """The client's headers and those that Django's client gets as `HTTP_IF_NONE_MATCH=…`."""
        more = {name.removeprefix("HTTP_").replace("_", "-"): value for name, value in headers.items()}
        return self.headers | {name: value for name, value in more.items() if value}
