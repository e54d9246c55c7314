"""Keeps server-to-server OAuth trust between Exchange, Lync and SharePoint as declared."""

__version__ = "0.1.0"
