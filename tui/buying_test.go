package tui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

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

func buying(db *store.DB) Buying {
	return Buying{Desk: db, Settings: suppliers, Who: "Ana", Acts: map[string]map[order.ActKind]string{"aurora": everything(), "nordic": everything()}}
}

// everything can be done at a store, but one thing.
func everything() map[order.ActKind]string {
	out := map[order.ActKind]string{}
	for _, k := range order.ActKinds {
		out[k] = ""
	}
	out[order.ActStatus] = "this store has no statuses that could be set"
	return out
}

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

// floor puts orders on the desk that show what a checkout can meet, newest first, and something for suppliers to sell.
func (s *sim) floor() {
	s.Helper()
	ctx := s.Context()
	brl := func(minor int64) order.Money { return order.New(minor, "BRL") }
	sell := func(number, customer string, to order.Address, items ...string) order.Order {
		o := order.Order{
			Store: "aurora", ExternalID: "buy-" + number, Number: number, Currency: "BRL", CustomerPayment: order.PaymentPaid, Fulfilment: order.Unfulfilled,
			Lifecycle: order.LifecycleOpen, RawStatus: "paid", Customer: order.Customer{Name: customer, Email: "x@example.com"}, Shipping: to, Billing: to,
			PaymentMethod: "Pix",
		}
		n, _ := strconv.Atoi(number)
		o.CreatedAt = now.Add(-time.Duration(n) * time.Second)
		o.UpdatedAt = o.CreatedAt
		for i, sku := range items {
			o.Lines = append(o.Lines, order.Line{
				ExternalID: "l" + strconv.Itoa(i), SKU: sku, Title: "Article " + sku, Quantity: order.Units(int64(i + 1)), UnitPrice: brl(19_900), Total: brl(19_900 * int64(i+1)),
			})
			o.Subtotal = brl(o.Subtotal.Minor + 19_900*int64(i+1))
		}
		o.Total, o.Paid = o.Subtotal, o.Subtotal
		return o
	}
	home := func(name, country string) order.Address {
		return order.Address{Name: name, Line1: "Rua Augusta 1508", City: "São Paulo", Province: "SP", PostalCode: "01304-001", Country: country}
	}
	maria := sell("101", "Maria Souza", home("Maria Souza", "BR"), "AP-NAT")
	maria.CustomerNote = "gift wrap, please; ring twice"
	nowhere := sell("104", "Zé Ninguém", order.Address{Name: "Zé Ninguém", City: "Olinda", Country: "BR"}, "AP-BLU")
	unpaid := sell("105", "Inês Prado", home("Inês Prado", "BR"), "AP-GRN")
	unpaid.CustomerPayment, unpaid.Paid = order.PaymentPending, order.Money{}
	page := store.Page{Shop: "aurora", Stream: "test"}
	for _, o := range []order.Order{
		maria, sell("102", "Paweł Żak", home("Paweł Żak", "PL"), "BK", "CH"), sell("103", "J. Doe", home("J. Doe", "US"), "NEVER-LINKED"), nowhere, unpaid,
		sell("106", "Ana Lima", home("Ana Lima", "PT"), "CO"),
	} {
		page.Orders = append(page.Orders, store.Pulled{Order: o})
	}
	if _, err := s.db.Apply(ctx, page); err != nil {
		s.Fatal(err)
	}
	have := int64(120)
	thing := func(sku, title string, kind checkout.ProductKind, minor int64) checkout.Product {
		return checkout.Product{Supplier: "Minas Direct", SKU: sku, Title: title, Kind: kind, Cost: brl(minor), CostKnown: true, Stock: &have, ProcessingDays: [2]int{1, 3}}
	}
	if _, err := s.db.PutProducts(ctx, "Minas Direct", []checkout.Product{
		thing("MD-NEVER", "Article NEVER-LINKED", checkout.KindGoods, 4500), thing("MD-NL2", "Article never linked, large", checkout.KindGoods, 5200),
		thing("MD-POT", "Clay pot", checkout.KindGoods, 1250), thing("PK-S", "Kraft S", checkout.KindPackaging, 150), thing("CARD", "Card “Obrigada!”", checkout.KindCard, 50),
	}, false); err != nil {
		s.Fatal(err)
	}
	s.news()
	s.press(action.Top)
}

