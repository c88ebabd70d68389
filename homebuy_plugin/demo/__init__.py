"""The demonstration: some months at a pretend landlord, told as they happen.

Everything goes through the package's public face, as a host would use it; only the clock is
pretended. The same seed gives the same months.
"""
