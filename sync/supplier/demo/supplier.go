// Package demo is a supplier that lives in the program: with a catalogue, freight, a wallet, and everything that goes
// wrong with suppliers, so that a merchant can try all of it without money. It is the supplier of the demo's stores,
// and can be added to a real one.
//
// # What happens when
//
// What becomes of an order follows from how many were made before it, not from chance. The first three go as they
// should. Then, one each: a payment that is refused at first; two parcels; an answer that is lost after the order was
// made; a price that rises between making and paying; an answer that takes seconds; an answer that is lost after the
// payment; a state that nobody has heard of; an ordinary one; one that the supplier cancels after it was paid, and pays
// back; one that leaves later than promised. After them one order in four is remarkable.
//
// A paid order is taken up after about 5 seconds, leaves after about 20, and arrives after about a minute; the second
// parcel of a split one follows half a minute after the first. A late one leaves the day after its promise.
//
// The wallet is full again every morning (UTC). The books are a file of JSON lines that survives a kill at any instant;
// each order that was answered for is in it. They hold 20,000 orders, and let go of those that are over and two months
// old when they need room. A supplier without a file forgets its orders with the process.
package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	gosync "sync"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/internal/journal"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// Kind is the supplier's kind in the settings.
const Kind = "demo"

// NoteMax is how long an instruction may be, in characters.
const NoteMax = 500

// page is how many products a page of the catalogue has.
const page = 50

// Options say which demo supplier it is.
type Options struct {
	Name  string           // as in the settings; "lumen", "minas", "kite" (or their titles) choose the house, another name is a Lumen
	Title string           // for people; "" = Name
	Clock func() time.Time // nil = the machine's
	// Path is the file that the books are kept in; "" = in memory only.
	Path string
	// Epoch ties the file to a world: one of another epoch is begun anew.
	Epoch string
	// Products is the catalogue; nil = a general one.
	Products []checkout.Product
	// Taken is told of the lines that orders are made for, by order.Line.ExternalID, also of those that were made before
	// the program started. It is called while the supplier is at work and must not ask it anything.
	Taken func(lines []string, at time.Time)
	// Wait passes the time of slow answers; nil = it really passes.
	Wait func(ctx context.Context, d time.Duration)
}

// Supplier is a demo supplier. Its methods may be called from any goroutine.
type Supplier struct {
	o        Options
	house    *House
	products []checkout.Product
	bySKU    map[string]*checkout.Product

	mu    gosync.Mutex
	books books
	told  int // orders that Taken has been told of
}

var _ outbox.Supplier = (*Supplier)(nil)

// New makes a supplier. Nothing is read before it is asked something.
func New(o Options) *Supplier {
	s := &Supplier{o: o, house: houseOf(o.Name), products: o.Products, bySKU: map[string]*checkout.Product{}}
	if s.o.Clock == nil {
		s.o.Clock = time.Now
	}
	if s.o.Wait == nil {
		s.o.Wait = wait
	}
	if s.products == nil {
		s.products = s.house.catalogue()
	}
	for i := range s.products {
		s.bySKU[s.products[i].SKU] = &s.products[i]
	}
	s.books.log = journal.New(o.Path, "demo supplier", o.Epoch)
	s.books.forget()
	return s
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Name is that of the settings.
func (s *Supplier) Name() string { return s.o.Name }

// House is what the supplier is like.
func (s *Supplier) House() *House { return s.house }

// Caps says what it can do.
func (s *Supplier) Caps() outbox.Caps {
	return outbox.Caps{
		Kind: Kind, Title: "Demo", Currency: s.house.Currency, SplitPay: true, FindIsProof: true, ServerDedupe: true, SettleAfter: 3 * time.Second,
		Whole: true, CanCancel: true, NoteMax: NoteMax, Every: 5 * time.Second, Timeout: 20 * time.Second, Limit: "none",
	}
}

// Setting is what a merchant would set for it.
func (s *Supplier) Setting() checkout.Supplier {
	return checkout.Supplier{
		Name: s.o.Name, Kind: Kind, Title: s.o.named(), Currency: s.house.Currency, Mode: checkout.ModeManual, NoteMax: NoteMax,
		BrandedInvoice: &s.house.Branded, ReturnDays: 30, ProcessingDays: s.house.Promise, TellStore: true, NotifyCustomer: true,
	}
}

// Refresh reads what another process has written since.
func (s *Supplier) Refresh() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refresh()
}

