"""Parsing of request bodies, and content negotiation that never refuses a request."""

from django.http import Http404
from rest_framework import parsers
from rest_framework.exceptions import NotAcceptable, ParseError
from rest_framework.negotiation import DefaultContentNegotiation


class JSONParser(parsers.JSONParser):
    """DRF's parser. It also answers 400, not 500, if the body is nested too deeply for Python's parser."""

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deep.") from error


class LenientNegotiation(DefaultContentNegotiation):
    """Answers with the view's first renderer if none fits the `Accept` header or `?format=`.

    A browser that opens an API path asks for HTML, and should see the JSON.
    """

    def select_renderer(self, request, renderers, format_suffix=None):
        if len(renderers) == 1:
            return renderers[0], renderers[0].media_type
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except (NotAcceptable, Http404):
            return renderers[0], renderers[0].media_type
