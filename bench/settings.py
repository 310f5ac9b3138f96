"""The service's own settings, and some paths that stand beside its own to be compared with them."""

from datetime import timedelta

from cinema.settings import *  # noqa: F403
from cinema.settings import SIMPLE_JWT

ROOT_URLCONF = "bench.urls"

# Tokens are made when a part begins, and some parts take their time.
SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"] = timedelta(days=1)
