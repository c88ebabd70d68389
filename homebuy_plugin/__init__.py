"""Home buy cases."""
