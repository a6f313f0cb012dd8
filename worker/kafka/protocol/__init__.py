"""Requests of our own, and their answers taken word by word.

aiokafka reads some error codes and passes over others; an answer that it does not understand may pass for "nothing" or
for "done". Here an answer counts only when it speaks of exactly what was asked.
"""
