package config

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

const checkoutFile = `
stores:
  - {name: shop, platform: vendure, url: a.example, hold_days: 3}
suppliers:
  lumen:
    kind: manual
    title: Lumen EU
    currency: EUR
    mode: auto
    cap: 250.00
    pay_with: transfer
    note_max: 300
    branded_invoice: false
    return_days: 14
    processing_days: 1-3
    tell_store: false
    notify_customer: true
    mail_to: orders@lumen.example
  cj:
    kind: cj
    sandbox: true
    store_platform: woocommerce
    warehouse: US
    ioss: none
rates:
  - {from: USD, to: BRL, rate: 5.43, date: 2026-11-20}
  - {from: USD, to: BRL, rate: "5.40", date: "2026-11-01"}
base: BRL
brand:
  name: "Aurora: linen"
  logo: ~/logo.PNG
  color: "#7c3aed"
  address: |
    Rua Augusta 1508
    São Paulo
  font: /fonts/x.otf
  languages: [pt-BR, en]
mail: {host: smtp.example, port: 465, user: me, from: orders@shop.example}
`

func TestWhatACheckoutNeeds(t *testing.T) {
	c := mustLoad(t, checkoutFile, nil)
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
	want := []SupplierConfig{
		{
			Name: "lumen", Kind: "manual", Title: "Lumen EU", Currency: "EUR", Mode: "auto", Cap: "250.00", PayWith: "transfer", NoteMax: 300,
			BrandedInvoice: new(false), ReturnDays: 14, ProcessingDays: [2]int{1, 3}, NotifyCustomer: true, MailTo: "orders@lumen.example",
		},
		{Name: "cj", Kind: "cj", Mode: "manual", NoteMax: -1, TellStore: true, Sandbox: true, Platform: "woocommerce", Warehouse: "US", IOSS: "none"},
	}
	if !reflect.DeepEqual(c.Suppliers, want) {
		t.Errorf("suppliers\n%+v\nwant\n%+v", c.Suppliers, want)
	}
	if want := []RateConfig{{"USD", "BRL", "5.43", day(20), 26}, {"USD", "BRL", "5.40", day(1), 27}}; !reflect.DeepEqual(c.Rates, want) {
		t.Errorf("rates %+v", c.Rates)
	}
	home, _ := os.UserHomeDir()
	brand := BrandConfig{
		Name: "Aurora: linen", Logo: filepath.Join(home, "logo.PNG"), Color: "#7c3aed", Address: "Rua Augusta 1508\nSão Paulo\n",
		Font: "/fonts/x.otf", Languages: []string{"pt-BR", "en"},
	}
	if !reflect.DeepEqual(c.Brand, brand) || c.Mail != (MailConfig{"smtp.example", 465, "me", "orders@shop.example"}) || c.Base != "BRL" || c.Stores[0].HoldDays != 3 {
		t.Errorf("%+v\n%+v\n%s %d", c.Brand, c.Mail, c.Base, c.Stores[0].HoldDays)
	}
	if c.Where("suppliers", "lumen", "cap") != c.File+":10" {
		t.Errorf("the cap stands at %s", c.Where("suppliers", "lumen", "cap"))
	}
	again := mustLoad(t, strings.ReplaceAll(c.Show(), "secrets: ", "#"), nil)
	for i := range again.Rates {
		again.Rates[i].Line = c.Rates[i].Line
	}
	if got, want := bare(again), bare(c); !reflect.DeepEqual(got, want) {
		t.Errorf("what is shown reads as\n%+v\nwant\n%+v\n%s", got, want, c.Show())
	}
	for _, secret := range []string{"Lumen", "orders@", "Augusta", "Aurora", "smtp.example", "logo."} {
		if public := c.ShowPublic(); strings.Contains(public, secret) {
			t.Errorf("%s leaves the computer:\n%s", secret, public)
		}
	}
	env := map[string]string{"ORDERDECK_BASE": "EUR", "ORDERDECK_BRAND_LANGUAGES": "pl, en", "ORDERDECK_MAIL_PORT": "25"}
	if c := mustLoad(t, checkoutFile, env); c.Base != "EUR" || !slices.Equal(c.Brand.Languages, []string{"pl", "en"}) || c.Mail.Port != 25 {
		t.Errorf("with variables: %s %v %d", c.Base, c.Brand.Languages, c.Mail.Port)
	}
	if none := mustLoad(t, "suppliers:\nrates:\nbrand:\n", nil); len(none.Suppliers)+len(none.Rates) > 0 || none.Mail.Port != 587 {
		t.Errorf("nothing behind them: %+v", none)
	}
}

