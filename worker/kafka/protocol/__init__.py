"""Kafka requests that aiokafka lacks or handles loosely, with strict checks of their answers.

aiokafka ignores some error codes, and may take an answer that it does not understand for "nothing" or "done". Here an
answer counts only when it holds exactly the requested entries.
"""
