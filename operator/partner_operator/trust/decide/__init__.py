"""The decision of a pass: what to change for each application, or why nothing may be changed."""

from partner_operator.trust.decide.decision import decide

__all__ = ["decide"]
