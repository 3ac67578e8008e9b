// Package standin serves the fake stores of the connectors' tests over loopback, so that the program itself can be tried on
// them, by hand and by the end-to-end tests.
package standin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"
)

// Orders is how many orders a stand-in has: ORDERDECK_STANDIN_ORDERS, or 40.
func Orders() int {
	if n, err := strconv.Atoi(os.Getenv("ORDERDECK_STANDIN_ORDERS")); err == nil && n > 0 {
		return n
	}
	return 40
}

// Address is where a stand-in is to be served: ORDERDECK_STANDIN, 127.0.0.1:PORT or :0 for any port of this machine. Where
// it is not set, the test is skipped.
func Address(t *testing.T) string {
	t.Helper()
	address := os.Getenv("ORDERDECK_STANDIN")
	if address == "" {
		t.Skip("serves the fake store at ORDERDECK_STANDIN=127.0.0.1:PORT, or :0 for any port, until its standard input ends")
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatalf("ORDERDECK_STANDIN: %v", err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		t.Fatalf("ORDERDECK_STANDIN: %s is not an address of this machine", host)
	}
	return net.JoinHostPort(host, port)
}

// Serve serves what a fake answers until standard input ends. It prints one line when it is ready: "standin URL KEY".
func Serve(t *testing.T, address, key string, fake http.RoundTripper) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler{fake}, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	if _, err := fmt.Fprintf(os.Stdout, "standin http://%s %s\n", l.Addr(), key); err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // its end is all that counts
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

// handler answers requests from the network as the fake does.
type handler struct{ fake http.RoundTripper }

// ServeHTTP implements http.Handler. A connection that the fake cuts is cut.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.URL.Scheme, r.URL.Host, r.RequestURI = "http", r.Host, ""
	res, err := h.fake.RoundTrip(r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer res.Body.Close()
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(res.StatusCode)
	if _, err := io.Copy(w, res.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
}