func (s *Supplier) refresh() error {
	err := s.books.log.Refresh(func() { s.books.forget(); s.told = 0 }, s.books.apply)
	s.tell()
	return err
}

// tell says which lines have been taken since.
func (s *Supplier) tell() {
	for ; s.told < len(s.books.list); s.told++ {
		if s.o.Taken == nil {
			continue
		}
		o := s.books.list[s.told]
		var lines []string
		for i := range o.Lines {
			lines = append(lines, o.Lines[i].Line)
		}
		s.o.Taken(lines, o.Made)
	}
}

// begin is what every call starts with: the books as they are on the disk, and the time.
func (s *Supplier) begin(ctx context.Context) (now time.Time, err error) {
	if err := ctx.Err(); err != nil {
		return now, outbox.NotSent(err)
	}
	if err := s.refresh(); err != nil {
		return now, outbox.NotSent(err)
	}
	return s.o.Clock().UTC(), nil
}

// Test says who we are there.
func (s *Supplier) Test(ctx context.Context) (outbox.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.begin(ctx)
	if err != nil {
		return outbox.Info{}, err
	}
	return outbox.Info{
		Title: s.house.Title, Account: "demo", Currency: s.house.Currency, Balance: s.balance(now).String(), Sandbox: true,
		Warnings: []string{"this supplier lives in the program: nothing is bought and nobody is charged"},
	}, nil
}

// Search looks in the catalogue, packaging and cards too.
func (s *Supplier) Search(ctx context.Context, query string, number int) (products []checkout.Product, more bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.begin(ctx)
	if err != nil {
		return nil, false, err
	}
	all := s.found(query)
	from := min(max(number, 0)*page, len(all))
	to := min(from+page, len(all))
	for _, p := range all[from:to] {
		products = append(products, s.stamped(p, now))
	}
	return products, to < len(all), nil
}

// Products is the whole catalogue, with the prices of now.
func (s *Supplier) Products() []checkout.Product {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Clock().UTC()
	out := make([]checkout.Product, 0, len(s.products))
	for i := range s.products {
		out = append(out, s.stamped(&s.products[i], now))
	}
	return out
}

// price is what a product costs now: what it says, and 6 % more for every rise since, of which there are at most three.
func (s *Supplier) price(p *checkout.Product) order.Money {
	c := p.Cost
	for range min(s.books.rise[p.SKU], 3) {
		c.Minor += (c.Minor*6 + 99) / 100
	}
	return c
}

// Quote prices a basket.
func (s *Supplier) Quote(ctx context.Context, q outbox.QuoteReq) (checkout.Quote, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.begin(ctx)
	if err != nil {
		return checkout.Quote{}, err
	}
	out := checkout.Quote{Supplier: s.o.Name, Basket: q.Basket, At: now}
	if q.Address.Country == "" {
		out.Error = "the address has no country"
		return out, nil
	}
	var lines []sold
	for i := range q.Items {
		it := &q.Items[i]
		p := s.bySKU[it.SKU]
		if p == nil || !p.CostKnown {
			out.Items = append(out.Items, checkout.QuotedItem{SKU: it.SKU, Quantity: it.Quantity, Gone: true})
			continue
		}
		lines = append(lines, sold{SKU: it.SKU, Quantity: it.Quantity, Unit: s.price(p)})
		out.Items = append(out.Items, checkout.QuotedItem{SKU: it.SKU, Quantity: it.Quantity, Unit: s.price(p), Stock: p.Stock})
	}
	goods, err := sum(lines)
	if err != nil {
		out.Error = "such quantities cannot be priced: " + err.Error()
		return out, nil
	}
	out.Methods = s.house.methods(q.Address, s.grams(lines), goods.Minor)
	least := int64(0)
	for i := range out.Methods {
		if m := &out.Methods[i]; m.Refused == "" && (least == 0 || m.Cost.Minor < least) {
			least = m.Cost.Minor
		}
	}
	// Fees depend on the freight a little; what is quoted is that of the cheapest method, and so are the fees in the end.
	out.Fees = order.New(s.house.Fees(goods.Minor, least), s.house.Currency)
	return out, nil
}

