"""The service's settings, plus the paths of the baselines."""

from datetime import timedelta

from cinema.settings import *  # noqa: F403
from cinema.settings import SIMPLE_JWT

ROOT_URLCONF = "bench.urls"

# A part creates its tokens at its start and may run longer than their usual lifetime.
SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"] = timedelta(days=1)
