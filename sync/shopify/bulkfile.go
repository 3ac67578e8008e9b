package shopify

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
)

const (
	filePart = 16 << 20 // of the file with each question
	fileLine = 8 << 20  // the longest line; an order of 5,000 tags and notes has some 100 KB
	fileRows = 2_000    // lines in one transaction, or
	fileKeep = 2 << 20  // as many bytes
)

// badFileError says why a file is of no use.
type badFileError struct {
	why  string
	gone bool // another operation may have a better one
}

func (b *badFileError) Error() string { return b.why }

// fetch reads a part of the operation's file into the spool, from where that stands. Where the file's host gives no parts,
// it is read to its end at once. An error leaves in the spool what has come until then.
func (p *Platform) fetch(ctx context.Context, o *operation, st *spoolState, spool sync.Spool) error {
	f, err := httpx.OpenFile(ctx, o.URL, st.At, st.At+p.filePart-1, httpx.FileOptions{
		UserAgent: p.agent, Private: p.local, Transport: p.o.Transport, Clock: p.o.Clock,
	})
	if err != nil {
		if sync.KindOf(err) == sync.Refused {
			return &badFileError{why: said(err)}
		}
		return err
	}
	defer func() { _ = f.Close() }() // reading from it says what is wrong
	if f.Size < 0 && o.Size != nil {
		f.Size = int64(*o.Size)
	}
	switch {
	case f.Status == http.StatusRequestedRangeNotSatisfiable && st.At > 0 && (st.At == st.Size || st.Size < 0):
		return p.keep(ctx, st, nil, true, spool)
	case f.Status == http.StatusRequestedRangeNotSatisfiable && st.At == 0 && o.Size != nil && *o.Size == 0:
		return p.keep(ctx, st, nil, true, spool) // nothing is in it
	case f.Status != http.StatusOK && f.Status != http.StatusPartialContent && f.Status != http.StatusRequestedRangeNotSatisfiable:
		return &badFileError{why: "its file is not there any more", gone: true}
	case f.Status == http.StatusRequestedRangeNotSatisfiable, f.Status == http.StatusPartialContent && f.From != st.At,
		st.At > 0 && (f.Tag != st.Tag || f.Size != st.Size):
		if err := spool.Clear(ctx); err != nil { // another file than before: once more from its beginning
			return err
		}
		return sync.Errorf(sync.BadAnswer, "the file of the store's export is not the one that it was; it is read again")
	case f.Status == http.StatusOK && st.At > 0:
		if _, err := io.CopyN(io.Discard, f, st.At); err != nil {
			return whyCut(err)
		}
	}
	st.Size, st.Tag = f.Size, f.Tag
	return p.lines(ctx, f, f.Status == http.StatusPartialContent, st, spool)
}

// whyCut makes an end that comes too early an error that is asked again for.
func whyCut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return sync.Errorf(sync.Network, "the file of the store's export was cut off")
	}
	return err
}

// lines reads line after line into the spool. A line that is not whole is read again with the next part.
func (p *Platform) lines(ctx context.Context, from io.Reader, part bool, st *spoolState, spool sync.Spool) error {
	r := bufio.NewReaderSize(from, 256<<10)
	begin, kept := st.At, 0
	var rows []store.SpoolRow
	for {
		line, err := readLine(r)
		end := errors.Is(err, io.EOF)
		whole := err == nil || end && len(line) > 0 && (st.At+int64(len(line)) == st.Size || st.Size < 0 && !part)
		if whole {
			row, bad := rowOf(line, st.At)
			if bad != nil {
				return bad
			}
			st.At += int64(len(line))
			if row.ID != "" && row.Parent == "" {
				st.Orders++
			}
			if row.ID != "" {
				rows, kept = append(rows, row), kept+len(row.Data)
			}
		}
		done := err != nil && (st.At == st.Size || end && st.Size < 0 && !part)
		if len(rows) >= fileRows || kept >= fileKeep || err != nil {
			if e := p.keep(ctx, st, rows, done, spool); e != nil {
				return e
			}
			rows, kept = nil, 0
		}
		var bad *badFileError
		switch {
		case done, err != nil && st.At > begin && !errors.As(err, &bad): // it has come further: the rest comes with the next question
			return nil
		case err != nil:
			return whyCut(err)
		}
	}
}

func (p *Platform) keep(ctx context.Context, st *spoolState, rows []store.SpoolRow, done bool, spool sync.Spool) error {
	st.Whole = done
	return spool.Add(ctx, rows, encode(st))
}

// readLine reads a line with its end. At the end of the file, io.EOF comes with what is left.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		more, err := r.ReadSlice('\n')
		line = append(line, more...)
		if len(line) > fileLine {
			return nil, &badFileError{why: "a line of its file has no end"}
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// rowOf tells what a line is: an order, or a line of one. Others are passed over, and have no id then.
func rowOf(line []byte, at int64) (store.SpoolRow, error) {
	var head struct {
		ID     string `json:"id"`
		Parent string `json:"__parentId"`
	}
	row := store.SpoolRow{At: at + 1, Data: line} // places begin with 1, so that 0 is before all of them
	if strings.TrimSpace(string(line[:min(len(line), 8)])) == "" {
		return store.SpoolRow{}, nil
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return row, &badFileError{why: "a line of its file cannot be read", gone: true}
	}
	order := strings.HasPrefix(head.ID, "gid://shopify/Order/") && head.Parent == ""
	part := strings.HasPrefix(head.ID, "gid://shopify/LineItem/") && strings.HasPrefix(head.Parent, "gid://shopify/Order/")
	if !order && !part {
		return store.SpoolRow{}, nil
	}
	row.ID, row.Parent = head.ID, head.Parent
	return row, nil
}

// local tells whether a store is on this machine, as a stand-in for one is.
func local(address string) bool {
	u, err := url.Parse(address)
	return err == nil && httpx.Loopback(u.Hostname())
}
