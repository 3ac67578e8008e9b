package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// finished is what a whole process took.
type finished struct {
	wall, cpu time.Duration
	rss       int64 // the most that was resident at any time, in bytes
}

// process runs a program to its end with its output going to w (nil = thrown away).
func (b *bench) process(ctx context.Context, w io.Writer, name string, args ...string) (finished, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(b.environment(), "PATH="+os.Getenv("PATH"), "LC_ALL=C.UTF-8")
	var problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &problems
	begin := time.Now()
	err := cmd.Run()
	f := finished{wall: time.Since(begin)}
	if err != nil {
		return f, fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(args, " "), err, problems.Bytes())
	}
	f.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		f.rss = usage.Maxrss * 1024 // Linux counts in KiB
	}
	return f, nil
}

// output runs a program and gives what it printed.
func (b *bench) output(ctx context.Context, name string, args ...string) (string, error) {
	var out bytes.Buffer
	_, err := b.process(ctx, &out, name, args...)
	return out.String(), err
}

// demo are the arguments that name the database that is measured.
func (b *bench) demo(args ...string) []string {
	return append(args, "--demo", "--demo-orders", strconv.Itoa(b.orders), "--data", b.data)
}

// resident is how much of a process is in memory now, in bytes.
func resident(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib * 1024, err
		}
	}
	return 0, fmt.Errorf("process %d tells no VmRSS", pid)
}
