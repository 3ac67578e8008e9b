package tui

import (
	"cmp"
	"slices"
	"testing"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// suppliers are those of the demo's shops, as a merchant would set them.
func suppliers() (checkout.Settings, error) {
	yes := true
	one := func(name, currency string) checkout.Supplier {
		return checkout.Supplier{
			Name: name, Kind: "demo", Title: name, Currency: currency, Mode: checkout.ModeManual, NoteMax: 80,
			BrandedInvoice: &yes, ProcessingDays: [2]int{1, 2}, TellStore: true,
		}
	}
	return checkout.Settings{
		Suppliers: []checkout.Supplier{one("Lumen EU", "EUR"), one("Minas Direct", "BRL"), one("Kite", "USD")},
		Rules:     []checkout.Rule{{Name: "home", Sequence: 1, Countries: []string{"BR"}, Method: "express"}},
		Rates:     []checkout.Rate{{From: "EUR", To: "BRL", Rate: "6.20", Date: now}, {From: "USD", To: "BRL", Rate: "5.40", Date: now}},
		Base:      "BRL", Zone: now.Location(),
	}, nil
}

func buying(db *store.DB) Buying { return Buying{Desk: db, Settings: suppliers, Who: "Ana"} }

// answer is what the suppliers say of everything that was asked.
func (s *sim) answer() {
	s.Helper()
	ctx := s.Context()
	for {
		reqs, err := s.db.TakeQuoteRequests(ctx, 100)
		if err != nil {
			s.Fatal(err)
		}
		if len(reqs) == 0 {
			break
		}
		for _, r := range reqs {
			if r.Basket == "" {
				err = s.db.SaveAccount(ctx, account(r.Supplier))
			} else {
				err = s.db.SaveQuote(ctx, quote(r))
			}
			if err != nil {
				s.Fatal(err)
			}
		}
	}
	s.news()
}

// news tells the screens that the database changed.
func (s *sim) news() {
	s.Helper()
	s.send(ui.StoreChanged{})
	s.wait()
}

func account(supplier string) checkout.Account {
	all, _ := suppliers()
	i := slices.IndexFunc(all.Suppliers, func(x checkout.Supplier) bool { return x.Name == supplier })
	have := order.New(100_000_00, all.Suppliers[i].Currency)
	return checkout.Account{Supplier: supplier, At: now, Methods: []checkout.PayMethod{
		{Code: "balance", Name: supplier + " balance", Kind: checkout.PayBalance, Available: &have},
		{Code: "card", Name: "Card on file", Kind: checkout.PayCard},
	}}
}

func quote(r store.QuoteRequest) checkout.Quote {
	cur := r.Items[0].Unit.Currency
	q := checkout.Quote{
		Supplier: r.Supplier, Basket: r.Basket, At: now, Fees: order.New(90, cur),
		Methods: []checkout.Method{
			{Code: "standard", Name: "Standard", Cost: order.New(680, cur), Days: [2]int{8, 12}},
			{Code: "express", Name: "Express", Cost: order.New(1540, cur), Days: [2]int{2, 3}},
			{Code: "bike", Name: "Bike", Cost: order.New(300, cur), Refused: "does not serve " + cmp.Or(r.Address.Country, "an unknown country")},
		},
	}
	for _, it := range r.Items {
		have := int64(50)
		q.Items = append(q.Items, checkout.QuotedItem{SKU: it.SKU, Quantity: it.Quantity, Unit: it.Unit, Stock: &have})
	}
	return q
}

// buyThree opens the checkout on three unpaid orders whose prices are known.
func (s *sim) buyThree() {
	s.Helper()
	s.toTab("unpaid")
	s.press(action.Select, action.Select, action.Select, action.Checkout)
	s.answer()
}

func TestBuyingAsksOnceAndPlaces(t *testing.T) {
	s := start(t, 120, 35)
	s.buyThree()
	s.sees("can be placed", "P pay and place")
	s.press(action.Pay)
	s.sees("This cannot be undone at the supplier.")
}