// grams is what lines weigh together.
func (s *Supplier) grams(lines []sold) int64 {
	var total float64
	for i := range lines {
		if p := s.bySKU[lines[i].SKU]; p != nil {
			total += p.WeightGrams * float64(lines[i].Quantity) / float64(order.Units(1))
		}
	}
	return int64(total)
}

// Account is the wallet, the card and the invoice.
func (s *Supplier) Account(ctx context.Context) (checkout.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.begin(ctx)
	if err != nil {
		return checkout.Account{}, err
	}
	balance, credit := s.balance(now), s.credit(now)
	methods := []checkout.PayMethod{
		{Code: "balance", Name: s.house.wallet, Kind: checkout.PayBalance, Available: &balance},
		{Code: "card", Name: s.house.card, Kind: checkout.PayCard},
		{Code: "invoice", Name: s.house.invoice, Kind: checkout.PayInvoice, Available: &credit},
	}
	return checkout.Account{Supplier: s.o.Name, Methods: methods, At: now}, nil
}

// balance is what is in the wallet, which is full again every morning.
func (s *Supplier) balance(now time.Time) order.Money {
	day := now.UTC().Truncate(24 * time.Hour)
	return s.left("balance", s.house.purse, day, now)
}

// credit is what may still be bought on invoice: what is older than 30 days has been paid.
func (s *Supplier) credit(now time.Time) order.Money {
	return s.left("invoice", s.house.credit, now.AddDate(0, 0, -30), now)
}

// left is what is left of an amount after what was paid in one way since.
func (s *Supplier) left(way string, all int64, since, now time.Time) order.Money {
	for _, o := range s.books.list {
		if o.PaidWith != way || o.Paid.Before(since) {
			continue
		}
		if t := o.times(); o.Fate == soldOut && !now.Before(t.stopped) {
			continue // given back
		}
		if total, err := o.total(); err == nil {
			all -= total.Minor
		}
	}
	return order.New(max(all, 0), s.house.Currency)
}

// Place makes an order, unpaid.
func (s *Supplier) Place(ctx context.Context, doc store.PlaceDoc) (outbox.Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.begin(ctx)
	if err != nil {
		return outbox.Order{}, err
	}
	if o := s.books.ref[doc.Reference]; o != nil {
		return outbox.Order{}, fmt.Errorf("%w: %s has it as %s", outbox.ErrExists, s.house.Title, o.No)
	}
	if err := s.books.tidy(now); err != nil {
		return outbox.Order{}, refused("%v", err)
	}
	o, err := s.draft(&doc, now)
	if err != nil {
		return outbox.Order{}, err
	}
	answer, err := s.order(o, now) // as it is before any price rises
	if err != nil {
		return outbox.Order{}, refused("the order cannot be added up: %v", err)
	}
	if o.Fate == dearer {
		if err := s.raise(o); err != nil {
			return outbox.Order{}, refused("the order cannot be added up: %v", err)
		}
	}
	if err := s.books.put(&entry{Order: o}); err != nil {
		return outbox.Order{}, notKept(err)
	}
	s.tell()
	return answer, s.answer(ctx, o.Fate, lostPlace)
}

