//go:build !windows

package tui

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal is the real program on a real pseudo-terminal.
type terminal struct {
	*testing.T
	cmd  *exec.Cmd
	file *os.File
	mu   sync.Mutex
	out  bytes.Buffer
	done chan error
}

var built = sync.OnceValues(func() (string, error) {
	dir := filepath.Dir(template)
	path := filepath.Join(dir, "orderdeck")
	out, err := exec.Command("go", "build", "-o", path, "..").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return path, nil
})

func inTerminal(t *testing.T, env []string, args ...string) *terminal {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(stop)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append([]string{"HOME=" + home, "XDG_CONFIG_HOME=" + home + "/c", "XDG_DATA_HOME=" + home + "/d", "TERM=xterm-256color", "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH")}, env...)
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 120, Rows: 35})
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{T: t, cmd: cmd, file: f, done: make(chan error, 1)}
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := f.Read(buf)
			x.mu.Lock()
			x.out.Write(buf[:n])
			x.mu.Unlock()
			if err != nil {
				break
			}
		}
		x.done <- cmd.Wait()
	}()
	t.Cleanup(func() { f.Close() })
	return x
}

func (x *terminal) seen() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.out.String()
}

// waits for a text to be written, as a person waits for it to show.
func (x *terminal) waits(text string) {
	x.Helper()
	for range 600 {
		if strings.Contains(x.seen(), text) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	x.Fatalf("%q never showed; the end of what was written: %q", text, x.seen()[max(0, len(x.seen())-2000):])
}

func (x *terminal) types(keys string) {
	x.Helper()
	if _, err := x.file.WriteString(keys); err != nil {
		x.Fatal(err)
	}
}

func (x *terminal) ends() error {
	x.Helper()
	select {
	case err := <-x.done:
		return err
	case <-time.After(20 * time.Second):
		x.Fatal("it does not end")
		return nil
	}
}

func TestTheProgramInATerminal(t *testing.T) {
	x := inTerminal(t, nil, "--demo-orders", "200")
	x.waits("DEMO")
	x.waits("#")
	x.types("/")
	x.waits("total:>100")
	x.types("maria\r")
	x.waits("maria")
	x.types("?")
	x.waits("To the first line")
	x.types("qq") // closes the help, then the program
	if err := x.ends(); err != nil {
		t.Fatalf("%v: %q", err, x.seen())
	}
	if !strings.Contains(x.seen(), "\x1b[?1049l") || !strings.Contains(x.seen(), "\x1b[?25h") {
		t.Error("the terminal was not given back as it was")
	}
}

func TestNoColourInATerminal(t *testing.T) {
	x := inTerminal(t, []string{"NO_COLOR=yes", "COLORTERM=truecolor"}, "--demo-orders", "200")
	x.waits("#")
	x.types("q")
	if err := x.ends(); err != nil {
		t.Fatal(err)
	}
	for _, colour := range []string{"38;2;", "48;2;", "38;5;", "48;5;", ";32m", ";33m"} {
		if strings.Contains(x.seen(), colour) {
			t.Errorf("a colour was sent: %q", colour)
		}
	}
}

func TestATerminationGivesTheTerminalBack(t *testing.T) {
	x := inTerminal(t, nil, "--demo-orders", "200")
	x.waits("#")
	if err := x.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = x.ends() // 130, as a shell expects
	if !strings.Contains(x.seen(), "\x1b[?1049l") {
		t.Error("the terminal was not given back as it was")
	}
	if code := x.cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("it ended with %d", code)
	}
}
