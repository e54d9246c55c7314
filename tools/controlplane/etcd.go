package main

import (
	"context"
	"fmt"
	"net/url"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/storage/wal"
)

// etcdEndpoint is a unix socket in the working folder, which only its owner may enter: a TCP port
// would let every local user read the Secrets and go round RBAC. The name is relative because a
// socket's path must be shorter than about 100 bytes, and folders of test runs are not.
const etcdEndpoint = "unix://etcd.sock"

// startEtcd starts a single member on the data folder and waits until it serves.
func startEtcd(ctx context.Context, dataDir string) (*embed.Etcd, error) {
	// Two segments are preallocated, 64 MB each by default.
	wal.SegmentSizeBytes = 4 << 20

	client, peer := mustURL(etcdEndpoint), mustURL("unix://etcd-peer.sock")
	cfg := embed.NewConfig()
	cfg.Dir = dataDir
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	cfg.EnableGRPCGateway = false
	cfg.LogLevel = "error"
	cfg.QuotaBackendBytes = 512 << 20
	// Safe when the process is killed, not when the machine loses power: fine for a test bed.
	cfg.UnsafeNoFsync = true
	cfg.TickMs, cfg.ElectionMs = 10, 100

	etcd, err := embed.StartEtcd(cfg)
	if err != nil {
		return nil, fmt.Errorf("start etcd: %w", err)
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case err := <-etcd.Err():
		etcd.Close()
		return nil, fmt.Errorf("etcd stopped: %w", err)
	case <-ctx.Done():
		etcd.Close()
		return nil, context.Cause(ctx)
	}
}

func mustURL(text string) url.URL {
	u, err := url.Parse(text)
	if err != nil {
		panic(err)
	}
	return *u
}