// draft is the order that a document asks for.
func (s *Supplier) draft(doc *store.PlaceDoc, now time.Time) (*bought, error) {
	if doc.Reference == "" || len(doc.Items) == 0 {
		return nil, refused("an order needs a reference and something in it")
	}
	if missing := doc.Address.Missing(); len(missing) > 0 {
		return nil, refused("the address lacks %s", missing[0])
	}
	if len([]rune(doc.Note)) > NoteMax {
		return nil, refused("the instruction is longer than %d characters", NoteMax)
	}
	o := &bought{
		Ref: doc.Reference, Seq: s.books.next, Fate: fateOf(s.books.next), Made: now, Country: doc.Address.Country,
		No: fmt.Sprintf("%s%d", s.house.Prefix, 700_001+s.books.next),
	}
	var err error
	if o.Lines, err = s.priced(doc.Items, true); err != nil {
		return nil, err
	}
	if o.Extras, err = s.priced(doc.Packaging, false); err != nil {
		return nil, err
	}
	goods, err := sum(o.Lines)
	if err != nil {
		return nil, refused("the order cannot be added up: %v", err)
	}
	methods := s.house.methods(doc.Address, s.grams(o.Lines), goods.Minor)
	i := slices.IndexFunc(methods, func(m checkout.Method) bool { return m.Code == doc.Method.Code })
	if i < 0 {
		return nil, refused("there is no shipping method %q", doc.Method.Code)
	}
	if m := methods[i]; m.Refused != "" {
		return nil, refused("%s %s", m.Name, m.Refused)
	}
	o.Method = methods[i]
	least := slices.MinFunc(methods, func(a, b checkout.Method) int {
		return cmp.Or(cmp.Compare(min(len(a.Refused), 1), min(len(b.Refused), 1)), cmp.Compare(a.Cost.Minor, b.Cost.Minor))
	})
	o.Fees = order.New(s.house.Fees(goods.Minor, least.Cost.Minor), s.house.Currency)
	return o, nil
}

// priced looks up what is ordered.
func (s *Supplier) priced(items []checkout.Item, goods bool) ([]sold, error) {
	out := make([]sold, 0, len(items))
	wanted := map[string]order.Quantity{}
	for i := range items {
		it := &items[i]
		p := s.bySKU[it.SKU]
		switch {
		case p == nil || !p.CostKnown:
			return nil, refused("%s is not sold here", it.SKU)
		case goods != (p.Kind == checkout.KindGoods):
			return nil, refused("%s is %s, and cannot be ordered as something else", it.SKU, p.Kind)
		case it.Quantity <= 0:
			return nil, refused("%s cannot be ordered %s times", it.SKU, it.Quantity)
		}
		wanted[it.SKU] += it.Quantity
		if p.Stock != nil && wanted[it.SKU] > order.Units(*p.Stock) {
			return nil, refused("out of stock: of %s (%s) there are %d", p.Title, it.SKU, *p.Stock)
		}
		out = append(out, sold{Line: it.Line, SKU: it.SKU, Quantity: it.Quantity, Unit: s.price(p)})
	}
	return out, nil
}

// raise makes an order dearer: the price of its first product goes up by 6 %, for this order and from now on.
func (s *Supplier) raise(o *bought) error {
	first := o.Lines[0]
	first.Unit.Minor = (first.Unit.Minor*6 + 99) / 100
	rise, err := sum([]sold{first})
	o.Rise = &rise
	return err
}

// answer is how the answer to a call that was carried out arrives.
func (s *Supplier) answer(ctx context.Context, have, lost fate) error {
	switch have {
	case lost:
		return errors.New("the connection was cut before the answer came")
	case slow:
		s.mu.Unlock() // others need not wait
		s.o.Wait(ctx, 4*time.Second)
		s.mu.Lock()
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("no answer in time: %w", err)
		}
	}
	return nil
}

