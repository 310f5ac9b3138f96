"""The WSGI entry point, for servers that do not speak ASGI. Without ASGI, `events/` cannot keep a stream open."""

from cinema.server.wsgi_application import application

__all__ = ["application"]
