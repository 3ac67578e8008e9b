package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// childEnv tells the test binary to be the process that is killed: it names the database.
const childEnv = "ORDERDECK_TEST_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		if err := writeForEver(path); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// crashPage is page n of the child's: new orders and changed ones.
func crashPage(n int) Page {
	p := Page{Shop: "aurora", Stream: "orders", Cursor: []byte(strconv.Itoa(n))}
	for i := range 20 {
		p.Orders = append(p.Orders, Pulled{Order: simple("aurora", n*20+i+1)})
	}
	if n > 0 { // what the page before wrote has changed since
		o := simple("aurora", n*20)
		o.CustomerPayment, o.CustomerNote = order.PaymentPending, "page "+strconv.Itoa(n)
		p.Orders = append(p.Orders, Pulled{Order: o})
	}
	return p
}

// writeForEver goes on from the cursor, telling each page that was committed.
func writeForEver(path string) error {
	d, err := Open(context.Background(), Options{Path: path, Clock: newClock(testTime).now})
	if err != nil {
		return err
	}
	cursor, err := d.Cursor(context.Background(), "aurora", "orders")
	if err != nil {
		return err
	}
	n := 0
	if cursor != nil {
		if n, err = strconv.Atoi(string(cursor)); err != nil {
			return err
		}
		n++
	}
	for ; ; n++ {
		if _, err := d.Apply(context.Background(), crashPage(n)); err != nil {
			return err
		}
		fmt.Println("page", n)
	}
}

// checkPages wants exactly the pages up to the cursor in the database, whole, and gives the number of the last.
func checkPages(t *testing.T, d *DB, told int) int {
	t.Helper()
	cursor, err := d.Cursor(t.Context(), "aurora", "orders")
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	if cursor != nil {
		if last, err = strconv.Atoi(string(cursor)); err != nil {
			t.Fatal(err)
		}
	}
	if last < told {
		t.Errorf("page %d was committed, the cursor says %d", told, last)
	}
	counts := stages(t, d)
	if want := (last + 1) * 20; counts["all"] != want || counts["awaiting"] != max(0, last) {
		t.Errorf("%v after page %d", counts, last)
	}
	healthy(t, d)
	return last
}

// TestKill kills a writing process again and again, wherever it happens to be.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	path := filepath.Join(t.TempDir(), "desk.db")
	at(t, path, newClock(testTime))
	last := -1
	for round := range 6 {
		told := runChild(t, path, time.Duration(3+round*7)*time.Millisecond)
		d, err := Open(t.Context(), Options{Path: path, Clock: newClock(testTime).now})
		if err != nil {
			t.Fatal(err)
		}
		now := checkPages(t, d, max(told, last))
		if now > last && told < 0 {
			t.Errorf("pages were committed and not told")
		}
		last = now
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if last < 6 {
		t.Errorf("only %d pages were written", last+1)
	}
}

// runChild starts a process that writes, lets it go on for a moment after its second page and kills it. It gives the
// last page that was told.
func runChild(t *testing.T, path string, moment time.Duration) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told, lines := -1, bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		told = pageOf(t, lines.Text())
		if n == 1 {
			time.AfterFunc(moment, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait() // it was killed
	return told
}

func pageOf(t *testing.T, line string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimPrefix(line, "page "))
	if err != nil {
		t.Fatalf("the child says %q", line)
	}
	return n
}

// copyFile copies the first n bytes of a file; n < 0 = all.
func copyFile(t *testing.T, from, to string, n int64) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if n < 0 {
		_, err = io.Copy(out, in)
	} else {
		_, err = io.CopyN(out, in, n)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestLostTail opens the database as a power cut leaves it: everything up to the last fsync, which is that of the last
// commit, and any part of what was being written after it.
func TestLostTail(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	d := at(t, path, newClock(testTime))
	var synced int64
	for n := range 5 {
		if _, err := d.Apply(t.Context(), crashPage(n)); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		if n == 3 {
			synced = info.Size()
		}
	}
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() <= synced {
		t.Fatalf("the WAL did not grow: %d, %d", synced, info.Size())
	}
	for i := int64(0); i <= 8; i++ {
		cut := synced + (info.Size()-synced)*i/8
		lost := filepath.Join(dir, fmt.Sprintf("lost%d.db", i))
		copyFile(t, path, lost, -1)
		copyFile(t, path+"-wal", lost+"-wal", cut)
		func() {
			after, err := Open(t.Context(), Options{Path: lost, Clock: newClock(testTime).now})
			if err != nil {
				t.Fatal(err)
			}
			defer after.Close()
			want := 3
			if i == 8 {
				want = 4
			}
			if last := checkPages(t, after, want); last != want {
				t.Errorf("with %d of %d bytes of the WAL: page %d, want %d", cut, info.Size(), last, want)
			}
		}()
	}
}
