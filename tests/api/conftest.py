"""The generated OpenAPI schema, which several tests read."""

from io import StringIO

import pytest
from django.core.management import call_command

from tests.schema import load_yaml


@pytest.fixture(scope="session")
def schema_text():
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue()


@pytest.fixture(scope="session")
def schema(schema_text):
    return load_yaml(schema_text)


@pytest.fixture(scope="session")
def operations(schema):
    """The operations of the schema, by names such as `GET /shows/`."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }
