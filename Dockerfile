# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /build
# Kerberos' package is published as source only. Debian keeps no old versions that could be named here.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev libkrb5-dev \
 && rm -rf /var/lib/apt/lists/*
COPY requirements/operator.txt requirements/kerberos.txt requirements/kerberos-build.txt requirements/
RUN python -m venv /opt/tools \
 && /opt/tools/bin/pip install --no-cache-dir --require-hashes -r requirements/kerberos-build.txt \
 && /opt/tools/bin/pip wheel --no-cache-dir --require-hashes --no-build-isolation \
      --wheel-dir /opt/wheels -r requirements/kerberos.txt
RUN python -m venv /opt/partner-operator \
 && /opt/partner-operator/bin/pip install --no-cache-dir --require-hashes -r requirements/operator.txt \
 && /opt/partner-operator/bin/pip install --no-cache-dir --no-index --no-deps /opt/wheels/*.whl
COPY pyproject.toml README.md ./
COPY operator operator
# Dependencies are locked above; this installs our own package and nothing else.
RUN /opt/partner-operator/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgssapi-krb5-2 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 65532 --no-create-home --shell /usr/sbin/nologin partner-operator
COPY --from=build /opt/partner-operator /opt/partner-operator
# An image in which Kerberos cannot be loaded would only show that on somebody's cluster.
RUN /opt/partner-operator/bin/python -c "import gssapi"
ENV PATH=/opt/partner-operator/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 8080 9402
ENTRYPOINT ["partner-operator"]
CMD ["run", "--all-namespaces", "--log-format", "json", "--liveness", "http://0.0.0.0:8080/healthz", "--metrics", "http://0.0.0.0:9402/metrics"]
