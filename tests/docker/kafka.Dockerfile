# Kafka for the tests where apache/kafka cannot be pulled: the worker's image, a Java runtime and the pinned jars.
ARG BASE=python:3.12-slim-bookworm
ARG WORKER=alphapulse-worker:test

FROM ${BASE} AS java
ARG PIP_CERT
ARG PIP_INDEX_URL
WORKDIR /src
RUN python3 -m venv /opt/builder
COPY java.lock ./
RUN --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache/pip \
    /opt/builder/bin/pip install --quiet --require-hashes --only-binary :all: --target /opt/java --requirement java.lock \
    && install --directory --owner 10001 --group 10001 /opt/home /opt/home/data

FROM ${WORKER}
COPY --from=java /opt/java /opt/java
COPY --from=java --chown=10001:10001 /opt/home /var/lib/kafka
COPY jars /opt/kafka/jars
ENV PYTHONPATH=/opt/java \
    ALPHAPULSE_BROKER_JARS=/opt/kafka/jars
EXPOSE 9092
ENTRYPOINT ["alphapulse", "broker", "run", "--host", "0.0.0.0"]
CMD ["--port", "9092"]
