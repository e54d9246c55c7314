"""`partner-operator doctor`: what stands between the operator and one PartnerServer, and what to do."""
