package filter

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/ordertest"
	"github.com/orderdeck/orderdeck/store/order/text"
)

func TestPrintedFiltersMeanTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := ordertest.Filter(t)
		o := Options{Now: ordertest.Now, Decimal: rapid.SampledFrom([]rune{'.', ','}).Draw(t, "decimal")}
		e, err := Parse(src, o)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		roundTrip(t, src, e, o)
	})
}

// roundTrip checks that what String writes is read as the same, and written the same again.
func roundTrip(t interface{ Fatalf(string, ...any) }, src string, e Expr, o Options) {
	o.Partial = false
	printed := String(e)
	again, err := Parse(printed, o)
	if err != nil {
		t.Fatalf("%q is written as %q: %v", src, printed, err)
	}
	if !reflect.DeepEqual(again, e) {
		t.Fatalf("%q is written as %q:\n had %#v\n got %#v", src, printed, e, again)
	}
	if twice := String(again); twice != printed {
		t.Fatalf("%q is written as %q, then as %q", src, printed, twice)
	}
}

// TestMatchIsLogic checks the operators against plain logic over their parts.
func TestMatchIsLogic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := ordertest.Record(t)
		o := Options{Now: ordertest.Now}
		a, b := ordertest.Filter(t), ordertest.Filter(t)
		holds := func(src string) bool {
			e, err := Parse(src, o)
			if err != nil {
				t.Fatalf("%s: %v", src, err)
			}
			return Match(e, r, ordertest.Now)
		}
		pa, pb := "("+a+")", "("+b+")"
		x, y := holds(a), holds(b)
		for src, want := range map[string]bool{
			pa + " AND " + pb: x && y, pa + " OR " + pb: x || y, "NOT " + pa: !x, "-" + pb: !y, "-(" + pa + " OR " + pb + ")": !x && !y,
			pa + " -" + pa: false, pa + " OR -" + pa: true,
		} {
			if strings.Contains(src, "555 01 03") && src == pa+" AND "+pb {
				continue // neighbouring parts of phone numbers become one
			}
			if got := holds(src); got != want {
				t.Fatalf("%s is %v, though %s is %v and %s is %v", src, got, a, x, b, y)
			}
		}
	})
}

// TestMatchIsNaive checks terms against the plainest reading of what they say.
func TestMatchIsNaive(t *testing.T) {
	met := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		r := ordertest.Record(t)
		for range 20 {
			src := ordertest.Term(t)
			e, err := Parse(src, Options{Now: ordertest.Now})
			if err != nil {
				t.Fatalf("%s: %v", src, err)
			}
			got, want := Match(e, r, ordertest.Now), naive(t, e, r, ordertest.Now)
			if got != want {
				t.Fatalf("%s is %v, want %v, for %+v", src, got, want, r)
			}
			if c, ok := e.(Cond); ok && got {
				met[c.Field]++
			}
		}
	})
	if len(met) < 25 {
		t.Errorf("only these fields were ever met: %v", met)
	}
}

// naive evaluates with lists of strings and nothing clever.
func naive(t *rapid.T, e Expr, r *order.Record, now time.Time) bool {
	switch e := e.(type) {
	case Or:
		return slices.ContainsFunc(e.Of, func(e Expr) bool { return naive(t, e, r, now) })
	case Word:
		return naiveWord(e, r)
	case Cond:
		return slices.ContainsFunc(e.Values, func(v Value) bool { return naiveValue(t, e.Field, v, r, now) })
	}
	t.Fatalf("a term is %T", e)
	return false
}

func naiveTexts(r *order.Record) (words, phones []string) {
	words = []string{
		r.Number, r.Customer.Name, r.Customer.Company, r.Shipping.Name, r.Shipping.Company, r.Billing.Name, r.Billing.Company,
		r.Customer.Email, r.CustomerNote,
	}
	for _, l := range r.Lines {
		words = append(words, strings.TrimSpace(l.Title+" "+l.Variant), l.SKU)
	}
	for _, s := range r.Fulfilments {
		words = append(words, s.Tracking)
	}
	for _, p := range r.Placements {
		for _, parcel := range p.Parcels {
			words = append(words, parcel.Tracking)
		}
	}
	for _, n := range r.Notes {
		if n.Kind == "note" || n.Kind == "customer_note" {
			words = append(words, n.Text)
		}
	}
	return words, []string{r.Customer.Phone, r.Shipping.Phone, r.Billing.Phone}
}

