package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// shutdownLimit bounds an orderly stop. Past it the process ends as it is: a test run must not hang
// on its helpers, and the data folder is one that survives a kill.
const shutdownLimit = 15 * time.Second

// errAsked is the cause of a context that ended because somebody wanted the process to stop.
var errAsked = errors.New("asked to stop")

// lifetime returns a context that ends on SIGTERM, on SIGINT and, unless keep is set, when standard
// input ends. The kernel closes that pipe whatever way the parent dies, so nothing outlives it.
func lifetime(keep bool) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-signals
		cancel(errAsked)
	}()
	if !keep {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			cancel(errAsked)
		}()
	}
	go func() {
		<-ctx.Done()
		select {
		case <-signals:
		case <-time.After(shutdownLimit):
		}
		fmt.Fprintln(os.Stderr, "controlplane: gave up an orderly stop")
		os.Exit(1)
	}()
	return ctx, func() { cancel(errAsked) }
}

// announce tells the parent, in one line of JSON on standard output, that the process is ready.
func announce(facts map[string]any) error {
	return json.NewEncoder(os.Stdout).Encode(facts)
}
