"""The ASGI entry point: what `make run` serves, live events included."""

from cinema.server.bridge import application

__all__ = ["application"]
