package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
)

const (
	// quotesWaiting is how many requests for prices wait in the lanes before the database is asked for more: what is asked
	// for last is on a screen, and should not stand behind what no longer is.
	quotesWaiting = 64
	// pollAtOnce is how many orders of a supplier are looked at in one call.
	pollAtOnce = 50
	// restAfter is how long a supplier that failed to answer is not asked for what can wait.
	restAfter = 20 * time.Second
	// autoEvery is how often the automatic checkout looks for what it may buy, and autoAtOnce how many orders it looks at.
	autoEvery  = 20 * time.Second
	autoAtOnce = 50
)

// desk hands requests for prices to the lanes and starts what is checked out by itself.
func (w *Worker) desk(ctx context.Context) (did bool, err error) {
	waiting := 0
	for _, l := range w.lanes {
		waiting += l.waiting()
	}
	if waiting < quotesWaiting {
		reqs, err := w.o.DB.TakeQuoteRequests(ctx, quotesWaiting)
		if err != nil {
			return false, err
		}
		did = len(reqs) > 0
		for _, l := range w.lanes {
			l.want(reqs)
		}
	}
	bought, err := w.automatic(ctx)
	return did || bought, err
}

func (l *lane) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.quotes)
}

// want takes those of some requests that are for this lane. They come before the ones that wait already.
func (l *lane) want(reqs []store.QuoteRequest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, q := range slices.Backward(reqs) {
		if l.supplier == nil || q.Supplier != l.name {
			continue
		}
		l.quotes = slices.DeleteFunc(l.quotes, func(o store.QuoteRequest) bool { return o.Basket == q.Basket })
		l.quotes = append(l.quotes, q)
	}
}

// quote answers at most n requests for prices.
func (l *lane) quote(ctx context.Context, n int) (did bool, err error) {
	for range n {
		if err := ctx.Err(); err != nil {
			return did, err
		}
		q, ok := l.nextQuote()
		if !ok {
			return did, nil
		}
		did = true
		if q.Basket == "" {
			err = l.account(ctx)
		} else {
			err = l.price(ctx, q)
		}
		if err != nil {
			return did, err
		}
	}
	return did, nil
}

func (l *lane) nextQuote() (q store.QuoteRequest, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.quotes)
	if n == 0 || l.now().Before(l.rest) {
		return q, false
	}
	q = l.quotes[n-1]
	l.quotes = l.quotes[:n-1]
	return q, true
}

