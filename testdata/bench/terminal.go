package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/creack/pty"
)

// terminal is a program on a pseudo-terminal of 200×50, read all the time, as a terminal reads it.
type terminal struct {
	cmd   *exec.Cmd
	file  *os.File
	begin time.Time // just before the program was started

	mu      sync.Mutex
	all     []byte
	last    time.Time // of the last byte
	arrived chan time.Time
}

// onTerminal starts a program with a whole environment of its own.
func onTerminal(ctx context.Context, env []string, name string, args ...string) (*terminal, error) {
	t := &terminal{cmd: exec.CommandContext(ctx, name, args...), arrived: make(chan time.Time, 1)}
	t.cmd.Env = append([]string{"TERM=xterm-256color", "COLORTERM=truecolor", "LC_ALL=C.UTF-8", "PATH=" + os.Getenv("PATH")}, env...)
	t.begin = time.Now()
	file, err := pty.StartWithSize(t.cmd, &pty.Winsize{Cols: 200, Rows: 50})
	if err != nil {
		return nil, fmt.Errorf("%s does not start on a pseudo-terminal: %w", name, err)
	}
	t.file = file
	go t.read()
	return t, nil
}

// answers are what an ordinary terminal (xterm with a dark background) replies to the questions that programs ask.
var answers = []struct{ question, answer string }{
	{"\x1b]11;?", "\x1b]11;rgb:1010/1010/1010\x1b\\"},
	{"\x1b]10;?", "\x1b]10;rgb:e0e0/e0e0/e0e0\x1b\\"},
	{"\x1b[c", "\x1b[?62;22c"},
	{"\x1b[6n", "\x1b[1;1R"},
	{"\x1b[?2026$p", "\x1b[?2026;2$y"},
	{"\x1b[?2027$p", "\x1b[?2027;0$y"},
}

func (t *terminal) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := t.file.Read(buf)
		now := time.Now()
		if n > 0 {
			t.mu.Lock()
			t.all = append(t.all, buf[:n]...)
			t.last = now
			t.mu.Unlock()
			select {
			case t.arrived <- now:
			default:
			}
			for _, a := range answers {
				if bytes.Contains(buf[:n], []byte(a.question)) {
					_, _ = t.file.WriteString(a.answer) // a program that has gone needs no answer
				}
			}
		}
		if err != nil {
			close(t.arrived)
			return
		}
	}
}

// until waits for one of some texts and tells how long after the start it came.
func (t *terminal) until(limit time.Duration, texts ...string) (time.Duration, error) {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for {
		t.mu.Lock()
		found := slices.ContainsFunc(texts, func(text string) bool { return bytes.Contains(t.all, []byte(text)) })
		last := t.last
		t.mu.Unlock()
		if found {
			return last.Sub(t.begin), nil
		}
		select {
		case _, open := <-t.arrived:
			if !open {
				return 0, fmt.Errorf("the program ended before it showed %q; it wrote:\n%q", texts[0], t.tail())
			}
		case <-deadline.C:
			return 0, fmt.Errorf("%q did not appear within %s; the screen got:\n%q", texts[0], limit, t.tail())
		}
	}
}

// quiet waits until nothing has come for a while.
func (t *terminal) quiet(gap time.Duration) {
	for {
		t.mu.Lock()
		since := time.Since(t.last)
		t.mu.Unlock()
		if since >= gap {
			return
		}
		time.Sleep(gap - since)
	}
}

func (t *terminal) tail() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.all[max(0, len(t.all)-2000):])
}

// forget drops what has been read, so that a long run does not fill the memory.
func (t *terminal) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all[:0], t.all[max(0, len(t.all)-2000):]...)
}

// press writes a key and waits for the first byte that comes back.
func (t *terminal) press(key string) (time.Duration, error) {
	select {
	case <-t.arrived: // an older one
	default:
	}
	begin := time.Now()
	if _, err := t.file.WriteString(key); err != nil {
		return 0, err
	}
	limit := time.NewTimer(2 * time.Second)
	defer limit.Stop()
	select {
	case at, open := <-t.arrived:
		if !open {
			return 0, errors.New("the program ended")
		}
		return at.Sub(begin), nil
	case <-limit.C:
		return 0, fmt.Errorf("the key %q changed nothing on the screen within 2 s", key)
	}
}

// end stops the program and waits for it.
func (t *terminal) end() {
	_ = t.cmd.Process.Kill() // it may have ended by itself
	_ = t.cmd.Wait()
	_ = t.file.Close()
}
