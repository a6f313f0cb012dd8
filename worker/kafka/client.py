"""Options that every Kafka client of the program shares."""

from __future__ import annotations

import ssl
from typing import Any

from worker.errors import ConfigError
from worker.kafka.seams import hardening
from worker.settings import KafkaSettings


def ssl_context(kafka: KafkaSettings) -> ssl.SSLContext | None:
    """Return the TLS context for the settings; None without TLS.

    Raises:
        ConfigError: a certificate or key file can't be read.
    """
    if "SSL" not in kafka.security_protocol:
        return None
    try:
        context = ssl.create_default_context(cafile=str(kafka.ssl_cafile) if kafka.ssl_cafile else None)
        if kafka.ssl_certfile:
            password = kafka.ssl_password.get_secret_value() if kafka.ssl_password else None
            context.load_cert_chain(kafka.ssl_certfile, kafka.ssl_keyfile, password)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"a TLS file can't be read: {error}", "Check kafka.ssl_cafile, ssl_certfile and ssl_keyfile"
        ) from None
    context.check_hostname = kafka.ssl_check_hostname
    return context


def client_options(kafka: KafkaSettings) -> dict[str, Any]:
    """Return the keyword arguments of every aiokafka client; also installs the seams that harden them."""
    hardening.install()
    options: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap_servers,
        "client_id": kafka.client_id,
        "security_protocol": kafka.security_protocol,
        "request_timeout_ms": kafka.request_timeout_ms,
        "metadata_max_age_ms": 30_000,  # a new partition or a moved leader is seen within this
    }
    if context := ssl_context(kafka):
        options["ssl_context"] = context
    if kafka.security_protocol.startswith("SASL"):
        password = kafka.sasl_plain_password
        options |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.sasl_plain_username,
            "sasl_plain_password": password.get_secret_value() if password else None,
        }
    return options
