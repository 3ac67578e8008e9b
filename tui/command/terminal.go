package command

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// file is what a stream has to be for the terminal to be asked about it.
type file interface{ Fd() uintptr }

func isTerminal(stream any) bool {
	f, ok := stream.(file)
	return ok && term.IsTerminal(int(f.Fd()))
}

// interactive tells whether somebody can be asked: input and error are a terminal (output may go elsewhere).
func (s *session) interactive() bool { return isTerminal(s.in) && isTerminal(s.err) }

// width is how many cells a line of the terminal has, 0 when output is none.
func (s *session) width() int {
	f, ok := s.out.(file)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil || w < 20 {
		return 80
	}
	return w
}

// bold puts a heading in bold where that means something.
func bold(w io.Writer, text string) string {
	if !isTerminal(w) || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return text
	}
	return "\x1b[1m" + text + "\x1b[m"
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// errNoAnswer is the answer to a question that somebody turned away from (Ctrl+D).
var errNoAnswer = usage("the question was left without an answer, so nothing was changed")

// errNobody is the answer to a question when there is nobody to answer it.
var errNobody = errors.New("there is no terminal to ask on")

// ask writes a question and reads one line; an empty one gives the default. It ends with the context.
func (s *session) ask(ctx context.Context, question, byDefault string) (string, error) {
	if !s.interactive() {
		return "", errNobody
	}
	if byDefault != "" {
		question += " [" + byDefault + "]"
	}
	fmt.Fprintf(s.err, "%s: ", question)
	line, err := s.line(ctx)
	if errors.Is(err, io.EOF) {
		fmt.Fprintln(s.err)
		return "", errNoAnswer
	}
	if err != nil {
		return "", err
	}
	if line = strings.TrimSpace(line); line == "" {
		return byDefault, nil
	}
	return line, nil
}

// askHidden reads one line that does not show.
func (s *session) askHidden(ctx context.Context, question string) (string, error) {
	f, ok := s.in.(file)
	if !ok || !s.interactive() {
		return "", errNobody
	}
	fd := int(f.Fd())
	// Not term.ReadPassword: it takes no notice of Ctrl+D, and leaves the echo off when it is interrupted.
	before, err := term.MakeRaw(fd)
	if err != nil {
		return "", fmt.Errorf("the terminal cannot hide what is typed: %w", err)
	}
	defer func() {
		_ = term.Restore(fd, before)
		fmt.Fprintln(s.err)
	}()
	fmt.Fprintf(s.err, "%s: ", question)
	type answer struct {
		text string
		err  error
	}
	ch := make(chan answer, 1)
	go func() {
		from := s.in
		if s.lines != nil { // it may have read ahead what was pasted
			from = s.lines
		}
		text, err := hiddenLine(from)
		ch <- answer{text, err}
	}()
	select {
	case a := <-ch:
		return a.text, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// hiddenLine reads what is typed in a terminal that hands over every key, up to the end of the line.
func hiddenLine(r io.Reader) (string, error) {
	var line []byte
	var key [1]byte
	for {
		if _, err := io.ReadFull(r, key[:]); err != nil {
			return "", errNoAnswer
		}
		switch c := key[0]; {
		case c == '\r' || c == '\n':
			return string(line), nil
		case c == 'C'-'@':
			return "", silent(ExitSIGINT)
		case c == 'D'-'@' && len(line) == 0:
			return "", errNoAnswer
		case c == 'U'-'@':
			line = line[:0]
		case (c == 'H'-'@' || c == 0x7f) && len(line) > 0:
			line = line[:len(line)-1]
		case c >= ' ' && c != 0x7f:
			line = append(line, c)
		}
	}
}

func (s *session) line(ctx context.Context) (string, error) {
	type answer struct {
		text string
		err  error
	}
	ch := make(chan answer, 1)
	go func() {
		if s.lines == nil {
			s.lines = bufio.NewReader(s.in)
		}
		text, err := s.lines.ReadString('\n')
		ch <- answer{text, err}
	}()
	select {
	case a := <-ch:
		return a.text, a.err
	case <-ctx.Done():
		fmt.Fprintln(s.err)
		return "", ctx.Err()
	}
}

// confirm asks a question that is answered with yes or no.
func (s *session) confirm(ctx context.Context, question string) (bool, error) {
	answer, err := s.ask(ctx, question+" (yes/no)", "no")
	return strings.EqualFold(answer, "yes") || strings.EqualFold(answer, "y"), err
}
