//go:build !windows

package command

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// talk runs orderdeck in a terminal: it waits for each text and answers it.
type talk struct {
	t   *testing.T
	cmd *exec.Cmd
	tty *os.File

	mu   gosync.Mutex
	seen bytes.Buffer
	more chan struct{} // something has been shown
}

func start(t *testing.T, home string, args ...string) *talk {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Args = append([]string{"orderdeck"}, args...) // the test binary is orderdeck by this name; see TestMain
	cmd.Env = []string{"HOME=" + home, "TERM=xterm", "PATH=/nowhere", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere/bus"}
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Skipf("no terminal to be had: %v", err)
	}
	k := &talk{t: t, cmd: cmd, tty: tty, more: make(chan struct{}, 1)}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := tty.Read(buf)
			k.mu.Lock()
			k.seen.Write(buf[:n])
			k.mu.Unlock()
			select {
			case k.more <- struct{}{}:
			default:
			}
			if err != nil {
				close(k.more)
				return
			}
		}
	}()
	return k
}

func (k *talk) text() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.seen.String()
}

// wait waits until a text has been shown as often as that.
func (k *talk) wait(text string, times int) {
	k.t.Helper()
	deadline := time.After(2 * time.Minute)
	for strings.Count(k.text(), text) < times {
		select {
		case _, ok := <-k.more:
			if !ok && strings.Count(k.text(), text) < times {
				k.t.Fatalf("it ended without %q:\n%s", text, k.text())
			}
		case <-deadline:
			k.t.Fatalf("no %q within two minutes:\n%s", text, k.text())
		}
	}
}

func (k *talk) answer(question, text string) {
	k.t.Helper()
	k.wait(question, 1)
	if _, err := io.WriteString(k.tty, text); err != nil {
		k.t.Fatal(err)
	}
}

// end waits for the program and gives its exit code.
func (k *talk) end() int {
	k.t.Helper()
	_ = k.cmd.Wait()
	for range k.more { // until all that it wrote has been read
	}
	_ = k.tty.Close()
	return k.cmd.ProcessState.ExitCode()
}

func TestAddingAStoreByQuestions(t *testing.T) {
	home := t.TempDir()
	k := start(t, home, "store", "add")
	k.answer("Platform (fake, files, signed, vendure): ", "fak\n")
	k.wait("Did you mean fake?", 1)
	k.wait("Platform (fake, files, signed, vendure): ", 2)
	k.answer("Platform", "fake\n")
	k.answer("Name for the store here: ", "shop\n")
	k.answer("Address of the store: ", "shop.example\n")
	k.wait("keyring cannot be used", 1)
	k.answer("(env)? [file]: ", "\n")
	k.answer("Key (it does not show): ", "good\n")
	k.wait("Saved in", 1)
	if code := k.end(); code != ExitOK {
		t.Fatalf("exit code %d:\n%s", code, k.text())
	}
	after := k.text()[strings.Index(k.text(), "does not show"):]
	if strings.Contains(after, "good") {
		t.Errorf("the key shows:\n%s", after)
	}
	if data, err := os.ReadFile(filepath.Join(home, ".config", "orderdeck", "keys", "shop.key")); err != nil || string(data) != "good\n" {
		t.Errorf("the key is kept as %q, %v", data, err)
	}

	k = start(t, home, "store", "remove", "shop")
	k.answer("(yes/no) [no]: ", "\n")
	k.wait("Nothing was removed.", 1)
	if code := k.end(); code != ExitFailed {
		t.Errorf("exit code %d", code)
	}
	k = start(t, home, "store", "remove", "shop")
	k.answer("(yes/no) [no]: ", "yes\n")
	k.wait("shop has been removed.", 1)
	if code := k.end(); code != ExitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestTurningAwayFromQuestions(t *testing.T) {
	for _, tt := range []struct {
		name, until, keys, says string
		code                    int
	}{
		{"Ctrl+C", "Name for the store here: ", "\x03", "", ExitSIGINT},
		{"Ctrl+D", "Name for the store here: ", "\x04", "left without an answer", ExitUsage},
		{"Ctrl+C at the key", "does not show): ", "\x03", "", ExitSIGINT},
		{"Ctrl+D at the key", "does not show): ", "\x04", "left without an answer", ExitUsage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			k := start(t, home, "store", "add", "fake", "--url", "a.example", "--secrets", "file")
			if strings.HasPrefix(tt.until, "does") {
				k.answer("Name for the store here: ", "shop\n")
			}
			k.answer(tt.until, tt.keys)
			if code := k.end(); code != tt.code {
				t.Errorf("exit code %d, want %d:\n%s", code, tt.code, k.text())
			}
			if !strings.Contains(k.text(), tt.says) {
				t.Errorf("it says\n%s", k.text())
			}
			if _, err := os.Stat(filepath.Join(home, ".config")); !os.IsNotExist(err) {
				t.Error("something has been written")
			}
		})
	}
}

// In a terminal the program without a command opens the screens, on the demo while there is no store.
func TestWithoutACommandTheScreensOpen(t *testing.T) {
	k := start(t, t.TempDir())
	k.wait("screens: demo true, stores 0", 1)
	if code := k.end(); code != ExitOK {
		t.Errorf("exit code %d:\n%s", code, k.text())
	}
}

// Paying is confirmed by typing the number of orders, and the question says how much goes to whom.
func TestPayingIsConfirmedByTheNumberOfOrders(t *testing.T) {
	home := t.TempDir()
	k := start(t, home, "checkout", "--demo-orders", "2000", "stage:unpaid")
	k.wait("At the supplier this cannot be undone.", 1)
	k.wait("Type ", 1)
	text := k.text()
	if !strings.Contains(text, " to Minas Direct") || !strings.Contains(text, "Pay ") {
		t.Errorf("the question does not say what is paid to whom:\n%s", text)
	}
	k.answer("Type ", "yes\n")
	k.wait("Nothing was paid.", 1)
	if code := k.end(); code != ExitFailed {
		t.Errorf("exit code %d:\n%s", code, k.text())
	}
	k = start(t, home, "outbox", "list", "--all", "--demo-orders", "2000")
	k.wait("Nothing is on its way out.", 1)
	if code := k.end(); code != ExitOK {
		t.Errorf("exit code %d:\n%s", code, k.text())
	}

	k = start(t, home, "checkout", "--demo-orders", "2000", "stage:unpaid")
	k.wait("Type ", 1)
	_, rest, _ := strings.Cut(k.text(), "Type ")
	number, _, _ := strings.Cut(rest, " ")
	k.answer("Type ", number+"\n")
	k.wait("placed", 1)
	if code := k.end(); code != ExitPartial && code != ExitOK {
		t.Errorf("exit code %d:\n%s", code, k.text())
	}
}
