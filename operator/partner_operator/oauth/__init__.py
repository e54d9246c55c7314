"""Pure protocol knowledge: auth metadata documents, certificates, bearer challenges, tokens: bytes to values."""
