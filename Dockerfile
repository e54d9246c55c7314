# Built by `make image`; `--build-arg BASE=...` names another base, best one with its digest.
ARG BASE=debian:trixie-slim

FROM ${BASE} AS build
WORKDIR /build
# Where pip finds its index is the builder's own affair: `make image` hands it in while pip runs, and no layer keeps it.
ENV PIP_CONFIG_FILE=/run/secrets/pip PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# Debian keeps no old versions that could be named here.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev libkrb5-dev python3-dev python3-venv \
 && rm -rf /var/lib/apt/lists/*
# Kerberos' package is published as source only, and compiling it is most of the time that an image takes:
# nothing that changes from day to day comes before it, so that the builder's cache keeps it.
COPY requirements/kerberos.txt requirements/kerberos-build.txt requirements/
RUN --mount=type=secret,id=pip --mount=type=secret,id=authorities \
    python3 -m venv /opt/tools \
 && /opt/tools/bin/pip install --require-hashes -r requirements/kerberos-build.txt \
 && CFLAGS=-g0 /opt/tools/bin/pip wheel --require-hashes --no-build-isolation \
      --wheel-dir /opt/wheels -r requirements/kerberos.txt
COPY requirements/operator.txt requirements/
RUN --mount=type=secret,id=pip --mount=type=secret,id=authorities \
    python3 -m venv --without-pip /opt/partner-operator \
 && /opt/tools/bin/pip --python /opt/partner-operator/bin/python install --require-hashes \
      -r requirements/operator.txt \
 && /opt/tools/bin/pip --python /opt/partner-operator/bin/python install --no-index --no-deps \
      /opt/wheels/*.whl
COPY pyproject.toml README.md LICENSE ./
COPY operator operator
# All that these two take is installed above, by its hash.
RUN /opt/tools/bin/pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /opt/own . \
 && /opt/tools/bin/pip --python /opt/partner-operator/bin/python install --no-index --no-deps \
      /opt/own/*.whl

FROM ${BASE}
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libgssapi-krb5-2 python3 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/*.log \
 && useradd --uid 65532 --no-create-home --shell /usr/sbin/nologin partner-operator
COPY --from=build /opt/partner-operator /opt/partner-operator
# An image in which Kerberos cannot be loaded would only show that on somebody's cluster.
RUN /opt/partner-operator/bin/python -c "import gssapi" \
 && /opt/partner-operator/bin/partner-operator --version
ENV PATH=/opt/partner-operator/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 8080 9402
ENTRYPOINT ["partner-operator"]
CMD ["run", "--all-namespaces", "--log-format", "json", "--liveness", "http://0.0.0.0:8080/healthz", "--metrics", "http://0.0.0.0:9402/metrics"]
