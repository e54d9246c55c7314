"""What is particular to a product: typed operations, their scripts, and how an answer becomes trust.Observed."""
