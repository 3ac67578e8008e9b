package command

import (
	"context"
	"errors"
	"fmt"
)

// The exit codes of every command; they are in the help and in the man page.
const (
	ExitOK      = 0
	ExitFailed  = 1 // what was asked for could not be done
	ExitUsage   = 2 // what was asked for makes no sense: a wrong flag, filter, date, name or setting
	ExitPartial = 3 // some of it was done: one of several stores failed
	ExitSIGINT  = 130
	ExitSIGTERM = 143
)

// coded is an error with an exit code of its own.
type coded struct {
	code int
	err  error
}

func (c *coded) Error() string { return c.err.Error() }
func (c *coded) Unwrap() error { return c.err }

// usage is an error of the one who typed.
func usage(format string, args ...any) error { return &coded{ExitUsage, fmt.Errorf(format, args...)} }

// silent ends a command with a code after it has said itself what there is to say.
func silent(code int) error { return &coded{code, errQuiet} }

var errQuiet = errors.New("")

// interrupted is the cause of a context that ended because of a signal.
type interrupted struct{ code int }

func (i *interrupted) Error() string { return "stopped" }

// exitCode is the code of what a command came to, and whether there is a sentence to be shown for it.
func exitCode(ctx context.Context, err error) (code int, show bool) {
	if err == nil {
		return ExitOK, false
	}
	var stop *interrupted
	if errors.As(context.Cause(ctx), &stop) && (errors.Is(err, context.Canceled) || errors.As(err, &stop)) {
		return stop.code, false
	}
	var c *coded
	if errors.As(err, &c) {
		return c.code, !errors.Is(err, errQuiet)
	}
	return ExitFailed, true
}
