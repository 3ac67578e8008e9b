package sync

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of failure an Error is, and with it what the engine does.
type Kind string

// The values of Kind.
const (
	// Auth: the store does not let us in. The shop stops at once, and until it is asked for again.
	Auth Kind = "auth"
	// Refused: the store understood and said no, or the answer is not one of this platform. The run ends.
	Refused Kind = "refused"
	// RateLimited: too much was asked for. Tried again after RetryAfter.
	RateLimited Kind = "rate_limited"
	// Unavailable: the store answers that it cannot answer now (5xx, a maintenance page). Tried again.
	Unavailable Kind = "unavailable"
	// Network: no answer, or only a part of one. Tried again.
	Network Kind = "network"
	// BadAnswer: an answer that cannot be read, or that is not what was asked for. Tried again, a few times.
	BadAnswer Kind = "bad_answer"
	// Broken: the connector itself failed. The run ends.
	Broken Kind = "broken"
)

// Retryable tells whether asking again may help.
func (k Kind) Retryable() bool {
	switch k {
	case RateLimited, Unavailable, Network, BadAnswer:
		return true
	}
	return false
}

// Error is a failure of the traffic with the outside, in a sentence for a merchant.
type Error struct {
	Kind       Kind
	Text       string        // what was refused and why, in the store's own words where it has some; no secrets
	Hint       string        // what to do next; may be empty
	RetryAfter time.Duration // how long the other side asks us to wait; 0 = it did not say
	Err        error         // the cause for a developer; may be nil; no secrets either
}

// Wait is RetryAfter, for those that do not know this package.
func (e *Error) Wait() time.Duration { return e.RetryAfter }

// Error is the sentence for a merchant, with what to do next.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Text
	}
	return e.Text + ". " + e.Hint
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error whose text is formatted.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// KindOf is the Kind of an error of the traffic, "" for other errors and for nil.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// stopped tells whether an error only says that we were told to stop.
func stopped(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		KindOf(err) == Network)
}
