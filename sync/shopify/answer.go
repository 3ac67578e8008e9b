package shopify

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
)

// bucket is the store's limit as it said it last: points that flow back every second.
type bucket struct {
	most, left, rate float64
	at               time.Time
}

// wait is how long it takes until so many points are there.
func (b bucket) wait(points float64, now time.Time) time.Duration {
	if b.rate <= 0 {
		return 0
	}
	left := min(b.most, b.left+b.rate*max(0, now.Sub(b.at).Seconds()))
	if points = min(points, b.most); points <= left { // what is more than it ever holds is refused at once
		return 0
	}
	return time.Duration((points-left)/b.rate*float64(time.Second)) + time.Millisecond
}

// answer is what came back.
type answer struct {
	*httpx.Answer
	cost   float64  // points that were asked for
	denied []string // fields that the key may not see; they are null
}

// errTooDear is the cause where a question costs more than is ever given.
var errTooDear = errors.New("the question costs more than the store allows")

// errNothingDone is the cause where the store's own word is that it has not done what was asked for.
var errNothingDone = errors.New("the store's own answer")

// graphError is one entry of "errors".
type graphError struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

// envelope is every answer.
type envelope struct {
	Data       any             `json:"data"`   // a pointer to what is asked for
	Errors     json.RawMessage `json:"errors"` // a list; with a 4xx a text or an object
	Extensions struct {
		Cost *struct {
			Requested float64 `json:"requestedQueryCost"`
			Throttle  struct {
				Most float64 `json:"maximumAvailable"`
				Left float64 `json:"currentlyAvailable"`
				Rate float64 `json:"restoreRate"`
			} `json:"throttleStatus"`
		} `json:"cost"`
		Search []struct {
			Warnings []struct {
				Field   string `json:"field"`
				Message string `json:"message"`
			} `json:"warnings"`
		} `json:"search"`
	} `json:"extensions"`
}

// read finds errors in their three places: the status, the "errors", and (in mutate) the "userErrors".
func (p *Platform) read(a *httpx.Answer, out any) (*answer, error) {
	// What is asked for is read with the rest, at once; a pointer that stays nil tells that there is no data.
	data := reflect.New(reflect.TypeOf(out))
	e := envelope{Data: data.Interface()}
	bad := json.Unmarshal(a.Body, &e)
	list, words := problems(e.Errors)
	words = text.Limit(text.Clean(p.http.Redact(words)), 300)
	if a.Status != http.StatusOK {
		return nil, p.refused(a, words)
	}
	if bad != nil && words == "" {
		return nil, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an answer that cannot be read", Err: bad}
	}
	got := &answer{Answer: a}
	if c := e.Extensions.Cost; c != nil {
		got.cost = c.Requested
		p.mu.Lock()
		p.bucket = bucket{most: c.Throttle.Most, left: c.Throttle.Left, rate: c.Throttle.Rate, at: p.o.Clock()}
		p.mu.Unlock()
	}
	none := bad != nil || data.Elem().IsNil()
	if words != "" {
		if err := p.problem(got, list, words, none); err != nil {
			return got, err
		}
	}
	for _, s := range e.Extensions.Search {
		for _, w := range s.Warnings {
			return got, &sync.Error{
				Kind: sync.Broken, Text: fmt.Sprintf("%s reads our search in another way than it is meant: “%s” (%s)", p.http.Host(), clean(w.Message), clean(w.Field)),
				Hint: "This is a fault in Orderdeck; nothing was taken over",
			}
		}
	}
	if none {
		return got, sync.Errorf(sync.BadAnswer, "%s sent an answer without data", p.http.Host())
	}
	reflect.ValueOf(out).Elem().Set(data.Elem().Elem())
	return got, nil
}

// problems reads "errors", which is a list, a text or an object.
func problems(raw json.RawMessage) (list []graphError, words string) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, ""
	}
	if json.Unmarshal(raw, &list) == nil {
		if len(list) > 0 {
			words = list[0].Message
			if words == "" {
				words = "an error without words"
			}
		}
		return list, words
	}
	if json.Unmarshal(raw, &words) == nil {
		return nil, words
	}
	return nil, string(raw)
}

