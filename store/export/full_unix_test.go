//go:build unix

package export

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/orderdeck/orderdeck/store"
)

// TestFullDisk runs itself once more under a limit on the size of files, which stops a write in the middle as a full
// disk does.
func TestFullDisk(t *testing.T) {
	const dirKey = "EXPORT_TEST_FULL_DIR"
	if dir := os.Getenv(dirKey); dir != "" {
		signal.Ignore(syscall.SIGXFSZ)
		limit := syscall.Rlimit{Cur: 64 << 10, Max: 64 << 10}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Skip("no limits here:", err)
		}
		_, err := file(t.Context(), many(5000), filepath.Join(dir, "orders.csv"), true, Request{Profile: Lines}, nil)
		if store.CodeOf(err) != store.Full || !strings.Contains(err.Error(), "no room left for "+dir) {
			t.Errorf("%q: %v", store.CodeOf(err), err)
		}
		return
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "orders.csv"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), dirKey+"="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "SKIP") {
		t.Skipf("%s", out)
	}
	only(t, dir, "orders.csv")
	if data, _ := os.ReadFile(filepath.Join(dir, "orders.csv")); string(data) != "old" {
		t.Errorf("the old file holds %q", data)
	}
}

func TestFullDevice(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	defer full.Close()
	_, err = write(t.Context(), sample(), full, Request{Profile: Orders}, nil)
	if err = explain(err); store.CodeOf(err) != store.Full || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%q: %v", store.CodeOf(err), err)
	}
}

func TestClosedPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	defer w.Close()
	_, err = write(t.Context(), sample(), w, Request{Profile: Orders}, nil)
	if err = explain(err); store.CodeOf(err) != store.Failed || !strings.Contains(err.Error(), "has ended before") {
		t.Errorf("%q: %v", store.CodeOf(err), err)
	}
}

func TestFolderNotWritable(t *testing.T) {
	if os.Getuid() == 0 {
		if runtime.GOOS != "linux" {
			t.Skip("root may write everywhere")
		}
		_, err := file(t.Context(), sample(), "/proc/orders.csv", false, Request{Profile: Orders}, nil)
		if err == nil || store.CodeOf(err) == "" {
			t.Errorf("written into /proc: %v", err)
		}
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err := file(t.Context(), sample(), filepath.Join(dir, "orders.csv"), false, Request{Profile: Orders}, nil)
	if store.CodeOf(err) != store.ReadOnly {
		t.Errorf("%q: %v", store.CodeOf(err), err)
	}
}
