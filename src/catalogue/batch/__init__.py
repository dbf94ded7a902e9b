"""Copy through the providers' batch services. The way in is `run.run_batch`."""
