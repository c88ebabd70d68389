"""Documents analysts write: JSON in, typed values and problems out."""

from homebuy_plugin.documents.diagnostics import CODES, Diagnostic, Located
from homebuy_plugin.documents.parse import Parsed, load_document, parse
from homebuy_plugin.documents.rendering import render
from homebuy_plugin.documents.validating import validate_texts
from homebuy_plugin.documents.values import from_json, to_json

__all__ = [
    "CODES",
    "Diagnostic",
    "Located",
    "Parsed",
    "from_json",
    "load_document",
    "parse",
    "render",
    "to_json",
    "validate_texts",
]
