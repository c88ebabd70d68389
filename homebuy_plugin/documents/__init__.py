"""Documents analysts write: JSON in, typed values out."""
