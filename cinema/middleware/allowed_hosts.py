"""Checks the Host header, except on the paths that load balancers and Prometheus call by the node's address."""

from typing import Any

from django.http import HttpRequest
from django.middleware.common import CommonMiddleware

# These answers do not depend on the host.
PROBES = {"/livez", "/readyz", "/metrics"}


class AllowedHosts(CommonMiddleware):
    """Django's CommonMiddleware, which answers 400 to a host that `ALLOWED_HOSTS` does not list."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info in PROBES:
            return self.get_response(request)
        return super().__call__(request)