func naiveWord(w Word, r *order.Record) bool {
	words, phones := naiveTexts(r)
	onlyDigits := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, s)
	}
	if d := onlyDigits(w.Text); len(d) >= 7 && strings.Trim(w.Text, "0123456789 ") == "" {
		for _, p := range phones {
			for p = onlyDigits(p); len(p) >= 4; p = p[1:] {
				if strings.HasPrefix(p, d) {
					return true
				}
			}
		}
	}
	if w.Phrase {
		return slices.ContainsFunc(words, func(s string) bool { return naivePhrase(s, w.Text) })
	}
	parts := text.Words(nil, w.Text)
	for i, part := range parts {
		if !slices.ContainsFunc(words, func(s string) bool {
			return slices.ContainsFunc(text.Tokens(nil, s), func(t string) bool {
				return t == part || i == len(parts)-1 && strings.HasPrefix(t, part)
			})
		}) && !slices.ContainsFunc(phones, func(s string) bool {
			s = onlyDigits(s)
			at := strings.Index(s, part)
			return len(s) > 0 && at >= 0 && len(parts) == 1 && (at == 0 || strings.Contains(s[:max(0, len(s)-3)], part) ||
				endsLong(s, part))
		}) {
			return false
		}
	}
	return true
}

// endsLong tells whether an ending of at least four digits begins with part.
func endsLong(s, part string) bool {
	for i := 0; len(s)-i >= 4; i++ {
		if strings.HasPrefix(s[i:], part) {
			return true
		}
	}
	return false
}

func naivePhrase(s, phrase string) bool {
	have, want := " "+strings.Join(text.Words(nil, s), " "), " "+strings.Join(text.Words(nil, phrase), " ")
	if !strings.Contains(want[1:], " ") {
		have = " " + strings.Join(text.Tokens(nil, s), " ")
	}
	return strings.Contains(have, want)
}

