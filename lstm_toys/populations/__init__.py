"""MANY networks: trained and asked side by side."""
