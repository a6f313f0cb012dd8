"""`alphapulse demo`: real Kafka, real workers, real and simulated bars, a kill -9, a crash, and the proof of it all."""