func TestCheckoutRefusals(t *testing.T) {
	supplier := func(fields string) string {
		return "suppliers:\n  a:\n    kind: manual\n    currency: EUR\n    " + fields + "\n"
	}
	tests := []struct{ name, text, want string }{
		{"a list of suppliers", "suppliers:\n  - name: a\n", `:2: suppliers is written as`},
		{"a supplier's name", "suppliers:\n  My Supplier:\n    kind: manual\n", `:2: "My Supplier" cannot be a supplier's name`},
		{"a supplier without settings", "suppliers:\n  a:\n", `:2: the supplier a has no settings`},
		{"twice", "suppliers:\n  a: {kind: cj}\n  a: {kind: cj}\n", `:3: a stands here for the second time`},
		{"no kind", "suppliers:\n  a:\n    currency: EUR\n", `:2: the supplier a has no kind`},
		{"another kind", "suppliers:\n  a:\n    kind: manul\n    currency: EUR\n", `:3: "manul" is no kind of supplier that Orderdeck knows. Did you mean manual?`},
		{"no currency", "suppliers:\n  a: {kind: manual}\n", `:2: the supplier a has no currency`},
		{"unknown", supplier("capp: 3"), `:5: there is no setting called "capp". Did you mean cap?`},
		{"a key", supplier("api_key: hunter2"), `keys never stand in this file`},
		{"currency", "suppliers:\n  a: {kind: manual, currency: eur}\n", `"eur" is no currency`},
		{"mode", supplier("mode: automatic"), `:5: mode cannot be "automatic": use manual or auto`},
		{"auto without a cap", supplier("mode: auto"), `:5: mode: auto spends money without asking, so a needs a cap`},
		{"no amount", supplier("cap: lots"), `:5: "lots" is no amount above 0`},
		{"a negative cap", supplier("cap: -5"), `"-5" is no amount above 0`},
		{"a cap of nothing", supplier("cap: 0.00"), `"0.00" is no amount above 0`},
		{"days", supplier("processing_days: soon"), `:5: "soon" are no days`},
		{"days the wrong way round", supplier("processing_days: 5-3"), `write the least days first`},
		{"return days", supplier("return_days: 1000"), `:5: 1000 is too large`},
		{"negative days", supplier("return_days: -1"), `return_days cannot be "-1": write a whole number`},
		{"mail", supplier("mail_to: me"), `:5: "me" is no mail address`},
		{"hold days", "stores:\n  - {name: a, platform: vendure, url: a.example, hold_days: long}\n", `:2: hold_days cannot be "long": write a whole number`},
		{"rates as a mapping", "rates: {USD: 5}\n", `:1: rates is a list`},
		{"a rate as a text", "rates: [USD]\n", `:1: a rate is written as`},
		{"a rate without a date", "rates:\n  - {from: USD, to: BRL, rate: 5}\n", `:2: this rate has no date`},
		{"a rate of nothing", "rates:\n  - {from: USD, to: BRL, rate: 0, date: 2026-01-01}\n", `"0" is no amount above 0`},
		{"a day that there is not", "rates:\n  - {from: USD, to: BRL, rate: 5, date: 2026-02-30}\n", `"2026-02-30" is no date`},
		{"a rate to itself", "rates:\n  - {from: USD, to: USD, rate: 1, date: 2026-01-01}\n", `:2: a rate from USD to itself`},
		{"the same rate twice", "rates:\n  - {from: USD, to: BRL, rate: 5, date: 2026-01-01}\n  - {from: USD, to: BRL, rate: 6, date: 2026-01-01}\n", `:3: there are two rates from USD to BRL of 2026-01-01`},
		{"base", "base: R$\n", `:1: "R$" is no currency`},
		{"colour", "brand:\n  color: purple\n", `:2: "purple" is no colour`},
		{"logo", "brand:\n  logo: logo.svg\n", `:2: "logo.svg" cannot be used: name a file that ends in .png, .jpg or .jpeg`},
		{"font", "brand:\n  font: Arial\n", `name a file that ends in .ttf, .otf or .ttc`},
		{"language", "brand:\n  languages: [pt, klingonese]\n", `:2: "klingonese" is no language`},
		{"port", "mail:\n  port: 0\n", `:2: 0 is no port`},
		{"from", "mail:\n  from: Shop <a@b.example>\n", `is no mail address`},
		{"a password", "mail:\n  password: hunter2\n", `keys never stand in this file`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.text, nil, func(o *Options) { o.Kinds = []string{"manual", "cj"} })
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error is\n%v\nwant in it\n%s", err, tt.want)
			}
		})
	}
}

