"""clients/cinema.http, sent from top to bottom to the real server, with the demo in its database."""

import re
import uuid
from dataclasses import dataclass

import pytest
import yaml
from django.core.management import call_command

from tests.live_server import ROOT

TEXT = (ROOT / "clients" / "cinema.http").read_text()
SCHEMA = ROOT / "openapi.yaml"


@dataclass
class Request:
    title: str
    name: str | None
    expected: int
    method: str
    url: str
    headers: dict[str, str]
    body: str


def requests():
    for section in re.split(r"^###", TEXT, flags=re.MULTILINE)[1:]:
        title, *lines = section.strip().splitlines()
        comments = [line for line in lines if line.startswith("#")]
        head, _, body = "\n".join(line for line in lines if not line.startswith("#")).partition("\n\n")
        (method, url), *headers = [line.split(maxsplit=1) for line in head.splitlines()]
        yield Request(
            title=title,
            name=next((line.split()[-1] for line in comments if line.startswith("# @name ")), None),
            expected=next(int(line[1:]) for line in comments if line[1:].strip().isdigit()),
            method=method,
            url=url,
            headers={name.rstrip(":"): value for name, value in headers},
            body=body,
        )


class Variables:
    """What stands in double braces, as REST Client reads it."""

    def __init__(self, **instead):
        above = TEXT.partition("\n###")[0]
        self.of_the_file = dict(re.findall(r"^@(\w+) = (.+)$", above, re.MULTILINE)) | instead
        self.answers = {}

    def fill(self, text):
        return re.sub(r"{{(.+?)}}", lambda found: self.value(found[1]), text)

    def value(self, name):
        if name == "$guid":
            return str(uuid.uuid4())
        request, _, path = name.partition(".response.body.$")
        if not path:
            return self.fill(self.of_the_file[name])
        value = self.answers[request]
        for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
            value = value[key or int(index)]
        return str(value)


@pytest.mark.django_db(transaction=True)
def test_every_request_answers_as_it_says(server):
    call_command("loaddata", "demo", verbosity=0)
    # Paths alone: the server of the tests knows where it is.
    variables = Variables(url="")
    for request in requests():
        path = variables.fill(request.url)
        headers = {name: variables.fill(value) for name, value in request.headers.items()}
        if headers.get("Accept") == "text/event-stream":
            with server.listen(path, **headers) as stream:
                assert stream.response.status == request.expected
                assert stream.event()["complete"] is True
            continue
        body = variables.fill(request.body).encode() or None
        answer = server.call(request.method, path, body, headers=headers)
        assert answer.status == request.expected, (request.title, answer.body)
        assert 200 <= answer.status < 300
        if request.name:
            variables.answers[request.name] = answer.body


def test_every_call_that_is_not_for_staff_or_operators_is_there():
    paths = yaml.safe_load(SCHEMA.read_text())["paths"]
    theirs = {
        f"{method.upper()} " + re.sub(r"{\w+}", "…", path)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if "403" not in operation["responses"] and operation["tags"] != ["Health"]
    }
    ours = {
        f"{request.method} " + re.sub(r"{{.+?}}", "…", request.url.removeprefix("{{url}}").partition("?")[0])
        for request in requests()
    }
    assert ours == theirs


def test_no_name_means_two_things():
    names = [request.name for request in requests() if request.name]
    variables = re.findall(r"^@(\w+) =", TEXT, re.MULTILINE)
    assert len({*names, *variables}) == len(names) + len(variables)
