package httpx

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync"
)

func fileServer(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// TestAFileIsReadFromAPlaceOn, and nothing of ours goes with the question.
func TestAFileIsReadFromAPlaceOn(t *testing.T) {
	url := fileServer(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header) != 4 || r.Header.Get("User-Agent") != "orderdeck/test" || r.Header.Get("Accept-Encoding") != "identity" || r.URL.RawQuery != "X-Sig=a%2Fb&z=1&A=2" {
			t.Errorf("%v %s", r.Header, r.URL.RawQuery)
		}
		http.ServeContent(w, r, "f.jsonl", time.Time{}, strings.NewReader("0123456789"))
	}) + "/files/f?X-Sig=a%2Fb&z=1&A=2"
	for _, c := range []struct {
		from, to int64
		want     string
		status   int
	}{{0, -1, "0123456789", 206}, {4, -1, "456789", 206}, {4, 5, "45", 206}, {10, -1, "", 416}} {
		f, err := OpenFile(t.Context(), url, c.from, c.to, FileOptions{Private: true, UserAgent: "orderdeck/test"})
		if err != nil {
			t.Fatal(err)
		}
		if f.Status != c.status || f.Status == 206 && (f.Size != 10 || f.From != c.from) {
			t.Errorf("%+v", f)
		}
		if f.Status == 206 {
			got, err := io.ReadAll(f)
			if err != nil || string(got) != c.want {
				t.Errorf("%q %v", got, err)
			}
		}
		_ = f.Close()
	}
}

// TestAFilesAddressIsASecret: it is signed, and whoever has it has the file.
func TestAFilesAddressIsASecret(t *testing.T) {
	url := fileServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("short"))
		case "/page":
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html>"))
		case "/away":
			http.Redirect(w, r, "https://elsewhere.example/?"+r.URL.RawQuery, http.StatusFound)
		default:
			http.Error(w, r.URL.String(), http.StatusServiceUnavailable)
		}
	})
	for path, want := range map[string]sync.Kind{"/cut": sync.Network, "/page": sync.Refused, "/away": sync.Refused, "/503": sync.Unavailable} {
		f, err := OpenFile(t.Context(), url+path+"?X-Goog-Signature=verysecret", 0, -1, FileOptions{Private: true})
		if err == nil {
			_, err = io.ReadAll(f)
			_ = f.Close()
		}
		var e *sync.Error
		if !errors.As(err, &e) || e.Kind != want || strings.Contains(err.Error(), "verysecret") || e.Err != nil && strings.Contains(e.Err.Error(), "verysecret") {
			t.Errorf("%s: %v", path, err)
		}
	}
	_, err := OpenFile(t.Context(), strings.Replace(url, "127.0.0.1", "127.0.0.2", 1)+"1/?X-Goog-Signature=verysecret", 0, -1, FileOptions{Private: true})
	if err == nil || strings.Contains(err.Error(), "verysecret") {
		t.Error(err)
	}
}

// TestAFileIsFetchedFromTheInternetAlone: an answer of a store must not make us ask our own network.
func TestAFileIsFetchedFromTheInternetAlone(t *testing.T) {
	asked := false
	url := fileServer(t, func(http.ResponseWriter, *http.Request) { asked = true })
	for _, address := range []string{
		url, "http://files.example/f", "ftp://files.example/f", "https://a:b@files.example/f", "/f", "https://localhost/f", "https://127.0.0.1/f",
		"https://10.0.0.1:1/f", "https://[fd00::1]:1/f", "file:///etc/passwd", "https://169.254.169.254/latest",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if _, err := OpenFile(ctx, address, 0, -1, FileOptions{}); err == nil {
			t.Errorf("%s was fetched", address)
		}
		cancel()
	}
	if asked {
		t.Error("this machine was asked")
	}
	for _, ip := range []string{"10.1.2.3", "192.168.1.1", "127.0.0.1", "::1", "169.254.169.254", "100.64.0.1", "fe80::1", "0.0.0.0", "224.0.0.1"} {
		if Public(net.ParseIP(ip)) {
			t.Errorf("%s is public", ip)
		}
	}
}

// TestAFileThatStandsStillIsGivenUp, however long it may take as long as something comes.
func TestAFileThatStandsStillIsGivenUp(t *testing.T) {
	hold := make(chan struct{})
	url := fileServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("some"))
		w.(http.Flusher).Flush()
		<-hold
	})
	defer close(hold)
	f, err := OpenFile(t.Context(), url, 0, -1, FileOptions{Private: true, Idle: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if string(got) != "some" || sync.KindOf(err) != sync.Network || !strings.Contains(err.Error(), "too long") {
		t.Errorf("%q %v", got, err)
	}
}