// price asks what a basket costs and keeps the answer; why there is none is an answer as well.
func (l *lane) price(ctx context.Context, q store.QuoteRequest) error {
	var quote checkout.Quote
	err := l.ask(ctx, func(ctx context.Context) (err error) {
		quote, err = l.supplier.Quote(ctx, QuoteReq{Basket: q.Basket, Items: q.Items, Address: q.Address, Amount: q.Amount})
		return err
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		if l.tired(err) { // it was asked too much: the same again, later
			l.want([]store.QuoteRequest{q})
			return nil
		}
		quote = checkout.Quote{Error: words(err)}
	}
	quote.Supplier, quote.Basket, quote.Error = q.Supplier, q.Basket, text.Clean(quote.Error)
	if quote.At.IsZero() {
		quote.At = l.now()
	}
	return l.w.o.DB.SaveQuote(ctx, quote)
}

// account asks for the ways of paying and the balance.
func (l *lane) account(ctx context.Context) error {
	var a checkout.Account
	err := l.ask(ctx, func(ctx context.Context) (err error) {
		a, err = l.supplier.Account(ctx)
		return err
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		l.tired(err)
		l.w.log.Warn("the account at a supplier could not be read", "supplier", l.name, "err", words(err))
		return nil
	}
	a.Supplier = l.name
	if a.At.IsZero() {
		a.At = l.now()
	}
	return l.w.o.DB.SaveAccount(ctx, a)
}

// tired notes that a supplier wants to be left alone for a while, and tells whether it does.
func (l *lane) tired(err error) bool {
	wait := asked(err)
	if wait <= 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = l.now().Add(wait)
	return true
}

// poll looks how far the orders at the supplier are.
func (l *lane) poll(ctx context.Context) (did bool, err error) {
	if l.supplier == nil || l.now().Before(l.pollAt) {
		return false, nil
	}
	if l.stale { // payments have been made: the balance that is shown is no longer right
		l.stale = false
		if err := l.account(ctx); err != nil {
			return false, err
		}
	}
	due, err := l.w.o.DB.DuePolls(ctx, l.name, pollAtOnce)
	if err != nil || len(due) == 0 {
		return false, err
	}
	numbers := make([]string, 0, len(due))
	for i := range due {
		numbers = append(numbers, due[i].SupplierNo)
	}
	seen, err := l.track(ctx, numbers)
	if err != nil {
		if ctx.Err() == nil {
			l.w.log.Warn("orders at a supplier could not be looked at", "supplier", l.name, "err", words(err))
		}
		l.pollAt = l.now().Add(max(restAfter, asked(err)))
		return false, ctx.Err()
	}
	now := l.now()
	for i := range due {
		due[i] = tracked(due[i], seen, settle(l.supplier.Caps()), now)
	}
	set, _ := l.w.supplierOf(l.name)
	_, err = l.w.o.DB.ApplyTracked(ctx, l.name, due, l.every, store.TellRule{Store: set.TellStore, Notify: set.NotifyCustomer})
	return err == nil, err
}

// track reads orders by their numbers, with those that they were split into.
func (l *lane) track(ctx context.Context, numbers []string) (seen []Order, err error) {
	for len(numbers) > 0 {
		n := min(len(numbers), pollAtOnce)
		var page []Order
		if err := l.ask(ctx, func(ctx context.Context) (err error) {
			page, err = l.supplier.Track(ctx, numbers[:n])
			return err
		}); err != nil {
			return nil, err
		}
		numbers = numbers[n:]
		seen = append(seen, page...)
		for i := range page {
			for _, part := range page[i].Split {
				if !slices.ContainsFunc(seen, func(o Order) bool { return o.Number == part }) && !slices.Contains(numbers, part) {
					numbers = append(slices.Clip(numbers), part)
				}
			}
		}
		if len(seen) > 100*pollAtOnce {
			return nil, errors.New("the supplier names ever more orders")
		}
	}
	return seen, nil
}

// every is how long an order may go without being looked at.
func (l *lane) every(s order.PlacementState) time.Duration {
	every := l.supplier.Caps().Every
	if every <= 0 {
		every = 30 * time.Minute
	}
	switch s {
	case order.PlacementShipped:
		return 4 * every
	case order.PlacementDelivered, order.PlacementCancelled:
		return 0
	}
	return every
}

// automatic buys what passes every guard at the suppliers whose mode is auto, within their caps.
func (w *Worker) automatic(ctx context.Context) (bought bool, err error) {
	w.auto.Lock()
	defer w.auto.Unlock()
	if w.clock.Now().Before(w.next) {
		return false, nil
	}
	w.next = w.clock.Now().Add(autoEvery)
	s := w.o.Settings()
	names, err := w.automatics(ctx, s)
	if err != nil {
		return false, err
	}
	if len(names) == 0 {
		return false, nil
	}
	ids, err := w.o.DB.AutoParts(ctx, names, autoAtOnce)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	inputs, err := w.o.DB.CheckoutInputs(ctx, ids, s)
	if err != nil {
		return false, err
	}
	parts, ask := ready(inputs, names, s)
	if err := w.o.DB.RequestQuotes(ctx, ask); err != nil {
		return false, err
	}
	if len(parts) == 0 {
		return len(ask) > 0, nil
	}
	done, err := w.o.DB.Commit(ctx, "auto", parts, s)
	taken := slices.ContainsFunc(done, func(c store.Committed) bool { return c.Reference != "" })
	if taken {
		w.log.Info("bought without being asked", "orders", len(parts), "suppliers", fmt.Sprint(names))
		w.next = time.Time{} // there may be more
	}
	return taken, err
}

// automatics names the suppliers at which may be bought by itself now: those that the merchant has set to it, with a cap,
// that have not stopped, and of which every payment is settled.
func (w *Worker) automatics(ctx context.Context, s checkout.Settings) (names []string, err error) {
	for _, l := range w.lanes {
		i := slices.IndexFunc(s.Suppliers, func(c checkout.Supplier) bool { return l.supplier != nil && c.Name == l.name })
		if i < 0 || s.Suppliers[i].Mode != checkout.ModeAuto || s.Suppliers[i].Cap == nil {
			continue
		}
		why, err := w.o.DB.AutoPaused(ctx, l.name)
		if err != nil {
			return nil, err
		}
		if why == "" {
			names = append(names, l.name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	open, err := w.Open(ctx)
	if err != nil {
		return nil, err
	}
	for i := range open {
		if e := &open[i]; e.State == store.EffectUnknown && !e.Kind.ToStore() {
			names = slices.DeleteFunc(names, func(n string) bool { return n == e.Supplier })
		}
	}
	return names, nil
}

// ready chooses what may be bought without being asked, and what is to be asked for before that is known. An order for
// which something was bought before is a person's business: why it is for sale again may be a long story.
func ready(inputs []checkout.Input, suppliers []string, s checkout.Settings) (parts []store.CommitPart, ask []store.QuoteRequest) {
	accounts := map[string]bool{}
	for i := range inputs {
		in := &inputs[i]
		e := checkout.Make(*in, s)
		if !slices.Contains(suppliers, e.Key.Supplier) ||
			slices.ContainsFunc(in.Facts.Placements, func(p order.Placement) bool { return p.Own && p.Supplier == e.Key.Supplier }) {
			continue
		}
		if e.Ready() {
			parts = append(parts, store.CommitPart{Key: e.Key, Total: e.Total, Choice: in.Choice})
			continue
		}
		for _, b := range e.Blockers {
			switch {
			case b.Code == checkout.BlockQuote && e.Basket != "" && (in.Quote == nil || in.Quote.Error == "" || in.Now.Sub(in.Quote.At) > time.Hour):
				ask = append(ask, store.QuoteRequest{Supplier: e.Key.Supplier, Basket: e.Basket, Items: e.Items, Address: e.Address, Amount: e.Amount})
			case b.Code == checkout.BlockPayWith && in.Account == nil && !accounts[e.Key.Supplier]:
				accounts[e.Key.Supplier] = true
				ask = append(ask, store.QuoteRequest{Supplier: e.Key.Supplier})
			}
		}
	}
	return parts, ask
}
