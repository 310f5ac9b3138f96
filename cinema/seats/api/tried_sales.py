"""Tells a view that the server's fast path has tried its call."""

from rest_framework.request import Request

# Set in `request.META` if the fast path has tried this call. None says that it changed nothing. An error says
# that the connection was lost. Then the seat may be sold already, so a second attempt could refuse it with the
# wrong reason.
FAILED_SALE = "cinema.failed_sale"


def was_tried(request: Request) -> bool:
    """Returns True if the call was tried and changed nothing. Raises the error after which that is unknown."""
    if failure := request.META.get(FAILED_SALE):
        raise failure
    return FAILED_SALE in request.META