// buy opens the checkout on the first n orders of the floor, with prices known.
func (s *sim) buy(n int) {
	s.Helper()
	s.floor()
	for range n {
		s.press(action.Select)
	}
	s.press(action.Checkout)
	s.answer()
}

// say waits until a question takes keys, and types.
func (s *sim) say(text string) {
	s.Helper()
	s.now = s.now.Add(time.Second)
	s.write(text)
	s.key("enter")
}

// effects are what is open or failed in the outbox.
func (s *sim) effects() []store.Effect {
	s.Helper()
	all, err := s.db.Effects(s.Context(), store.EffectFilter{Open: true})
	if err != nil {
		s.Fatal(err)
	}
	return all
}

// What is said yes to is written down once, with the sums that were shown.
func TestBuyingAsksOnceAndWritesItDown(t *testing.T) {
	s := start(t, 160, 40)
	s.buy(6)
	s.sees("3 of 6 can be placed", "BRL 105.92", "EUR 24.50 ≈ BRL 151.90", "by rule “home”")
	s.press(action.Pay)
	s.sees("Pay and place 3 orders", "This cannot be undone at the supplier.", "3 orders stay as they are", "⏎ yes, do it", "Esc no")
	s.seesNot("Tab complete")
	s.say("2")
	s.sees("That is not 3")
	s.say("3")
	got := s.effects()
	if len(got) != 4 {
		t.Fatalf("%d effects", len(got))
	}
	for _, e := range got {
		if e.Kind != store.EffectPlace || e.State != store.EffectQueued || e.Who != "Ana" {
			t.Errorf("%+v", e)
		}
	}
	s.news()
	s.sees("queued: placing at Minas Direct", "0 of 3 can be placed · 3 placed or on their way", "⇡ 4 waiting", "it goes on when you leave")
	s.press(action.Pay)
	s.sees("nothing is ready")
	if n := len(s.effects()); n != 4 {
		t.Errorf("%d effects after the second time", n)
	}
}

// Keys that were under way when the question appeared answer nothing, however many they are.
func TestKeysUnderWayAnswerNothing(t *testing.T) {
	s := start(t, 120, 35)
	s.buy(6)
	s.press(action.Pay)
	for range 20 {
		s.write("3")
		s.key("enter")
		s.now = s.now.Add(200 * time.Millisecond)
	}
	s.sees("Type the number of orders")
	s.send(tea.PasteMsg{Content: "3\n"})
	if n := len(s.effects()); n != 0 {
		t.Fatalf("%d effects", n)
	}
	s.now = s.now.Add(time.Second)
	for _, k := range []string{"P", "q", "y", "c"} {
		s.key(k)
	}
	s.key("esc")
	s.sees("nothing was done")
	if n := len(s.effects()); n != 0 || s.quit {
		t.Fatalf("%d effects", n)
	}
}

