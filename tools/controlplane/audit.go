package main

import (
	_ "embed"
	"os"
)

//go:embed audit-policy.yaml
var auditPolicy []byte

// auditFlags makes the API server append one JSON line for each request to log, once it is answered.
func auditFlags(policyPath, log string) ([]string, error) {
	if err := os.WriteFile(policyPath, auditPolicy, 0o600); err != nil {
		return nil, err
	}
	return []string{"--audit-policy-file=" + policyPath, "--audit-log-path=" + log}, nil
}
