package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// checkoutOf reads settings and rules from two texts.
func checkoutOf(t *testing.T, file, rules string) (checkout.Settings, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"config.yaml": file, "rules.yaml": rules} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(config.Options{File: filepath.Join(dir, "config.yaml"), Lookup: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	read, err := c.Rules()
	if err != nil {
		t.Fatal(err)
	}
	return CheckoutSettings(c, read)
}

func TestCheckoutSettings(t *testing.T) {
	s, err := checkoutOf(t, `
timezone: America/Sao_Paulo
base: BRL
stores:
  - {name: shop, platform: x, url: a.example, hold_days: 2}
  - {name: other, platform: x, url: b.example}
suppliers:
  lumen: {kind: manual, title: Lumen EU, currency: EUR, cap: 250.5, mode: auto, processing_days: 1-3}
  cj: {kind: cj, note_max: 0, tell_store: false}
rates:
  - {from: EUR, to: BRL, rate: 6.2, date: 2026-11-20}
`, `
shipping:
  - name: Brazil
    sequence: 7
    supplier: lumen
    countries: [BR]
    amount_from: 10 BRL
    freight_to: EUR 15,50
    method: Standard
    cash_on_delivery: true
packaging:
  - {name: Kraft, tags: [gift], skus: [K], card_text: Hi}
`)
	if err != nil {
		t.Fatal(err)
	}
	lumen, cj := s.Suppliers[0], s.Suppliers[1]
	if lumen.Cap == nil || *lumen.Cap != order.New(25_050, "EUR") || lumen.Mode != checkout.ModeAuto || lumen.NoteMax != 2000 || lumen.Label() != "Lumen EU" || !lumen.TellStore {
		t.Errorf("lumen: %+v", lumen)
	}
	if cj.Currency != "USD" || cj.NoteMax != 0 || cj.Mode != checkout.ModeManual || cj.Cap != nil || cj.TellStore {
		t.Errorf("cj: %+v", cj)
	}
	if len(s.HoldDays) != 1 || s.HoldDays["shop"] != 2 || s.Zone.String() != "America/Sao_Paulo" || s.Base != "BRL" || s.Rates[0].Date.Day() != 20 {
		t.Errorf("%+v", s)
	}
	r := s.Rules[0]
	if r.Sequence != 7 || *r.AmountFrom != order.New(1_000, "BRL") || *r.FreightTo != order.New(1_550, "EUR") || r.AmountTo != nil || !r.CashOnDelivery || r.Countries[0] != "BR" {
		t.Errorf("rule: %+v", r)
	}
	if p := s.Packaging[0]; p.Sequence != 10 || p.SKUs[0] != "K" || p.CardText != "Hi" {
		t.Errorf("packaging: %+v", p)
	}
	// What is written back says the same.
	again := configRules(&s)
	back, err := shippingRules(again.Shipping)
	if err != nil || *back[0].FreightTo != *r.FreightTo || back[0].Method != r.Method || again.Packaging[0].SKUs[0] != "K" {
		t.Errorf("%+v, %v", back, err)
	}
	if odd := unusable(&s); len(odd) != 0 {
		t.Errorf("%q", odd)
	}
}

func TestCheckoutSettingsRefuse(t *testing.T) {
	const file = "suppliers:\n  lumen: {kind: manual, currency: EUR}\n"
	for name, tt := range map[string]struct{ file, rules, want string }{
		"an amount without a currency": {file, "shipping:\n  - {name: a, method: m, amount_from: 5}\n", "rules.yaml:2: amount_from of the rule “a”: “5” names no currency"},
		"bounds the wrong way round":   {file, "shipping:\n  - {name: b, method: m}\n  - {name: a, method: m, amount_from: 5 EUR, amount_to: 4 EUR}\n", "rules.yaml:3: the rule “a” goes from EUR 5.00 to EUR 4.00"},
		"two of a name":                {file, "packaging:\n  - {name: a, skus: [x]}\n  - {name: a, skus: [y]}\n", "rules.yaml:3: two rules are called “a”"},
		"a cap with too many decimals": {"suppliers:\n  lumen: {kind: manual, currency: JPY, cap: 2.5}\n", "", "config.yaml:2: the cap “2.5” of lumen is no amount of JPY"},
		"a rate out of all bounds":     {"rates:\n  - {from: USD, to: BRL, rate: 99999999999, date: 2026-01-01}\n", "", "config.yaml:2: the rate “99999999999” from USD to BRL is out of all bounds"},
	} {
		_, err := checkoutOf(t, tt.file, tt.rules)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v\nwant %s", name, err, tt.want)
		} else if code, _ := exitCode(t.Context(), err); code != ExitUsage {
			t.Errorf("%s: exit code %d", name, code)
		}
	}
	s, err := checkoutOf(t, file, "shipping:\n  - {name: a, method: m, supplier: gone}\n  - {name: b, method: m}\n  - {name: c, method: m, countries: [PT]}\npackaging:\n  - {name: k, skus: [x], supplier: gone}\n")
	if odd := strings.Join(unusable(&s), "\n"); err != nil || strings.Count(odd, "is not set up") != 2 || !strings.Contains(odd, "“b” comes before “c”") {
		t.Errorf("%v\n%s", err, odd)
	}
	if s.Zone == nil || s.Zone == (*time.Location)(nil) {
		t.Error("no zone")
	}
}

// TestMoveRules puts every rule everywhere among others: the order is the wanted one, and no two rules share a place.
func TestMoveRules(t *testing.T) {
	for _, places := range [][]int{{10, 20, 30}, {1, 2, 3}, {0, 1, 2}, {5, 6, 100}, {30, 10, 20}} {
		for at := range places {
			for to := range places {
				for _, after := range []bool{false, true} {
					if at == to {
						continue
					}
					got := append([]int(nil), places...)
					got[at] = place(len(got), at, to, after, func(i int) *int { return &got[i] })
					seen := map[int]bool{}
					for i, n := range got {
						if seen[n] || n < 0 {
							t.Fatalf("%v: %d moved beside %d: %v", places, at, to, got)
						}
						seen[n] = true
						if i == at || i == to {
							continue
						}
						if (places[i] < places[to]) != (got[i] < got[to]) || (got[i] < got[at]) != (places[i] < places[to]) {
							t.Fatalf("%v: %d moved beside %d (after: %t): %v", places, at, to, after, got)
						}
					}
					if (got[at] > got[to]) != after {
						t.Fatalf("%v: %d moved beside %d (after: %t): %v", places, at, to, after, got)
					}
				}
			}
		}
	}
}