// Letters are text in a field, and every one of them is kept at once.
func TestWhatIsTypedIsKept(t *testing.T) {
	s := start(t, 140, 40)
	s.buy(1)
	s.press(action.Note)
	s.write("no price tag - P q")
	s.sees("no price tag - P q", "18/80")
	s.m.stack = nil // as if the terminal had been closed
	s.press(action.Checkout)
	s.sees("no price tag - P q")
	s.press(action.Forward)
	for range len("; ring twice") {
		s.key("backspace")
	}
	s.key("esc")
	s.sees("“gift wrap, please”", "changed by you")
	s.press(action.Pay)
	s.say("1")
	got := s.effects()
	if len(got) != 1 {
		t.Fatalf("%d effects", len(got))
	}
	var doc store.PlaceDoc
	if err := json.Unmarshal(got[0].Doc, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Note != "no price tag - P q" || doc.CustomerNote != "gift wrap, please" {
		t.Errorf("%q, %q", doc.Note, doc.CustomerNote)
	}
}

func TestANoteOverTheLimitIsKeptAndBlocks(t *testing.T) {
	s := start(t, 140, 40)
	s.buy(1)
	s.press(action.Note)
	s.write(strings.Repeat("abcdefghi ", 9))
	s.key("enter")
	s.sees("90/80", "0 of 1 can be placed")
	s.press(action.Pay)
	s.sees("nothing is ready")
}

func TestMethodPaymentAndPackagingAreChosen(t *testing.T) {
	s := start(t, 160, 45)
	s.buy(1)
	s.press(action.Method)
	s.sees("does not serve BR", "by rule, else the cheapest")
	s.write("Standard")
	s.key("enter")
	s.sees("Standard · 8–12 days · chosen", "BRL 75.66")
	s.press(action.Rules)
	s.sees("Express · 2–3 days · by rule “home”")
	s.press(action.PayWith)
	s.write("Card")
	s.key("enter")
	s.sees("(•) Card on file")
	s.press(action.Packaging)
	s.write("Kraft")
	s.key("enter")
	s.key("esc")
	s.sees("Kraft S", "BRL 85.76")
}

// A guard that may be set aside asks why, and the answer is kept.
func TestAnOverrideIsRecorded(t *testing.T) {
	s := start(t, 160, 45)
	s.buy(5)
	s.press(action.Bottom)
	s.sees("[!] the customer has not paid (pending)")
	s.press(action.Override)
	s.key("enter")
	s.write("paid in cash")
	s.key("enter")
	s.sees("set aside: paid · Ana · paid in cash", "3 of 5 can be placed")
}

func TestRemovedLinesStayAway(t *testing.T) {
	s := start(t, 160, 45)
	s.buy(2)
	s.sees("2 of 2 can be placed")
	s.press(action.Remove)
	s.sees("1 of 1 can be placed", "taken out")
	s.press(action.Top, action.Remove)
	s.sees("2 of 2 can be placed")
}

// A price that is asked for shows as such, and arrives by itself.
func TestPricesArriveByThemselves(t *testing.T) {
	s := start(t, 160, 45)
	s.floor()
	s.press(action.Checkout)
	s.sees("asking Minas Direct for the price …", "0 of 1 can be placed")
	s.answer()
	s.seesNot("asking Minas Direct")
	s.sees("1 of 1 can be placed")
	s.press(action.Requote)
	if reqs, err := s.db.TakeQuoteRequests(t.Context(), 10); err != nil || len(reqs) != 2 {
		t.Errorf("%d requests, %v", len(reqs), err)
	}
}

// A failure is told in the supplier's own words, with what can be done.
func TestAFailureIsTakenUpAgainOrGivenUp(t *testing.T) {
	s := start(t, 160, 45)
	s.buy(1)
	s.press(action.Pay)
	s.say("1")
	e := s.effects()[0]
	if _, err := s.db.BeginEffect(t.Context(), e.ID, "nothing there"); err != nil {
		t.Fatal(err)
	}
	s.news()
	s.sees("placing at Minas Direct …")
	if err := s.db.EndEffect(t.Context(), e.ID, store.Outcome{State: store.EffectFailed, Reason: "no more room in the van"}); err != nil {
		t.Fatal(err)
	}
	s.news()
	s.sees("✗ no more room in the van", "ctrl+r retry · U back to Unpaid", "✗ 1 failed")
	s.press(action.Retry)
	s.sees("queued: placing at Minas Direct")
	s.press(action.ToUnpaid)
	s.sees("Take #101 back to Unpaid?")
	s.key("down")
	s.key("enter")
	s.sees("1 of 1 can be placed")
}

// After a restart the same lines come back, also without knowing which orders they were.
func TestTheSameLinesComeBack(t *testing.T) {
	s := start(t, 160, 45)
	s.buy(2)
	s.press(action.Pay)
	s.say("2")
	s.m.stack = nil
	s.press(action.Commands)
	s.write("payments on their way")
	s.key("enter")
	s.sees("#101", "#102", "queued: placing at Minas Direct", "2 orders placed or on their way")
	s.press(action.Back)
	s.press(action.SyncScreen)
	s.sees("on its way out: 3", "place #101 at Minas Direct")
	for range 20 {
		s.press(action.Down)
	}
	s.press(action.Withdraw)
	s.sees("Withdraw: place #10")
	s.key("down")
	s.key("enter")
	s.sees("on its way out: 2")
}

func TestLeavingWithMoneyOnItsWayAsks(t *testing.T) {
	s := start(t, 120, 35)
	s.press(action.Quit)
	if !s.quit {
		t.Fatal("it stays although nothing is on its way")
	}
	s.quit = false
	s.buy(1)
	s.press(action.Pay)
	s.say("1")
	s.news()
	s.press(action.Back, action.Quit)
	s.sees("Money is on its way", "1 order is being placed or paid")
	s.key("enter")
	if s.quit {
		t.Fatal("it left although “stay” was chosen")
	}
	s.key("ctrl+c")
	s.key("ctrl+c")
	if !s.quit {
		t.Error("the second ctrl+c does not leave")
	}
}

// Linking a product moves its orders from Quoting to Unpaid, and unlinking moves them back.
func TestLinkingAProduct(t *testing.T) {
	s := start(t, 160, 45)
	s.floor()
	s.press(action.Down, action.Down)
	s.sees("#103")
	s.press(action.Link)
	s.sees("✗ not linked", "MD-NEVER", "BRL 45.00", "⏎ choose")
	s.press(action.NextTab)
	s.sees("⏎ link")
	s.press(action.NextTab)
	s.press(action.Search)
	s.write("pot")
	s.wait()
	s.sees("Clay pot", "1 product in the price lists")
	s.key("esc")
	s.press(action.Open)
	s.sees("✓ Minas Direct MD-NEVER", "one order is looked at again")
	s.news()
	s.press(action.Back)
	s.press(action.Checkout)
	s.answer()
	s.sees("1 of 1 can be placed")
	s.press(action.Link, action.Unlink)
	s.key("enter")
	s.sees("✗ not linked")
}

// A thousand orders are opened at once: the first lines are there with the first frame.
func TestAThousandOrders(t *testing.T) {
	s := start(t, 120, 35)
	s.press(action.SelectAll)
	began := time.Now()
	s.m.Update(tea.KeyPressMsg{Code: 'c', Text: "c"})
	s.m.View()
	if took := time.Since(began); took > 100*time.Millisecond {
		t.Errorf("the first frame took %s", took)
	}
	s.m.stack = nil
	s.press(action.Checkout)
	s.seesNot("reading")
	s.press(action.Bottom, action.PageUp, action.Top)
	s.sees("600 orders")
}

func TestTheFourPapers(t *testing.T) {
	s := start(t, 120, 40)
	s.toTab("shipped")
	s.press(action.Tracking)
	s.sees("Tracking of #")
	s.press(action.Copy)
	s.key("esc")
	s.press(action.AddTracking)
	s.write("DHL 12")
	s.key("enter")
	s.sees("12: this is short for a tracking number")
	s.key("esc")
	s.press(action.Back, action.Receipt)
	s.sees("Receipt of #", "Total")
	s.press(action.Back, action.Refund)
	s.sees("Refund of #", "to the customer", "claim at")
	s.press(action.Back)
	s.seesNot("Refund of #")
}

func TestCancelHoldAndArchive(t *testing.T) {
	s := start(t, 160, 45)
	s.floor()
	s.press(action.Hold)
	s.news()
	s.sees("on hold: manual")
	s.press(action.Hold)
	s.news()
	s.seesNot("on hold: manual")
	s.toTab("processing")
	s.press(action.Cancel)
	s.sees("cannot be cancelled after checkout · request a refund instead")
}

// buyingScenes are the screens of buying that a merchant can come to.
var buyingScenes = []scene{
	{"checkout", func(s *sim) { s.buy(6) }},
	{"checkout-blocked", func(s *sim) { s.buy(6); s.press(action.Down, action.Down, action.Down) }},
	{"checkout-prices", func(s *sim) { s.floor(); s.press(action.Select, action.Select, action.Checkout) }},
	{"checkout-note", func(s *sim) { s.buy(6); s.press(action.Note); s.write("Leave no price tag") }},
	{"checkout-method", func(s *sim) { s.buy(6); s.press(action.Method) }},
	{"checkout-pay", func(s *sim) { s.buy(6); s.press(action.Pay) }},
	{"checkout-going", func(s *sim) { s.buy(6); s.press(action.Pay); s.say("3"); s.fail(); s.news() }},
	{"links", func(s *sim) { s.floor(); s.press(action.Down, action.Down, action.Link) }},
	{"links-linked", func(s *sim) { s.floor(); s.press(action.Down, action.Link) }},
	{"outbox", func(s *sim) {
		s.buy(6)
		s.press(action.Pay)
		s.say("3")
		s.fail()
		s.press(action.Back, action.SyncScreen, action.Bottom)
		s.news()
	}},
	{"tracking", func(s *sim) { s.toTab("shipped"); s.press(action.Tracking) }},
	{"invoice", func(s *sim) { s.toTab("processing"); s.press(action.Invoice) }},
	{"receipt", func(s *sim) { s.toTab("shipped"); s.press(action.Receipt) }},
	{"refund", func(s *sim) { s.toTab("refunds"); s.press(action.Refund) }},
	{"at-the-store", func(s *sim) { s.floor(); s.press(action.AtStore) }},
	{"act-refund", func(s *sim) { s.floor(); s.act("refund"); s.write("9") }},
	{"act-sure", func(s *sim) { s.floor(); s.press(action.Cancel); s.submit() }},
	{"act-waits", func(s *sim) {
		s.floor()
		s.act("refund")
		s.submit()
		s.say("19900")
		s.refuse()
		s.act("note")
		s.write("ring twice")
		s.submit()
		s.press(action.Open)
	}},
}

// fail lets the first thing in the outbox fail and begins the second.
func (s *sim) fail() {
	s.Helper()
	all := s.effects()
	slices.SortFunc(all, func(a, b store.Effect) int { return cmp.Compare(a.ID, b.ID) })
	for i, e := range all[:2] {
		if _, err := s.db.BeginEffect(s.Context(), e.ID, "there was none"); err != nil {
			s.Fatal(err)
		}
		if i > 0 {
			continue
		}
		if err := s.db.EndEffect(s.Context(), e.ID, store.Outcome{State: store.EffectFailed, Reason: "the warehouse says: AP-NAT is sold out until Monday"}); err != nil {
			s.Fatal(err)
		}
	}
}

// Every screen of buying at every size, in plain text.
func TestBuyingScreens(t *testing.T) {
	for _, size := range [][2]int{{200, 50}, {120, 35}, {70, 20}} {
		for _, sc := range buyingScenes {
			t.Run(fmt.Sprintf("%s/%dx%d", sc.name, size[0], size[1]), func(t *testing.T) {
				s := start(t, size[0], size[1])
				sc.do(s)
				golden(t, fmt.Sprintf("%s-%dx%d", sc.name, size[0], size[1]), s.screen())
			})
		}
	}
}

// The checkout and the outbox with their colours: dark, light, none.
func TestBuyingColours(t *testing.T) {
	for _, size := range [][2]int{{200, 50}, {120, 35}, {70, 20}} {
		for _, name := range []string{"checkout", "checkout-pay", "outbox"} {
			s := start(t, size[0], size[1])
			buyingScenes[slices.IndexFunc(buyingScenes, func(sc scene) bool { return sc.name == name })].do(s)
			for _, look := range []struct {
				name    string
				dark    bool
				profile colorprofile.Profile
			}{{"dark", true, colorprofile.TrueColor}, {"light", false, colorprofile.TrueColor}, {"none", true, colorprofile.ASCII}} {
				s.look(look.dark, look.profile)
				content := s.m.View().Content
				golden(t, fmt.Sprintf("colours-%s-%s-%dx%d", name, look.name, size[0], size[1]), strings.ReplaceAll(content, "\x1b", "␛"))
				if look.profile == colorprofile.ASCII && hasColour(content) {
					t.Errorf("%s: colours without colours", name)
				}
			}
		}
	}
}

// What suppliers say reaches the terminal as data only.
func TestHostileSuppliersAreHarmless(t *testing.T) {
	s := start(t, 160, 45)
	s.buy(1)
	s.press(action.Pay)
	s.say("1")
	e := s.effects()[0]
	if _, err := s.db.BeginEffect(t.Context(), e.ID, "\x1b[2J"); err != nil {
		t.Fatal(err)
	}
	if err := s.db.EndEffect(t.Context(), e.ID, store.Outcome{State: store.EffectFailed, Reason: "\x1b]52;c;aGk=\x07 no\r\n\u202e\x9b2J more", Evidence: "\x00\x1b[31m"}); err != nil {
		t.Fatal(err)
	}
	s.news()
	harmless(t, s)
	s.press(action.Why)
	harmless(t, s)
	s.key("esc")
	s.press(action.Back, action.SyncScreen)
	harmless(t, s)
}

// BenchmarkOpenCheckout opens the checkout on 1,000 marked orders: until its first picture, until the first lines are in
// it, and until everything has been read.
func BenchmarkOpenCheckout(b *testing.B) {
	s := start(b, 200, 50)
	rec, err := s.db.Record(b.Context(), 1)
	if err != nil {
		b.Fatal(err)
	}
	page := store.Page{Shop: "aurora", Stream: "test"}
	for i := range 1000 {
		o := rec.Order
		o.Store, o.Lifecycle, o.Fulfilment, o.CustomerPayment = "aurora", order.LifecycleOpen, order.Unfulfilled, order.PaymentPaid
		o.ExternalID, o.Number, o.Fulfilments, o.CreatedAt = "many-"+strconv.Itoa(i), strconv.Itoa(20_000+i), nil, now
		o.Lines = []order.Line{{ExternalID: "1", SKU: "AP-NAT", Title: "Apron", Quantity: order.Units(1), UnitPrice: order.New(19_900, "BRL"), Total: order.New(19_900, "BRL")}}
		page.Orders = append(page.Orders, store.Pulled{Order: o})
	}
	if _, err := s.db.Apply(b.Context(), page); err != nil {
		b.Fatal(err)
	}
	ids := make([]int64, 1000)
	for i := range ids {
		ids[i] = int64(demoOrders + 1 + i)
	}
	var first, lines, all time.Duration
	for b.Loop() {
		began := time.Now()
		cmd := s.m.open(ui.Open{Arg: ui.CheckoutArg{IDs: ids}})
		s.m.version++
		s.m.View()
		first += time.Since(began)
		next := func() {
			msg := cmd()
			_, cmd = s.m.Update(msg)
			s.m.View()
		}
		next()
		lines += time.Since(began)
		s.run(cmd)
		all += time.Since(began)
		s.m.stack = nil
	}
	n := float64(b.N)
	b.ReportMetric(float64(first.Microseconds())/1000/n, "ms/picture")
	b.ReportMetric(float64(lines.Microseconds())/1000/n, "ms/lines")
	b.ReportMetric(float64(all.Microseconds())/1000/n, "ms/all")
}

// A supplier that is paid by the merchant's own hand waits until the payment's reference is typed.
func TestAPaymentIsRecorded(t *testing.T) {
	s := start(t, 160, 45)
	s.buy(1)
	s.press(action.Pay)
	s.say("1")
	e := s.effects()[0]
	if _, err := s.db.BeginEffect(t.Context(), e.ID, "there was none"); err != nil {
		t.Fatal(err)
	}
	rec, err := s.db.Record(t.Context(), e.OrderID)
	if err != nil {
		t.Fatal(err)
	}
	p := rec.Placements[0]
	p.SupplierNo, p.Reason = "PO-7", "waiting for your payment"
	if err := s.db.EndEffect(t.Context(), e.ID, store.Outcome{State: store.EffectSent, Placement: &p}); err != nil {
		t.Fatal(err)
	}
	s.news()
	s.sees("pending · Minas Direct · PO-7 · waiting for your payment", "M record payment")
	s.press(action.ConfirmPaid)
	s.sees("You paid Minas Direct BRL 84.26")
	s.write("bank 991")
	s.key("enter")
	s.news()
	s.sees("✓ placed · Minas Direct · PO-7 · receipt bank 991")
	s.press(action.ToUnpaid)
	s.sees("it is paid; a supplier's order cannot be cancelled afterwards")
}

// What may have happened is done again only after a question.
func TestAnUnknownOutcomeIsAskedAbout(t *testing.T) {
	s := start(t, 160, 45)
	s.buy(1)
	s.press(action.Pay)
	s.say("1")
	e := s.effects()[0]
	if _, err := s.db.BeginEffect(t.Context(), e.ID, "there was none"); err != nil {
		t.Fatal(err)
	}
	if err := s.db.EndEffect(t.Context(), e.ID, store.Outcome{State: store.EffectUnknown, Reason: "no answer in 60 s", Evidence: "asked twice"}); err != nil {
		t.Fatal(err)
	}
	s.news()
	s.sees("? placing at Minas Direct: it may have happened, this is being looked up · no answer in 60 s")
	s.press(action.Retry)
	s.sees("It may have happened: place #101 again?", "asked twice")
	s.key("enter") // no
	if e := s.effects()[0]; e.State != store.EffectUnknown {
		t.Errorf("it is %s", e.State)
	}
}
