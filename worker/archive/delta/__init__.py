"""Delta tables on a folder or an S3-compatible store."""
