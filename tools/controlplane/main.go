// Command controlplane is a real Kubernetes control plane in one process, for tests and for the demo:
// etcd, kube-apiserver, and the four controllers without which objects never go away. It listens on
// loopback only and keeps everything it needs in one folder.
//
//	controlplane serve --dir DIR [--port N] [--audit-log FILE] [--keep] [-- KUBE-APISERVER-FLAGS]
//	controlplane controllers --kubeconfig FILE [--keep]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			os.Exit(2)
		}
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("say what to do: serve or controllers")
	}
	switch args[0] {
	case "serve":
		return runServe(args[1:])
	case "controllers":
		return runControllers(args[1:])
	default:
		return fmt.Errorf("unknown command %q: serve or controllers", args[0])
	}
}

// runServe runs the whole control plane.
func runServe(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	dir := flags.String("dir", "", "folder for keys, data and the admin kubeconfig; reused when it has them (required)")
	port := flags.Int("port", 0, "port of the API server on 127.0.0.1; 0 takes a free one")
	auditLog := flags.String("audit-log", "", "append one JSON line for each request to this file")
	keep := flags.Bool("keep", false, "keep running when standard input ends")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" {
		return errors.New("serve needs --dir")
	}
	s := settings{port: *port, apiserverFlags: flags.Args()}
	if *auditLog != "" {
		path, err := filepath.Abs(*auditLog)
		if err != nil {
			return err
		}
		s.auditLog = path
	}
	var err error
	if s.dir, err = filepath.Abs(*dir); err != nil {
		return err
	}
	ctx, stop := lifetime(*keep)
	defer stop()
	return serve(ctx, s)
}

// runControllers runs only the controllers, against an API server that somebody else started.
func runControllers(args []string) error {
	flags := flag.NewFlagSet("controllers", flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "kubeconfig of an administrator (required)")
	keep := flags.Bool("keep", false, "keep running when standard input ends")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	config.QPS = -1 // the default limit makes each deletion of a namespace ten seconds longer
	ctx, stop := lifetime(*keep)
	defer stop()
	if err := startControllers(ctx, config); err != nil {
		return err
	}
	if err := announce(map[string]any{"pid": os.Getpid()}); err != nil {
		return err
	}
	<-ctx.Done()
	if cause := context.Cause(ctx); !errors.Is(cause, errAsked) {
		return cause
	}
	return nil
}
