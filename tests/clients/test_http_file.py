"""Sends the requests of cinema.http and staff.http, from top to bottom, to a server with the demo fixture."""

import re
import uuid
from dataclasses import dataclass

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from cinema.auth.reset_mail import reset_token
from tests.live_server import ROOT
from tests.schema import schema_paths

User = get_user_model()
HTTP_FILES = {name: (ROOT / "clients" / name).read_text() for name in ("cinema.http", "staff.http")}


@dataclass
class Request:
    title: str
    name: str | None
    expected_status: int
    method: str
    url: str
    headers: dict[str, str]
    body: str


def parse_requests(http_file):
    for section in re.split(r"^###", HTTP_FILES[http_file], flags=re.MULTILINE)[1:]:
        title, *lines = section.strip().splitlines()
        comments = [line for line in lines if line.startswith("#")]
        head, _, body = "\n".join(line for line in lines if not line.startswith("#")).partition("\n\n")
        (method, url), *headers = [line.split(maxsplit=1) for line in head.splitlines()]
        yield Request(
            title=title,
            name=next((line.split()[-1] for line in comments if line.startswith("# @name ")), None),
            expected_status=next(int(line[1:]) for line in comments if line[1:].strip().isdigit()),
            method=method,
            url=url,
            headers={name.rstrip(":"): value for name, value in headers},
            body=body,
        )


class Variables:
    """Replaces `{{…}}` as REST Client does: file variables, `$guid`, and values of earlier responses."""

    def __init__(self, http_file, **overrides):
        preamble = HTTP_FILES[http_file].partition("\n###")[0]
        self.file_variables = dict(re.findall(r"^@(\w+) = (.+)$", preamble, re.MULTILINE)) | overrides
        self.responses = {}

    def fill(self, text):
        return re.sub(r"{{(.+?)}}", lambda match: self.value(match[1]), text)

    def value(self, name):
        if name == "$guid":
            return str(uuid.uuid4())
        request, _, path = name.partition(".response.body.$")
        if not path:
            return self.fill(self.file_variables[name])
        value = self.responses[request]
        for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
            value = value[key or int(index)]
        return str(value)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("http_file", HTTP_FILES)
def test_every_request_gets_its_expected_status(server, http_file):
    call_command("loaddata", "demo", verbosity=0)
    User.objects.create_superuser("boss", password="plum-tart-42")
    # The client of the test server takes paths, so the base URL is empty.
    variables = Variables(http_file, url="")
    for request in parse_requests(http_file):
        path = variables.fill(request.url)
        if path == "/password/reset":
            # It is in the mail that the server has written to its console.
            variables.file_variables["resetToken"] = reset_token(User.objects.get(username="alice"))
        headers = {name: variables.fill(value) for name, value in request.headers.items()}
        if headers.get("Accept") == "text/event-stream":
            with server.listen(path, **headers) as stream:
                assert stream.response.status == request.expected_status
                assert stream.event()["complete"] is True
            continue
        body = variables.fill(request.body).encode() or None
        answer = server.call(request.method, path, body, headers=headers)
        assert answer.status == request.expected_status, (request.title, answer.body)
        assert 200 <= answer.status < 300
        if request.name:
            variables.responses[request.name] = answer.body


def test_files_have_every_call_except_health_checks():
    in_schema = {
        f"{method.upper()} " + re.sub(r"{\w+}", "…", path)
        for path, methods in schema_paths().items()
        for method, operation in methods.items()
        if operation["tags"] != ["Health"]
    }
    in_files = {
        f"{request.method} " + re.sub(r"{{.+?}}", "…", request.url.removeprefix("{{url}}").partition("?")[0])
        for http_file in HTTP_FILES
        for request in parse_requests(http_file)
    }
    assert in_files == in_schema


@pytest.mark.parametrize("http_file", HTTP_FILES)
def test_names_of_requests_and_variables_are_unique(http_file):
    names = [request.name for request in parse_requests(http_file) if request.name]
    variables = re.findall(r"^@(\w+) =", HTTP_FILES[http_file], re.MULTILINE)
    assert len({*names, *variables}) == len(names) + len(variables)