func naiveValue(t *rapid.T, field string, v Value, r *order.Record, now time.Time) bool {
	var have []string
	switch field {
	case "stage":
		have = []string{string(r.State.Stage)}
	case "customer_payment":
		have = []string{string(r.CustomerPayment)}
	case "fulfilment":
		have = []string{string(r.Fulfilment)}
	case "refund", "claim", "resend", "hold":
		s := map[string]string{"refund": string(r.Refund), "claim": string(r.State.Claim), "resend": string(r.Resend), "hold": string(r.State.Hold)}[field]
		if s == "" {
			s = "none"
		}
		if s == "none" && v.Op == Exists {
			return false
		}
		have = []string{s}
	case "lifecycle":
		have = []string{string(r.Lifecycle)}
		if r.Archived {
			have = append(have, "archived")
		}
	case "exception":
		for _, e := range r.State.Active(now) {
			have = append(have, string(e.Code))
		}
	case "is":
		return map[string]bool{
			"new": r.Unseen, "exception": len(r.State.Active(now)) > 0, "late": r.State.Late(now), "archived": r.Archived || r.Lifecycle == "archived",
			"test": r.Test, "gone": r.Gone, "partly": r.State.Partly,
		}[v.Text]
	case "total", "cost", "items":
		m, known := r.Total, true
		if field == "cost" {
			m, known = r.State.Cost, r.State.CostKnown
		}
		n := m.Scaled()
		if field == "items" {
			n = 0
			for _, l := range r.Lines {
				n += int64(l.Quantity)
			}
			if v.Op == Exists {
				return n > 0
			}
		}
		low := map[Op]bool{Greater: n > v.Amount, AtLeast: n >= v.Amount, Between: n >= v.Amount, Equal: n >= v.Amount}
		high := map[Op]bool{Less: n < v.Amount, AtMost: n <= v.Amount, Between: n <= v.AmountTo, Equal: n <= v.Amount}
		l, hasLow := low[v.Op]
		h, hasHigh := high[v.Op]
		return known && (v.Currency == "" || v.Currency == m.Currency) && (l || !hasLow) && (h || !hasHigh)
	case "created", "updated":
		at := map[string]time.Time{"created": r.CreatedAt, "updated": r.UpdatedAt}[field]
		tooEarly := !v.From.IsZero() && at.Before(v.From)
		tooLate := !v.To.IsZero() && !at.Before(v.To)
		return v.Op == Exists || !tooEarly && !tooLate
	case "country", "currency", "city":
		a := r.Shipping
		if (a == order.Address{}) {
			a = r.Billing
		}
		have = []string{map[string]string{"country": a.Country, "currency": r.Currency, "city": a.City}[field]}
	case "phone":
		return naiveWord(Word{Text: v.Text}, &order.Record{Order: order.Order{Customer: r.Customer, Shipping: order.Address{Phone: r.Shipping.Phone}, Billing: order.Address{Phone: r.Billing.Phone}}}) &&
			v.Op != Exists && !naiveWord(Word{Text: v.Text}, &order.Record{Order: order.Order{Customer: order.Customer{Name: r.Customer.Name, Email: r.Customer.Email, Company: r.Customer.Company}}}) ||
			v.Op == Exists && r.Customer.Phone+r.Shipping.Phone+r.Billing.Phone != ""
	case "customer":
		have = []string{r.Customer.Name, r.Customer.Company, r.Shipping.Name, r.Shipping.Company, r.Billing.Name, r.Billing.Company}
	case "product":
		for _, l := range r.Lines {
			have = append(have, l.Title+" "+l.Variant)
		}
	case "sku":
		for _, l := range r.Lines {
			have = append(have, l.SKU)
		}
	case "tracking":
		for _, s := range r.Fulfilments {
			have = append(have, s.Tracking)
		}
		for _, p := range r.Placements {
			for _, parcel := range p.Parcels {
				have = append(have, parcel.Tracking)
			}
		}
	case "note":
		have = []string{r.CustomerNote}
		for _, n := range r.Notes {
			if strings.HasSuffix(n.Kind, "note") {
				have = append(have, n.Text)
			}
		}
	default:
		one := map[string]string{
			"store": r.Store, "number": r.Number, "external_id": r.ExternalID, "email": r.Customer.Email, "source": r.Source,
			"payment": r.PaymentMethod, "shipping": r.ShippingMethod,
		}
		s, ok := one[field]
		if ok {
			have = []string{s}
		} else if have, ok = map[string][]string{"tag": r.Tags, "supplier": r.State.Suppliers}[field]; !ok {
			t.Fatalf("%s is not checked", field)
		}
	}
	f, _ := FieldNamed(field)
	for _, s := range have {
		if s == "" {
			continue
		}
		lower := text.Fold(s)
		switch v.Op {
		case Exists:
			return true
		case Equal:
			if f.Kind == Words && naivePhrase(s, v.Text) || f.Kind != Words && lower == text.Fold(v.Text) {
				return true
			}
		case Prefix, Suffix, Contains:
			at := strings.Index(lower, v.Text)
			last := strings.LastIndex(lower, v.Text)
			if at >= 0 && (v.Op == Contains || v.Op == Prefix && at == 0 || v.Op == Suffix && last+len(v.Text) == len(lower)) {
				return true
			}
		}
	}
	return false
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`stage:unpaid,pending store:aurora total:>100 created:2026-11-01..2026-11-21 country:BR -tag:wholesale "linen shirt"`,
		`a OR (b -c) NOT "d \" e"`, `tag:*"x, y"*,=z`, `total:>=1.250,00BRL items:1,2`, "created:-7d updated:<-2h date:last-month",
		"555 01 03 (11) 98765-4321", "--OR -AND NOT NOT", "\x1b[31m\u200b\xff", "１２ ：", "((((", `phone:"(0) 42"`, "number:＃5",
	} {
		f.Add(s, byte(0))
		f.Add(s, byte(1))
	}
	f.Fuzz(func(t *testing.T, src string, how byte) {
		o := Options{Now: now, Zone: warsaw, Decimal: '.', Partial: how&1 != 0}
		if how&2 != 0 {
			o.Decimal = ','
		}
		e, err := Parse(src, o)
		if err != nil {
			var bad *SyntaxError
			if !errors.As(err, &bad) || bad.Pos < 0 || bad.End < bad.Pos || bad.End > len(src) || bad.Msg == "" || e != nil {
				t.Fatalf("%q: %#v, %#v", src, err, e)
			}
			return
		}
		roundTrip(t, src, e, o)
		Match(e, sample(), now)
		for _, s := range Complete(src, len(src)/2, nil) {
			if s.From < 0 || s.To < s.From || s.To > len(src) {
				t.Fatalf("%q: suggestion %+v", src, s)
			}
		}
		Replace(src, "created", "created:today")
	})
}
