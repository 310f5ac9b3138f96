"""The WSGI entry point, for servers that do not speak ASGI: `events/` then cannot keep a stream open."""

from cinema.server.wsgi_application import application

__all__ = ["application"]
