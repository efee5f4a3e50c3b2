"""wannsearch: find neural networks by their structure.

The rooms, and what may pass between them, are mapped in `docs/architecture.md`; every room's own
`__init__.py` says what it holds. Nothing is imported here, so that naming the package costs nothing.
"""

__version__ = "0.1.0"
