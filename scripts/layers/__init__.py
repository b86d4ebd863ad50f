"""The rules of check_layers: which folder may include what, and where no subject or workload may be named."""
