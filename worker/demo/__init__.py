"""`alphapulse demo`: real Kafka, real workers, real and simulated bars, a kill -9, and the proof that all is whole."""
