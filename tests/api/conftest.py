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
