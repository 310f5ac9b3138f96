"""The WSGI entry point. Under it, `events/` cannot keep a stream open: it sends the current state and ends."""

from cinema.server.wsgi_application import application

__all__ = ["application"]
