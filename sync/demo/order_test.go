package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// each calls fn for every order of a world, as it is when the world begins.
func each(t testing.TB, w *World, fn func(s *shop, i int, o order.Order)) {
	t.Helper()
	for _, src := range w.Sources() {
		s, i := src.Platform.(*platform).shop, 0
		var cursor []byte
		for more := true; more; {
			b, err := src.Platform.Pull(context.Background(), streamOrders, cursor, nil)
			if err != nil {
				t.Fatal(err)
			}
			if b.Total != s.orders {
				t.Fatalf("%s: %d orders in all, want %d", s.name, b.Total, s.orders)
			}
			for _, p := range b.Orders {
				fn(s, i, p.Order)
				i++
			}
			if b.Done != i {
				t.Fatalf("%s: %d orders done, %d given", s.name, b.Done, i)
			}
			cursor, more = b.Cursor, b.More
		}
		if i != s.orders {
			t.Fatalf("%s gave %d orders, want %d", s.name, i, s.orders)
		}
		if b, _ := src.Platform.Pull(context.Background(), streamOrders, cursor, nil); len(b.Orders)+len(b.Gone) > 0 || b.More {
			t.Fatalf("%s gave more after the end", s.name)
		}
	}
}

func TestDeterminism(t *testing.T) {
	all := func(seed int64) string {
		w, c := world(800, seed)
		k := newDesk(w)
		k.sync(t)
		c.forward(40 * 3600e9)
		k.sync(t)
		data, err := json.Marshal([]any{k.orders, k.placements, k.links, k.gone})
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	five := all(5)
	if five != all(5) {
		t.Error("the same seed made two worlds")
	}
	if five == all(6) {
		t.Error("two seeds made the same world")
	}
}

// TestTimeNeverFalls also holds for a million orders, in which many share a second.
func TestTimeNeverFalls(t *testing.T) {
	for _, n := range []int{1, 2, 7, 300, DefaultOrders, 1_000_000} {
		w, _ := world(n, 9)
		for _, s := range w.shops {
			v := s.seen()
			v.Segments = []segment{{From: s.start}, {From: s.start + 3*days, To: s.start + 9*days, Base: 40}, {From: s.start + 9*days, Base: 90}}
			v.Count = 130
			step := max(1, s.orders/50_000)
			last := int64(0)
			for i := 0; i < v.known(); i++ {
				if i == 1000 {
					i = max(i, s.orders-step*40_000)
				}
				at := v.createdAt(i)
				if at < last {
					t.Fatalf("%d orders: %s's order %d came %d s before the one before it", n, s.name, i, last-at)
				}
				if i < s.orders && (at < s.past.from || at > s.start) {
					t.Fatalf("%d orders: order %d came at %s, outside the history", n, i, instant(at))
				}
				last = at
			}
		}
	}
}

func TestTotals(t *testing.T) {
	w, _ := world(4000, 3)
	wrong := 0
	each(t, w, func(s *shop, i int, o order.Order) {
		sub := int64(0)
		for _, l := range o.Lines {
			whole, err := l.UnitPrice.Times(l.Quantity)
			if err != nil {
				t.Fatal(err)
			}
			if l.Total.Minor != whole.Minor-l.Discount.Minor || l.Total.Minor <= 0 || l.Tax.Minor < 0 {
				t.Fatalf("%s/%s: line %s: %v × %v − %v is not %v", o.Store, o.Number, l.ExternalID, l.UnitPrice, l.Quantity, l.Discount, l.Total)
			}
			sub += l.Total.Minor
		}
		total := o.Subtotal.Minor + o.ShippingCost.Minor - o.Discount.Minor
		for _, a := range o.Adjustments {
			total += a.Amount.Minor
		}
		if !o.TaxIncluded {
			total += o.Tax.Minor
		}
		if sub != o.Subtotal.Minor || o.Total.Minor <= 0 || o.Tax.Minor < 0 || o.Tax.Minor >= o.Total.Minor {
			t.Errorf("%s/%s: subtotal %v, total %v, tax %v", o.Store, o.Number, o.Subtotal, o.Total, o.Tax)
		}
		if total != o.Total.Minor {
			if wrong++; s.fateOf(i) != miscounted {
				t.Errorf("%s/%s: the parts make %d, the total is %v", o.Store, o.Number, total, o.Total)
			}
		}
		if o.Refunded.Minor > max(o.Paid.Minor, 0) {
			t.Errorf("%s/%s: %v paid, %v refunded", o.Store, o.Number, o.Paid, o.Refunded)
		}
		for _, l := range o.Lines {
			if l.Fulfilled > l.Quantity || l.Cancelled+l.Refunded > l.Quantity {
				t.Errorf("%s/%s: of %v, %v fulfilled, %v cancelled, %v refunded", o.Store, o.Number, l.Quantity, l.Fulfilled, l.Cancelled, l.Refunded)
			}
		}
	})
	if wrong == 0 || wrong > 12 {
		t.Errorf("%d orders do not add up, want a few", wrong)
	}
}

// TestMarks makes sure that an order and its placements change when they are said to, and at no other time: polls rely
// on it.
func TestMarks(t *testing.T) {
	w, _ := world(900, 2)
	for _, s := range w.shops {
		v := s.seen()
		v.Segments, v.Count = []segment{{From: s.start, To: s.start + 20*days}, {From: s.start + 20*days, Base: 90}}, 160
		for i := range v.known() {
			var p plan
			v.plan(&p, i)
			check := func(what string, m *marks, at func(now int64) string) {
				list := slices.Clone(m.at[:m.n])
				slices.Sort(list)
				list = slices.Compact(list)
				if m.n == len(m.at) {
					t.Fatalf("%s/%d: the marks of the %s may not all be there", s.name, i, what)
				}
				for k, from := range list {
					until := p.at + horizon*2
					if k+1 < len(list) {
						until = list[k+1] - 1
					}
					if from < p.at || from > p.at+horizon {
						t.Errorf("%s/%d (fate %d): the %s changes %d days after the order", s.name, i, p.fate, what, (from-p.at)/days)
					}
					if a, b := at(from), at(until); a != b {
						t.Fatalf("%s/%d (fate %d): the %s changed between two marks:\n%s\n%s", s.name, i, p.fate, what, a, b)
					}
				}
			}
			check("order", &p.marks, func(now int64) string { return digest(t, p.order(now)) })
			for k := range p.parts {
				via := p.parts[k].via
				check("placement", &p.parts[k].marks, func(now int64) string { return digest(t, p.placements(nil, via, now)) })
			}
		}
	}
}

var shapes = map[string]struct{ zip, phone *regexp.Regexp }{
	"BR": {regexp.MustCompile(`^\d{5}-\d{3}$`), regexp.MustCompile(`^\+55 \d\d 9\d555-01\d\d$`)},
	"PT": {regexp.MustCompile(`^\d{4}-\d{3}$`), regexp.MustCompile(`^\+351 9[1236]\d 555 0\d\d$`)},
	"PL": {regexp.MustCompile(`^\d\d-\d{3}$`), regexp.MustCompile(`^\+48 \d\d 555 01 \d\d$`)},
	"US": {regexp.MustCompile(`^\d{5}$`), regexp.MustCompile(`^\+1 \(\d{3}\) 555-01\d\d$`)},
	"JP": {regexp.MustCompile(`^\d{3}-\d{4}$`), regexp.MustCompile(`^\+81 \d{1,2}-5550-01\d\d$`)},
}

var mail = regexp.MustCompile(`^[a-z][a-z0-9.-]*@example\.(com|org|net)$`)

func TestPeople(t *testing.T) {
	w, _ := world(4000, 4)
	seen := map[string]int{}
	each(t, w, func(_ *shop, _ int, o order.Order) {
		seen[o.Customer.ExternalID]++
		a, c := o.Shipping, o.Customer
		shape, ok := shapes[a.Country]
		if !ok || !shape.zip.MatchString(a.PostalCode) || !shape.phone.MatchString(a.Phone) || !mail.MatchString(c.Email) {
			t.Errorf("%s/%s: %q, %q, %q, %q", o.Store, o.Number, a.Country, a.PostalCode, a.Phone, c.Email)
		}
		if a.City == "" || a.Name == "" || c.Name != a.Name || strings.Contains(c.Name, ",") {
			t.Errorf("%s/%s: %q in %q", o.Store, o.Number, a.Name, a.City)
		}
		if c.TaxID != "" && validTaxID(c.TaxID) {
			t.Errorf("%s/%s: the tax number %s may be somebody's", o.Store, o.Number, c.TaxID)
		}
	})
	again := 0
	for _, n := range seen {
		if n > 1 {
			again += n
		}
	}
	if again < 800 || again > 2400 {
		t.Errorf("%d of 4000 orders are from customers who bought more than once", again)
	}
}

// validTaxID tells whether the first check digit of a CPF, CNPJ or NIP is right.
func validTaxID(s string) bool {
	var n []int
	for _, c := range s {
		if unicode.IsDigit(c) {
			n = append(n, int(c-'0'))
		}
	}
	weights := map[int][]int{
		10: {6, 5, 7, 2, 3, 4, 5, 6, 7}, 11: {10, 9, 8, 7, 6, 5, 4, 3, 2}, 14: {5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2},
	}[len(n)]
	sum := 0
	for i, w := range weights {
		sum += w * n[i]
	}
	if len(n) == 10 {
		return sum%11 == n[9]
	}
	return mod11(sum) == n[len(weights)]
}

// TestTextsAreClean looks at every text of every order, the hostile ones among them.
func TestTextsAreClean(t *testing.T) {
	w, _ := world(3000, 1)
	hostiles, long, many := 0, 0, 0
	each(t, w, func(s *shop, i int, o order.Order) {
		var v any
		if err := json.Unmarshal([]byte(digest(t, o)), &v); err != nil {
			t.Fatal(err)
		}
		walk(v, func(x string) {
			if x != text.CleanLines(x) {
				t.Errorf("%s/%s: %q is not clean", o.Store, o.Number, x)
			}
		})
		if s.fateOf(i) == hostile {
			hostiles++
			if len(o.Lines[0].Title) > 300 {
				long++
			}
		}
		if len(o.Lines) == 120 {
			many++
		}
	})
	if hostiles < 4 || long == 0 || many == 0 {
		t.Errorf("%d hostile orders, %d with long titles, %d endless; want some of each", hostiles, long, many)
	}
}

func walk(v any, fn func(string)) {
	switch v := v.(type) {
	case string:
		fn(v)
	case []any:
		for _, x := range v {
			walk(x, fn)
		}
	case map[string]any:
		for _, x := range v {
			walk(x, fn)
		}
	}
}

func TestPictures(t *testing.T) {
	w, _ := world(2000, 1)
	urls := map[string]bool{}
	each(t, w, func(_ *shop, _ int, o order.Order) {
		for _, l := range o.Lines {
			urls[l.ImageURL] = true
		}
	})
	for url := range urls {
		img, ok := Image(url)
		if !ok {
			t.Errorf("there is no picture %q", url)
			continue
		}
		if size := img.Bounds().Size(); size.X != pictureSize || size.Y != pictureSize {
			t.Errorf("%s is %v", url, size)
		}
		colours := map[string]bool{}
		for at := range pictureSize * pictureSize / 16 {
			colours[fmt.Sprint(img.At(at*4%pictureSize, at*4/pictureSize*4))] = true
		}
		if len(colours) < 5 {
			t.Errorf("%s shows nothing", url)
		}
	}
	for _, url := range []string{"", "demo:", "demo:shirt", "demo:shirt-0", "demo:shirt-99", "demo:nothing-1", "https://example.com/x-1", "demo:shirt--1"} {
		if _, ok := Image(url); ok {
			t.Errorf("there is a picture %q", url)
		}
	}
}

func TestCursorsOfOthersAreRefused(t *testing.T) {
	w, _ := world(10, 1)
	for _, src := range w.Sources() {
		for _, stream := range src.Platform.Streams() {
			if _, err := src.Platform.Pull(context.Background(), stream, []byte("{]"), nil); err == nil {
				t.Errorf("%s took a cursor that is none", stream)
			}
		}
		if _, err := src.Platform.Pull(context.Background(), "nothing", nil, nil); err == nil {
			t.Error("there is a stream that nobody named")
		}
	}
	for _, s := range w.Suppliers() {
		for _, stream := range append(s.Streams(), "nothing") {
			if _, err := s.Pull(context.Background(), stream, []byte("{]")); err == nil {
				t.Errorf("%s: %s took a cursor that is none", s.Name(), stream)
			}
		}
	}
}
