"""The policy pack as a process, over gRPC as the engine drives it."""
