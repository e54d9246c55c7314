package main

import (
	"os"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// writeKubeconfig writes the administrator's kubeconfig, with everything inside and for the owner only.
func writeKubeconfig(path, url, pkiDir string) error {
	ca, err := os.ReadFile(filepath.Join(pkiDir, caFile))
	if err != nil {
		return err
	}
	cert, err := os.ReadFile(filepath.Join(pkiDir, adminCert))
	if err != nil {
		return err
	}
	key, err := os.ReadFile(filepath.Join(pkiDir, adminKey))
	if err != nil {
		return err
	}
	const name = "partner-testbed"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: url, CertificateAuthorityData: ca}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: cert, ClientKeyData: key}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: "default"}
	config.CurrentContext = name
	return clientcmd.WriteToFile(*config, path) // mode 0600
}

// controllerConfig is what the controllers talk to the API server with: their own name, so that the
// audit log tells their requests from an administrator's, and no limit on the rate.
func controllerConfig(url, pkiDir string) *rest.Config {
	return &rest.Config{
		Host: url,
		QPS:  -1,
		TLSClientConfig: rest.TLSClientConfig{
			CAFile:   filepath.Join(pkiDir, caFile),
			CertFile: filepath.Join(pkiDir, controllerCert),
			KeyFile:  filepath.Join(pkiDir, controllerKey),
		},
	}
}
