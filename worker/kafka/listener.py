"""Detection of a listener's protocol from its answers.

A connection closed without an answer proves nothing: a dying broker, a proxy without its backend and a firewall close
connections too. Only an answer proves that the settings are wrong.
"""

from __future__ import annotations

import asyncio
import ssl
import struct

from aiokafka.errors import IllegalSaslStateError, NoError, UnsupportedSaslMechanismError

TIMEOUT = 5.0  # seconds for each question
_SASL_HANDSHAKE, _VERSION = 17, 1
_MECHANISM = b"PLAIN"  # any would do: one that is not offered gets its own error code
# Error code → whether the listener wants a login; any other code tells nothing.
_WANTS = {NoError.errno: True, UnsupportedSaslMechanismError.errno: True, IllegalSaslStateError.errno: False}


async def speaks_tls(host: str, port: int) -> bool:
    """Return whether a TLS handshake gets an answer; checks no certificate, and sends nothing afterwards."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(TIMEOUT):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError):
        return False
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")  # an alert is an answer in TLS
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def wants_login(host: str, port: int) -> bool | None:
    """Return whether a listener without TLS wants a SASL login; None if its answer does not tell or is not Kafka's.

    Source: SaslHandshakeRequest version 1 of Kafka's protocol.
    """
    head = struct.pack(">hhih", _SASL_HANDSHAKE, _VERSION, 0, -1)  # correlation 0, no client id
    body = head + struct.pack(">h", len(_MECHANISM)) + _MECHANISM
    try:
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(struct.pack(">i", len(body)) + body)
                _, correlation, code = struct.unpack(">iih", await reader.readexactly(10))
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return None
    return _WANTS.get(code) if correlation == 0 else None