// problem makes an error of "errors". Fields that the key may not see are none as long as the rest came.
func (p *Platform) problem(a *answer, list []graphError, words string, none bool) error {
	denied := 0
	for _, g := range list {
		switch g.Extensions.Code {
		case "THROTTLED":
			return p.throttled(a)
		case "MAX_COST_EXCEEDED":
			return &sync.Error{Kind: sync.Refused, Text: fmt.Sprintf("%s says: “%s”", p.http.Host(), words), Err: fmt.Errorf("%w: %w", errTooDear, errNothingDone)}
		case "ACCESS_DENIED":
			denied++
			if n := len(g.Path); n > 0 {
				a.denied = append(a.denied, clean(fmt.Sprint(g.Path[n-1])))
			}
		case "", "INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE":
			if g.Extensions.Code != "" || !strings.Contains(g.Message, "nvalid") {
				return sync.Errorf(sync.Unavailable, "%s has a problem of its own: “%s”", p.http.Host(), words)
			}
		}
	}
	if denied > 0 && denied == len(list) {
		if !none {
			return nil
		}
		return &sync.Error{
			Kind: sync.Auth, Text: fmt.Sprintf("%s says: “%s”", p.http.Host(), words), Err: errNothingDone,
			Hint: "The app lacks a right; `orderdeck store test` says which it has",
		}
	}
	return &sync.Error{Kind: sync.Refused, Text: fmt.Sprintf("%s refuses: “%s”", p.http.Host(), words), Err: errNothingDone}
}

// throttled reads how long it takes until the bucket holds what was asked for. The store does not say it otherwise.
func (p *Platform) throttled(a *answer) error {
	p.mu.Lock()
	b := p.bucket
	p.mu.Unlock()
	if a.cost > b.most && b.most > 0 {
		return &sync.Error{Kind: sync.Refused, Text: p.http.Host() + " never gives as much at once as was asked for", Err: fmt.Errorf("%w: %w", errTooDear, errNothingDone)}
	}
	wait := time.Second
	if a.cost > 0 && b.rate > 0 {
		wait = max(b.wait(a.cost, b.at), 10*time.Millisecond)
	}
	return &sync.Error{
		Kind: sync.RateLimited, RetryAfter: wait, Err: errNothingDone,
		Text: fmt.Sprintf("%s wants nothing to be asked for %s", p.http.Host(), wait.Round(time.Millisecond)),
	}
}

// refused makes an error of a status.
func (p *Platform) refused(a *httpx.Answer, words string) error {
	status := fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	if words == "" {
		words = status
	}
	e := &sync.Error{Kind: sync.Refused, Text: fmt.Sprintf("%s refuses: “%s”", p.http.Host(), words), Err: errNothingDone}
	switch a.Status {
	case http.StatusUnauthorized:
		e.Kind, e.Text = sync.Auth, fmt.Sprintf("%s says: “%s”", p.http.Host(), words)
		e.Hint = "Check the token, and that the app is still installed in the store"
		if p.clientID != "" {
			e.Hint = "Check the client id and the secret, and that the app is still installed in the store"
		}
	case http.StatusForbidden:
		e.Kind, e.Text, e.Hint = sync.Auth, fmt.Sprintf("%s says: “%s”", p.http.Host(), words), "The app lacks a right, or the store does not let it in"
	case http.StatusPaymentRequired:
		e.Kind, e.Text, e.Hint = sync.Auth, fmt.Sprintf("%s is frozen: “%s”", p.http.Host(), words), "Shopify wants a bill to be paid first"
	case http.StatusNotFound:
		e.Text, e.Hint = "there is no Shopify store at "+p.http.Host()+" (404 Not Found)", "Give the address that ends in .myshopify.com"
	case http.StatusLocked:
		e.Kind, e.RetryAfter = sync.RateLimited, time.Minute
		e.Text = fmt.Sprintf("%s is locked for now: “%s”", p.http.Host(), words)
		e.Err = nil
	}
	return e
}

// said is the store's part of an error: its text without our advice.
func said(err error) string {
	var e *sync.Error
	if errors.As(err, &e) {
		return e.Text
	}
	return err.Error()
}
