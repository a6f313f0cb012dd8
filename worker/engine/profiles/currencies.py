"""Quote currencies of symbols, and the order of magnitude of one unit of each.

These are not rates: each is a power of ten of US dollars that has held for years, so that a budget has a sensible
size. An unlisted quote counts as a dollar.
"""

from __future__ import annotations

FIAT: dict[str, int] = {
    **dict.fromkeys(("USD", "EUR", "GBP", "CHF", "AUD", "CAD", "NZD", "SGD", "KWD"), 0),
    **dict.fromkeys(("CNY", "CNH", "HKD", "SEK", "NOK", "DKK", "PLN", "ILS", "MYR", "SAR", "AED", "QAR"), -1),
    **dict.fromkeys(("BRL", "MXN", "ZAR", "CZK", "RON"), -1),
    **dict.fromkeys(("JPY", "INR", "TRY", "THB", "TWD", "PHP", "RUB", "UAH", "GBX"), -2),
    **dict.fromkeys(("KRW", "HUF", "CLP", "ARS", "ISK", "NGN"), -3),
    **dict.fromkeys(("IDR", "VND", "COP"), -4),
}
STABLE: dict[str, int] = dict.fromkeys(
    ("USDT", "USDC", "BUSD", "FDUSD", "TUSD", "USDP", "PYUSD", "USDE", "DAI", "EURC", "EURT"), 0
)
COINS: dict[str, int] = {
    **dict.fromkeys(("BTC", "XBT", "WBTC"), 5),
    **dict.fromkeys(("ETH", "WETH", "BNB"), 3),
    **dict.fromkeys(("SOL", "LTC"), 2),
    **dict.fromkeys(("XRP",), 0),
    **dict.fromkeys(("TRX", "DOGE"), -1),
}
METALS = frozenset({"XAU", "XAG", "XPT", "XPD"})  # traded by the ounce against currencies, as currencies are

# Coins recognised without a separator before a currency, as in BTCUSD.
KNOWN_COINS = frozenset(COINS) | frozenset(
    {
        *("AAVE", "ADA", "ALGO", "APT", "ARB", "ATOM", "AVAX", "BCH", "BSV", "COMP", "CRV", "DASH", "DOT", "EOS"),
        *("ETC", "FIL", "HBAR", "ICP", "INJ", "IOTA", "LDO", "LINK", "LUNA", "MATIC", "MKR", "NEAR", "NEO", "OMG"),
        *("OP", "PEPE", "POL", "QTUM", "SAND", "SHIB", "SNX", "SUI", "TON", "UNI", "VET", "XLM", "XMR", "XTZ", "ZEC"),
    }
)

MAGNITUDES: dict[str, int] = FIAT | STABLE | COINS
EXPONENTS = sorted(set(MAGNITUDES.values()))


def magnitude(quote: str | None) -> int:
    """Return the power of ten of US dollars that one unit of `quote` is worth; 0 if unknown."""
    return MAGNITUDES.get(quote or "", 0)
