"""Candlestick patterns with TA-Lib's conditions and values, one file per family (domain §4.1)."""
