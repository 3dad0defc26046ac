"""The fields that conditions and output lines may use."""