// Pay pays an order.
func (s *Supplier) Pay(ctx context.Context, doc store.PayDoc) (outbox.Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.begin(ctx)
	if err != nil {
		return outbox.Order{}, err
	}
	o := s.books.byNo[doc.SupplierNo]
	if o == nil || o.Ref != doc.Reference {
		return outbox.Order{}, refused("there is no order %s with the reference %s", doc.SupplierNo, doc.Reference)
	}
	if !o.Cancelled.IsZero() {
		return outbox.Order{}, refused("%s was cancelled on %s", o.No, o.Cancelled.Format(time.DateOnly))
	}
	if !o.Paid.IsZero() { // a second payment is never taken
		return s.order(o, now)
	}
	total, err := o.total()
	if err != nil {
		return outbox.Order{}, refused("the order cannot be added up: %v", err)
	}
	if total.Currency != doc.Max.Currency || total.Minor > doc.Max.Minor {
		return outbox.Order{}, refused("the price has gone up: %s costs %s now, and no more than %s was agreed", o.No, total, doc.Max)
	}
	if why := s.decline(o, doc.PayWith.Code, total, now); why != "" {
		if err := s.books.put(&entry{No: o.No, At: now, Refused: why}); err != nil {
			return outbox.Order{}, notKept(err)
		}
		return outbox.Order{}, fmt.Errorf("%w: %s", outbox.ErrDeclined, why)
	}
	paid := &entry{No: o.No, At: now, Paid: doc.PayWith.Code, Receipt: fmt.Sprintf("%sR%d", s.house.Prefix, 90_001+o.Seq)}
	if err := s.books.put(paid); err != nil {
		return outbox.Order{}, notKept(err)
	}
	answer, err := s.order(o, now)
	if err != nil {
		return outbox.Order{}, err
	}
	return answer, s.answer(ctx, o.Fate, lostPay)
}

// decline is why a payment is not taken; "" = it is.
func (s *Supplier) decline(o *bought, way string, total order.Money, now time.Time) string {
	first := o.Fate == declined && o.Refusals == 0
	switch way {
	case "balance":
		if have := s.balance(now); have.Minor < total.Minor {
			return fmt.Sprintf("insufficient balance: %s of %s; the wallet is filled up every morning", have, total)
		}
		if first {
			return "the wallet is being checked; try again in a moment"
		}
	case "card":
		if first {
			return "card declined by issuer (05): contact your bank, or try again"
		}
	case "invoice":
		if have := s.credit(now); have.Minor < total.Minor {
			return fmt.Sprintf("the credit line does not do: %s are left of it, this costs %s", have, total)
		}
		if first {
			return "the credit check did not answer; try again"
		}
	default:
		return fmt.Sprintf("there is no way of paying %q here; there are balance, card, invoice", way)
	}
	return ""
}

// Find looks for the order with a reference. What it does not find, there is not.
func (s *Supplier) Find(ctx context.Context, reference string) (outbox.Found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.begin(ctx)
	if err != nil {
		return outbox.Found{}, err
	}
	found := outbox.Found{Conclusive: true}
	if o := s.books.ref[reference]; o != nil {
		answer, err := s.order(o, now)
		if err != nil {
			return outbox.Found{}, err
		}
		found.Orders = append(found.Orders, answer)
	}
	return found, nil
}

// Track reads how orders stand.
func (s *Supplier) Track(ctx context.Context, numbers []string) ([]outbox.Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	var out []outbox.Order
	for _, no := range numbers {
		if o := s.books.byNo[no]; o != nil {
			answer, err := s.order(o, now)
			if err != nil {
				return nil, err
			}
			out = append(out, answer)
		}
	}
	return out, nil
}

// Cancel takes an unpaid order back.
func (s *Supplier) Cancel(ctx context.Context, doc store.CancelDoc) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.begin(ctx)
	if err != nil {
		return err
	}
	o := s.books.byNo[doc.SupplierNo]
	switch {
	case o == nil || o.Ref != doc.Reference:
		return refused("there is no order %s with the reference %s", doc.SupplierNo, doc.Reference)
	case !o.Paid.IsZero():
		return refused("%s has been paid, and a paid order is not taken back", o.No)
	case !o.Cancelled.IsZero():
		return nil
	}
	if err := s.books.put(&entry{No: o.No, At: now, Cancel: true}); err != nil {
		return notKept(err)
	}
	return nil
}

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %s", outbox.ErrRejected, fmt.Sprintf(format, args...))
}

// notKept is why nothing was done: the books could not be written.
func notKept(err error) error {
	if errors.Is(err, journal.ErrUnsure) {
		return err
	}
	return outbox.Rejected(err)
}

// hash is a number that texts always give.
func hash(texts ...string) uint64 {
	h := fnv.New64a()
	for _, t := range texts {
		_, _ = h.Write([]byte(t)) // never fails
		_, _ = h.Write([]byte{0})
	}
	x := h.Sum64() // the low bits of FNV differ little for texts that do
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}
