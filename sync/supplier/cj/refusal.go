package cj

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// Errors that tell how the connection stands.
var (
	// ErrPoints: the points of the day are used up. Products and quotes must wait; orders cost none.
	ErrPoints = errors.New("CJ's points are used up")
	// ErrSuspended: CJ has switched the API off for this account, as it does after 30 days without an order. Only the
	// merchant can switch it on again, on CJ's site.
	ErrSuspended = errors.New("CJ's API is switched off for this account")
)

// RefusalError is CJ's own word, decoded: whatever was asked for was not done, unless its class says otherwise.
type RefusalError struct {
	Code      int64
	Words     string // CJ's, cleaned; nothing is decided by them
	RequestID string
}

// Error is CJ's sentence with its code.
func (r *RefusalError) Error() string {
	words := cmp.Or(r.Words, "no reason given")
	return fmt.Sprintf("CJ says “%s” (%d)", words, r.Code)
}

// Codes of developers.cjdropshipping.com/en/api/api2/standard/ps-code.html.
const (
	codeOK             = 200
	codeBusy           = 1600000
	codeBadToken       = 1600001
	codeNoToken        = 1600002
	codeBadRefresh     = 1600003
	codeAccountFirst   = 1600004 // up to codeAccountLast: the key or the account
	codeAccountLast    = 1600008
	codeTokenGone      = 1600030
	codePlatformToken  = 1600031
	codeParameter      = 1600100
	codeTooFast        = 1600200
	codeQuota          = 1600201
	codeNotFound       = 1600300
	codeUser           = 1601000
	codeProduct        = 1602001
	codeVariant        = 1602002
	codeVariantRemoved = 1602003
	codeCreateFailed   = 1603000
	codeConfirmFailed  = 1603001
	codeOrderExists    = 1603003
	codeBalance        = 1604000
	codePoints         = 16900500
)

// class is what a refusal means for what was asked.
type class int

const (
	refused  class = iota // it was not done
	busy                  // CJ could not say; it may have been done
	tooFast               // as busy
	noPoints              // as busy
	badToken              // we were not let in
	badKey                // the same, and a new token does not help
	exists                // our reference is taken
	gone                  // there is no such thing
)

func (r *RefusalError) class() class {
	switch {
	case r.Code == codeBusy:
		return busy
	case r.Code == codeTooFast, r.Code == codeQuota:
		return tooFast
	case r.Code == codePoints:
		return noPoints
	case r.Code == codeBadToken, r.Code == codeNoToken, r.Code == codeTokenGone:
		return badToken
	case r.Code == codeBadRefresh, r.Code == codePlatformToken, r.Code == codeUser,
		r.Code >= codeAccountFirst && r.Code <= codeAccountLast:
		return badKey
	case r.Code == codeOrderExists:
		return exists
	case r.Code == codeNotFound, r.Code == codeProduct, r.Code == codeVariant, r.Code == codeVariantRemoved:
		return gone
	}
	return refused
}

// refusal makes an error of CJ's word. cause is what came with it, if anything did.
func (s *Supplier) refusal(e *envelope, cause error) error {
	r := &RefusalError{Code: e.code, Words: s.words(e.message), RequestID: e.requestID}
	out := &sync.Error{Kind: sync.Refused, Text: r.Error(), Err: r, RetryAfter: asked(cause)}
	switch r.class() {
	case busy:
		out.Kind, out.RetryAfter = sync.Unavailable, max(out.RetryAfter, 5*time.Second)
	case tooFast:
		out.Kind = sync.RateLimited
		wait := 2 * time.Second
		if r.Code == codeQuota {
			wait = 10 * time.Minute
		}
		out.RetryAfter = max(out.RetryAfter, wait)
	case noPoints:
		return s.outOfPoints(errors.Join(r, cause), 0)
	case badToken, badKey:
		out.Kind = sync.Auth
		out.Hint = "Check the API key on CJ's API page. CJ switches the API off after 30 days without an order; it is switched on again there"
		if switchedOff(r.Words) { // the same advice, but it has a name
			out.Text = "CJ has switched the API off for this account: “" + r.Words + "”"
			out.Hint = "CJ does that after 30 days without an order. Switch it on again on CJ's API page"
			out.Err = errors.Join(ErrSuspended, r)
		}
	case refused, exists, gone:
	}
	return out
}

func switchedOff(words string) bool {
	w := strings.ToLower(words)
	for _, sign := range []string{"suspend", "inactiv", "deactivat", "disabled"} {
		if strings.Contains(w, sign) {
			return true
		}
	}
	return false
}

// words makes CJ's words harmless, and takes every secret out of them.
func (s *Supplier) words(message string) string {
	message = s.http.Redact(message)
	if s.login != nil {
		for _, secret := range []string{s.login.Access, s.login.Refresh} {
			if len(secret) >= 4 {
				message = strings.ReplaceAll(message, secret, "•••")
			}
		}
	}
	return text.Limit(text.Clean(message), 300)
}

// fate says of the error of a request that changes something what the outbox needs to know: whether it may have
// happened after all. Being turned away by something on the way (429, 5xx) is no word of CJ's and leaves that open.
func fate(err error) error {
	if err == nil {
		return nil
	}
	var r *RefusalError
	is := func(kind error) error { return fmt.Errorf("%w: %w", kind, err) }
	switch {
	case errors.Is(err, httpx.ErrNotSent):
		return is(outbox.ErrNotSent)
	case !errors.As(err, &r):
		return err
	}
	switch r.class() {
	case busy, tooFast, noPoints:
		return err
	case badToken, badKey: // turned away at the door; it can be sent again once we are let in
		return is(outbox.ErrNotSent)
	case exists:
		return is(outbox.ErrExists)
	}
	return is(outbox.ErrRejected)
}
