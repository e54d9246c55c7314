# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements/operator.txt requirements/operator.txt
RUN python -m venv /opt/partner-operator \
 && /opt/partner-operator/bin/pip install --no-cache-dir --require-hashes -r requirements/operator.txt
COPY pyproject.toml README.md ./
COPY operator operator
# Dependencies are locked above; this installs our own package and nothing else.
RUN /opt/partner-operator/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
RUN useradd --uid 65532 --no-create-home --shell /usr/sbin/nologin partner-operator
COPY --from=build /opt/partner-operator /opt/partner-operator
ENV PATH=/opt/partner-operator/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["partner-operator"]
CMD ["run", "--all-namespaces", "--log-format", "json", "--liveness", "http://0.0.0.0:8080/healthz"]
