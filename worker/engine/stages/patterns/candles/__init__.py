"""Candlestick patterns with TA-Lib's conditions and values, one file a family (domain §4.1)."""
