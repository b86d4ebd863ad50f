# Never read: its version is asked first.
