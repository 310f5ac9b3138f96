"""The generated OpenAPI schema, which several tests read."""

from io import StringIO

import pytest
import yaml
from django.core.management import call_command


@pytest.fixture(scope="session")
def schema_text():
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue()


@pytest.fixture(scope="session")
def schema(schema_text):
    return yaml.safe_load(schema_text)