func TestAddAndRemoveSupplier(t *testing.T) {
	added := SupplierConfig{
		Name: "new", Kind: "manual", Title: "New: one", URL: "https://new.example", Currency: "EUR", Mode: "auto", Cap: "99.50", PayWith: "transfer",
		NoteMax: 0, BrandedInvoice: new(true), ReturnDays: 30, ProcessingDays: [2]int{2, 4}, MailTo: "a@b.example", Sandbox: true, NotifyCustomer: true,
	}
	for name, text := range map[string]string{
		"no file": "", "the file of defaults": Default(), "no suppliers": "# mine\ntheme: dark # really\n", "an empty mapping": "suppliers: {}\ntheme: dark\n",
		"nothing behind it": "suppliers:\n\ntheme: dark\n", "secrets chosen": "secrets: file\n",
		"another one": "suppliers:\n  # the old one\n  old:\n    kind: cj # yes\n    cap: 10\n\n# about the theme\ntheme: dark\n",
		"wide":        "stores:\n- {name: a, platform: vendure, url: a.example}\nsuppliers:\n      old: {kind: cj}\ntheme: dark\n",
	} {
		t.Run(name, func(t *testing.T) {
			o := options(filepath.Join(t.TempDir(), "config.yaml"), nil)
			if text != "" {
				if err := WriteFile(o.File, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			before := reload(t, o)
			if err := before.AddSupplier(added, ModeFile, o); err != nil {
				t.Fatal(err)
			}
			after := reload(t, o)
			if got, ok := after.Supplier("new"); !ok || !reflect.DeepEqual(got, added) || after.Secrets != ModeFile {
				t.Errorf("it reads back as\n%+v\nwant\n%+v, keys in %q", got, added, after.Secrets)
			}
			for line := range strings.Lines(text) {
				if line = strings.TrimRight(line, "\n"); !strings.HasPrefix(line, "suppliers:") && !strings.Contains(read(t, o.File), line+"\n") {
					t.Errorf("the line %q has been changed:\n%s", line, read(t, o.File))
				}
			}
			if err := after.RemoveSupplier("new", o); err != nil {
				t.Fatalf("%v\n%s", err, read(t, o.File))
			}
			gone := reload(t, o)
			if len(gone.Suppliers) != len(before.Suppliers) || len(gone.Stores) != len(before.Stores) || gone.Theme != before.Theme {
				t.Errorf("after it was removed:\n%s", read(t, o.File))
			}
			if err := gone.RemoveSupplier("none", o); err == nil || !strings.Contains(err.Error(), "no supplier called none") {
				t.Errorf("one that is not there: %v", err)
			}
		})
	}
	o := options(filepath.Join(t.TempDir(), "config.yaml"), nil)
	text := "suppliers: {old: {kind: cj}}\n"
	if err := WriteFile(o.File, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := reload(t, o)
	if err := errors.Join(c.AddSupplier(added, "", o), c.RemoveSupplier("old", o)); err == nil || strings.Count(err.Error(), "by hand") != 2 || read(t, o.File) != text {
		t.Errorf("suppliers in one line: %v\n%s", err, read(t, o.File))
	}
	added.Cap = ""
	if err := c.AddSupplier(added, "", options(filepath.Join(t.TempDir(), "x.yaml"), nil)); err == nil {
		t.Error("auto without a cap was written")
	}
}

func TestRulesFile(t *testing.T) {
	c := mustLoad(t, "", nil)
	if r, err := c.Rules(); err != nil || len(r.Shipping)+len(r.Packaging) > 0 {
		t.Errorf("no file: %+v, %v", r, err)
	}
	want := Rules{
		Shipping: []RuleConfig{
			{Name: "Norway", Sequence: 5, Countries: []string{"NO", "SE"}, AmountFrom: "10.00 USD", AmountTo: "20 USD", FreightFrom: "1 USD", FreightTo: "2 USD", Method: "Post: A", CashOnDelivery: true},
			{Name: "yes", Sequence: 15, Disabled: true, Supplier: "lumen", Method: "12"},
		},
		Packaging: []PackagingConfig{{Name: "K", Sequence: 10, Stores: []string{"shop"}, Tags: []string{"a, b"}, SKUs: []string{"X"}, CardText: "Thank\nyou"}},
	}
	if err := c.SaveRules(want); err != nil {
		t.Fatal(err)
	}
	got, err := c.Rules()
	for i := range got.Shipping {
		got.Shipping[i].Line = 0
	}
	for i := range got.Packaging {
		got.Packaging[i].Line = 0
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n%+v\nwant\n%+v\n%s", err, got, want, read(t, c.RulesFile()))
	}
	if err := c.SaveRules(Rules{}); err != nil {
		t.Error(err)
	}
	if r, err := c.Rules(); err != nil || len(r.Shipping) > 0 {
		t.Errorf("emptied: %+v, %v", r, err)
	}
	for text, want := range map[string]string{
		"shippin: []\n":                                   `:1: there is no kind of rules called "shippin". Did you mean shipping?`,
		"shipping: {}\n":                                  `:1: shipping is a list`,
		"shipping: [a]\n":                                 `:1: a rule is written as`,
		"shipping:\n  - method: x\n":                      `:2: this rule has no name`,
		"shipping:\n  - name: a\n    amount: 3\n":         `:3: there is no setting called "amount". Did you mean amount_from?`,
		"shipping:\n  - name: a\n    disabled: no\n":      `:3: disabled cannot be "no": write true or false`,
		"packaging:\n  - name: a\n    skus: {}\n":         `:3: skus takes a list such as [a, b]`,
		"shipping:\n  - name: a\n    name: b\n":           `:3: name stands here for the second time`,
		"\tx":                                             `this is not YAML`,
		"shipping:\n  - &a {name: x}\n  - *a\nshippin: 1": `:4: there is no kind of rules`,
	} {
		if err := os.WriteFile(c.RulesFile(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Rules(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
		if err := c.SaveRules(Rules{}); err == nil || read(t, c.RulesFile()) != text {
			t.Errorf("%q was written over", text)
		}
	}
}

func TestSecretsOfSuppliers(t *testing.T) {
	keyring.MockInit()
	ctx := context.Background()
	names := []string{"lumen", SupplierSecret("lumen"), SupplierToken("lumen"), MailSecret}
	for _, mode := range []string{ModeKeyring, ModeFile} {
		s, c := open(t, mode, nil)
		for i, name := range names {
			if err := s.Set(ctx, name, NewSecret(string(rune('a'+i)))); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for i, name := range names {
			if got, err := s.Get(ctx, name); err != nil || got.Reveal() != string(rune('a'+i)) {
				t.Errorf("%s of %s: %q, %v", name, mode, got.Reveal(), err)
			}
		}
		if mode == ModeFile {
			files, _ := filepath.Glob(filepath.Join(c.Folder(), "keys", "*"))
			if len(files) != len(names) || strings.Contains(strings.Join(files, ""), ":") {
				t.Errorf("kept in %q", files)
			}
			for _, bad := range []string{"supplier:../x", "supplier:", "token:a/b", "mail:x", "other:x"} {
				if err := s.Set(ctx, bad, NewSecret("k")); err == nil {
					t.Errorf("%q was taken as a name", bad)
				}
			}
		}
		if _, err := s.Get(ctx, SupplierSecret("cj")); !errors.Is(err, ErrNoSecret) || !strings.Contains(err.Error(), "for the supplier cj") || !strings.Contains(err.Error(), "orderdeck supplier key cj") {
			t.Errorf("none kept: %v", err)
		}
	}
	env := map[string]string{"ORDERDECK_SUPPLIER_LUMEN_EU_KEY": "k1", "ORDERDECK_SUPPLIER_LUMEN_EU_TOKEN": "k2", "ORDERDECK_MAIL_PASSWORD": "k3"}
	s, _ := open(t, ModeEnv, env)
	for i, name := range []string{SupplierSecret("lumen-eu"), SupplierToken("lumen-eu"), MailSecret} {
		if got, err := s.Get(ctx, name); err != nil || got.Reveal() != []string{"k1", "k2", "k3"}[i] {
			t.Errorf("%s: %q, %v", name, got.Reveal(), err)
		}
	}
	var entries []string
	for name := range env {
		entries = append(entries, name+"=x")
	}
	if got := Unread(append(entries, "ORDERDECK_MAIL_HOST=x", "ORDERDECK_SUPPLIER_KEYS=x")); len(got) != 1 || !strings.HasPrefix(got[0], "ORDERDECK_SUPPLIER_KEYS") {
		t.Errorf("nobody reads %q", got)
	}
}

func FuzzRules(f *testing.F) {
	f.Add("shipping:\n- &a {name: x, countries: [BR]}\n- *a\npackaging: *a\n")
	f.Add(rulesHead)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parseRules("rules.yaml", []byte(text)); err != nil && err.Error() == "" { // must not panic
			t.Errorf("an error without a sentence for %q", text)
		}
	})
}
