# The image of the service. docs/containers.md explains how to run it.
# Both stages start from python:3.13-slim-bookworm of August 2026, which has Python 3.13.14.

FROM python:3.13-slim-bookworm@sha256:67a1e1f215ccda113cfc024e8639049257e88f273898f595b61476d128d387e8 AS build
WORKDIR /srv/cinema
# Before the code, so that a change of the code installs nothing again. The image needs no compiler and no pip.
COPY requirements/production.txt requirements/
RUN python -m venv --without-pip /opt/venv && \
    python -m pip --python /opt/venv/bin/python install --no-cache-dir --only-binary :all: \
        --require-hashes --requirement requirements/production.txt
COPY manage.py gunicorn.conf.py pyproject.toml ./
COPY cinema cinema
COPY fixtures fixtures
# The service can't write bytecode, because its file system is read-only.
RUN /opt/venv/bin/python -m compileall -q .

FROM python:3.13-slim-bookworm@sha256:67a1e1f215ccda113cfc024e8639049257e88f273898f595b61476d128d387e8
LABEL org.opencontainers.image.title="Cinema" org.opencontainers.image.licenses="MIT"
# WEB_CONCURRENCY is the number of gunicorn's worker processes.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 WEB_CONCURRENCY=2
WORKDIR /srv/cinema
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/cinema ./
# A user without a name, home and shell. It owns no file, so that the service can't change itself.
USER 10001:10001
EXPOSE 8000
# /livez, because a restart does not help when the database is down.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-c", "\
import http.client as http; probe = http.HTTPConnection('127.0.0.1', 8000, timeout=4); \
probe.request('GET', '/livez'); exit(probe.getresponse().status != 200)"]
# gunicorn is process 1 and gets SIGTERM itself. It migrates nothing: `python manage.py migrate` does so once.
CMD ["gunicorn", "cinema.asgi", "--bind", "0.0.0.0:8000", "--worker-class", "cinema.server.worker.Worker", \
     "--keep-alive", "75", "--graceful-timeout", "20", "--limit-request-line", "8190", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
