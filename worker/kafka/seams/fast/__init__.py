"""The seams of `processing.fast_path`: what makes aiokafka quicker, and nothing else."""
