"""Made-up system calls and conditions, for tests that compare what is asked of the kernel with what rules match."""
