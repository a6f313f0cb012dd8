"""Checks before a client joins: network, TLS, login, rights, topics; one sentence per failure."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import errors
from aiokafka.admin import AIOKafkaAdminClient

from worker.errors import AlphapulseError, BrokerUnavailable, ConfigError, NotPermitted
from worker.kafka import asking, topics
from worker.kafka.client import client_options
from worker.kafka.listener import speaks_tls, wants_login
from worker.kafka.seams import connect_once
from worker.kafka.seams.clients import client_of
from worker.settings import KafkaSettings, Settings

TIMEOUT = 10.0  # seconds for one broker to answer
MAX_BATCH = 1_000_000  # bytes; a topic's max.message.bytes limits the batch, not only the record
NO_BROKER = "Start one with `alphapulse broker start`, or set ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS"

# The connection was closed, which also happens with correct settings.
HUNG_UP = (errors.KafkaConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionResetError, BrokenPipeError)
WITHOUT_TLS = ("PLAINTEXT", "SASL_PLAINTEXT")
GONE = (errors.NodeNotReadyError, errors.KafkaConnectionError, errors.RequestTimedOutError, errors.KafkaTimeoutError)


def parse_servers(text: str) -> list[tuple[str, int]]:
    """Split `host:port,host:port` into pairs; IPv6 hosts stand in brackets.

    Raises:
        ConfigError: the list is empty, or an entry has no valid port.
    """
    pairs = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        host, _, port = part.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise ConfigError(
                f"{part!r} in kafka.bootstrap_servers is not host:port", "Write for example 127.0.0.1:9092"
            )
        pairs.append((host.strip("[]"), int(port)))
    if not pairs:
        raise ConfigError("kafka.bootstrap_servers is empty", NO_BROKER)
    return pairs


def _explain(error: BaseException, where: str, kafka: KafkaSettings) -> AlphapulseError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotPermitted(
            f"the TLS certificate of {where} is not trusted: {error.verify_message}",
            "Set kafka.ssl_cafile to the authority that signed it, and use a host name that the certificate names",
        )
    if isinstance(error, ssl.SSLError) and not isinstance(error, HUNG_UP):
        return ConfigError(
            f"{where} does not speak TLS as expected: {error.reason or error}",
            "Check kafka.security_protocol and the port",
        )
    if isinstance(
        error,
        errors.AuthenticationFailedError | errors.SaslAuthenticationFailed | errors.AuthenticationMethodNotSupported,
    ):
        return NotPermitted(
            f"{where} refused the login of {kafka.sasl_plain_username} by {kafka.sasl_mechanism}",
            "Check kafka.sasl_plain_username, sasl_plain_password and sasl_mechanism",
        )
    if isinstance(error, errors.UnsupportedSaslMechanismError):
        return ConfigError(
            f"{where} does not support {kafka.sasl_mechanism}", "Set kafka.sasl_mechanism to one that it supports"
        )
    if isinstance(error, TimeoutError | errors.RequestTimedOutError | errors.KafkaTimeoutError):
        return BrokerUnavailable(
            f"{where} does not answer within {TIMEOUT:.0f} s",
            "Check whether the broker hangs, is overloaded or can't be reached, then try again; for a listener with "
            "TLS or SASL, set kafka.security_protocol",
        )
    if isinstance(error, HUNG_UP):
        return BrokerUnavailable(
            f"{where} accepts connections and closes them without an answer over {kafka.security_protocol}",
            "Check the port, and whether the broker is starting or a proxy has lost it; then try again",
        )
    if isinstance(error, errors.KafkaError):
        return _misfit(where, kafka, "")
    return BrokerUnavailable(f"no Kafka broker answers at {where} ({error})", NO_BROKER)


def _misfit(where: str, kafka: KafkaSettings, listener: str) -> ConfigError:
    return ConfigError(
        f"{where} accepts connections but does not answer as Kafka over {kafka.security_protocol}{listener}",
        "Set kafka.security_protocol to the listener's protocol, or bootstrap_servers to another port",
    )


async def _cause(error: BaseException, host: str, port: int, kafka: KafkaSettings) -> AlphapulseError:
    """Return the failure to report; a listener that closed the connection is first asked for its protocol."""
    where, protocol = f"{host}:{port}", kafka.security_protocol
    if isinstance(error, HUNG_UP):
        if protocol in WITHOUT_TLS and await speaks_tls(host, port):
            return _misfit(where, kafka, ": it speaks TLS")
        login = await wants_login(host, port)
        if login is not None and (protocol not in WITHOUT_TLS or login != protocol.startswith("SASL")):
            return _misfit(where, kafka, f": it speaks no TLS and wants {'a' if login else 'no'} login by SASL")
    return _explain(error, where, kafka)


async def reach(kafka: KafkaSettings) -> dict[str, Any]:
    """Connect to one of the bootstrap servers and log in; return the client options.

    Raises:
        BrokerUnavailable, NotPermitted, ConfigError: no server works; the cause is that of the last one.
    """
    options = client_options(kafka)
    failure: AlphapulseError | None = None
    for host, port in parse_servers(kafka.bootstrap_servers):
        try:
            async with asyncio.timeout(TIMEOUT):
                await connect_once(host, port, options)
            return options
        except (OSError, TimeoutError, errors.KafkaError) as error:
            failure = await _cause(error, host, port, kafka)
    assert failure is not None
    raise failure


@asynccontextmanager
async def admin_client(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Yield a connected admin client; its errors in the block become errors with a fix."""
    options = await reach(kafka)
    admin = AIOKafkaAdminClient(**options)
    try:
        await admin.start()
    except errors.KafkaError as error:
        await admin.close()
        raise BrokerUnavailable(
            f"the broker at {kafka.bootstrap_servers} answers, but the servers it names can't be reached: {error}",
            "Check the broker's advertised.listeners",
        ) from error
    try:
        yield admin
    except GONE as error:
        raise BrokerUnavailable(
            f"the broker at {kafka.bootstrap_servers} went away during a request: {error}",
            "Try again when it is back",
        ) from error
    except errors.TopicAuthorizationFailedError as error:
        raise NotPermitted(f"no right to describe the topics: {error}", "Grant DESCRIBE on them") from error
    finally:
        await admin.close()


class Checked(NamedTuple):
    """The results of the checks that a worker needs."""

    options: dict[str, Any]  # for its Kafka clients
    batch_bytes: int  # the largest batch that all output topics accept
    partitions: int  # of the input
    control: int  # partitions of the control topic; 0 = not read


async def preflight(settings: Settings) -> Checked:
    """Run all checks.

    Raises:
        AlphapulseError: a check failed; it has one sentence, the fix and the exit code.
    """
    async with admin_client(settings.kafka) as admin:
        await asking.refuse_old_brokers(client_of(admin))
        limits = () if settings.control.read == "off" else (settings.topics.limits,)
        found = await topics.describe(admin, (*settings.worker_topics, *limits))
        topics.check(settings, found)
        control = topics.check_control(settings, found)
        await asking.refuse_new_protocol(client_of(admin), settings.processing.group)
    sizes = (found[name].max_message_bytes for name in settings.worker_topics if name != settings.topics.input)
    partitions = found[settings.topics.input].partitions
    return Checked(client_options(settings.kafka), min(MAX_BATCH, *sizes), partitions, control)
