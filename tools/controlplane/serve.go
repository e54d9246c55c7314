package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/component-base/version"
)

// settings says what one control plane is to be like.
type settings struct {
	dir            string // absolute
	port           int
	auditLog       string // absolute; empty for none
	apiserverFlags []string
}

// serve runs the control plane until the context ends or one of its parts does.
func serve(ctx context.Context, s settings) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(s.dir, 0o700); err != nil { // it holds keys and etcd's socket
		return err
	}
	if err := os.Chdir(s.dir); err != nil {
		return err
	}
	pkiDir := filepath.Join(s.dir, "pki")
	if err := ensurePKI(pkiDir); err != nil {
		return fmt.Errorf("make certificates: %w", err)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
	if err != nil {
		return err
	}
	args := apiserverFlags(pkiDir)
	if s.auditLog != "" {
		flags, err := auditFlags(filepath.Join(s.dir, "audit-policy.yaml"), s.auditLog)
		if err != nil {
			return err
		}
		args = append(args, flags...)
	}

	etcd, err := startEtcd(ctx, filepath.Join(s.dir, "etcd"))
	if err != nil {
		return err
	}
	defer etcd.Close() // after the API server, whose last steps write to it
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		if err := <-etcd.Err(); err != nil {
			cancel(fmt.Errorf("etcd stopped: %w", err))
		}
	}()

	run, err := newAPIServer(ctx, listener, append(args, s.apiserverFlags...))
	if err != nil {
		return err
	}
	stopped := make(chan error, 1)
	go func() {
		err := run(ctx)
		cancel(errors.Join(errors.New("the API server stopped"), err))
		stopped <- err
	}()

	port := listener.Addr().(*net.TCPAddr).Port
	url := fmt.Sprintf("https://127.0.0.1:%d", port)
	if err := becomeReady(ctx, s.dir, pkiDir, url, port); err != nil {
		cancel(err)
	}
	<-ctx.Done()
	return errors.Join(<-stopped, failure(ctx))
}

// becomeReady waits for the API server, starts the controllers and tells the parent.
func becomeReady(ctx context.Context, dir, pkiDir, url string, port int) error {
	kubeconfig := filepath.Join(dir, "admin.kubeconfig")
	if err := writeKubeconfig(kubeconfig, url, pkiDir); err != nil {
		return err
	}
	config := controllerConfig(url, pkiDir)
	if err := waitReady(ctx, config); err != nil {
		return err
	}
	if err := startControllers(ctx, config); err != nil {
		return err
	}
	return announce(map[string]any{
		"kubeconfig": kubeconfig,
		"url":        url,
		"port":       port,
		"pid":        os.Getpid(),
		"version":    version.Get().GitVersion,
	})
}

// waitReady polls /readyz, which turns green after the default roles and namespaces are made.
func waitReady(ctx context.Context, config *rest.Config) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	var last error
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, time.Minute, true,
		func(ctx context.Context) (bool, error) {
			last = client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
			return last == nil, nil
		})
	if err != nil {
		return fmt.Errorf("the API server is not ready: %w", errors.Join(err, last))
	}
	return nil
}

// failure is the cause of a context's end, unless that was somebody's wish.
func failure(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, errAsked) {
		return cause
	}
	return nil
}
