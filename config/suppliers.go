package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// supplierFields lists the fields that a supplier has below its name, in the order in which they are written.
var supplierFields = []field{
	{name: "kind", kind: text, example: "manual", doc: "manual (your own, by purchase order), cj (CJdropshipping) or demo"},
	{name: "title", kind: text, example: "Lumen EU", doc: "the name for people; by default the one above"},
	{name: "url", kind: text, check: checkURL, example: "https://api.example", doc: "where its API answers, where that is not the usual place"},
	{name: "currency", kind: text, check: checkCurrency, example: "EUR", doc: "in which it is paid"},
	{name: "mode", kind: choice, values: []string{"manual", "auto"}, example: "manual", doc: "auto buys what nothing is in the way of, without asking; it needs a cap"},
	{name: "cap", kind: text, check: checkAmount, example: "250.00", doc: "the most that is spent there in a day of your zone"},
	{name: "pay_with", kind: text, example: "balance", doc: "how it is paid; by default the first way that will do"},
	{name: "note_max", kind: number, check: upTo(10_000), example: "500", doc: "how many characters of instructions it takes"},
	{name: "branded_invoice", kind: flag, example: "true", doc: "whether it puts your invoice into the parcel"},
	{name: "return_days", kind: number, check: upTo(365), example: "30", doc: "days after delivery within which it takes goods back"},
	{name: "processing_days", kind: text, check: checkDays, example: "1-3", doc: "business days from payment to dispatch, for products that say none"},
	{name: "tell_store", kind: flag, example: "true", doc: "whether the store is told when it ships; by default true"},
	{name: "notify_customer", kind: flag, example: "false", doc: "whether the store writes to the customer then"},
	{name: "mail_to", kind: text, check: checkMail, example: "orders@lumen.example", doc: "who gets the purchase orders by mail"},
	{name: "sandbox", kind: flag, example: "false", doc: "true for orders that are only for practice"},
	{name: "store_platform", kind: text, example: "shopify", doc: "kind of store that CJ is told orders come from; it must be one that your CJ account has authorised"},
	{name: "warehouse", kind: text, check: checkCountry, example: "CN", doc: "country of the CJ warehouse that sends"},
	{name: "ioss", kind: text, example: "cj", doc: "how CJ declares the tax for the European Union: cj (with CJ's number), none, or your own number"},
}

// suppliers reads the suppliers by their names.
func (p *parser) suppliers(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		p.refuse(n, "suppliers is written as one `name:` a supplier, with its settings indented below.")
		return
	}
	p.pairs(n, func(key, value *yaml.Node) {
		if err := CheckSupplierName(key.Value); err != nil {
			p.refuse(key, "%v", err)
			return
		}
		if value.Kind != yaml.MappingNode {
			p.refuse(key, "the supplier %s has no settings: write its kind and its currency indented below.", key.Value)
			return
		}
		p.supplier(key, value)
	})
}

func (p *parser) supplier(key, n *yaml.Node) {
	r, ok := p.record(n, supplierFields)
	switch {
	case !ok:
		return
	case r.values["kind"] == "":
		p.refuse(key, "the supplier %s has no kind: write one, such as manual or cj.", key.Value)
		return
	case p.opts.Kinds != nil && !slices.Contains(p.opts.Kinds, r.values["kind"]):
		p.refuse(r.keys["kind"], "%q is no kind of supplier that Orderdeck knows.%s It knows %s.", r.values["kind"], didYouMean(r.values["kind"], p.opts.Kinds), orList(p.opts.Kinds))
		return
	case r.values["currency"] == "" && r.values["kind"] != "cj" && r.values["kind"] != "demo":
		p.refuse(key, "the supplier %s has no currency: write the one in which you pay it, such as EUR.", key.Value)
		return
	case r.values["mode"] == "auto" && r.values["cap"] == "":
		p.refuse(r.keys["mode"], "mode: auto spends money without asking, so %s needs a cap: write the most that may be spent there in a day.", key.Value)
		return
	}
	p.c.lines[path("suppliers", key.Value)] = key.Line
	for name, k := range r.keys {
		p.c.lines[path("suppliers", key.Value, name)] = k.Line
	}
	p.c.Suppliers = append(p.c.Suppliers, supplierFrom(key.Value, r))
}

func supplierFrom(name string, r record) SupplierConfig {
	v := r.values
	s := SupplierConfig{
		Name: name, Kind: v["kind"], Title: v["title"], Currency: v["currency"], Mode: v["mode"], Cap: v["cap"],
		PayWith: v["pay_with"], NoteMax: -1, TellStore: v["tell_store"] != "false", NotifyCustomer: v["notify_customer"] == "true",
		MailTo: v["mail_to"], Sandbox: v["sandbox"] == "true",
		Platform: v["store_platform"], Warehouse: v["warehouse"], IOSS: v["ioss"],
	}
	if v["url"] != "" {
		s.URL, _ = NormalizeURL(v["url"])
	}
	if s.Mode == "" {
		s.Mode = "manual"
	}
	if n, err := strconv.Atoi(v["note_max"]); err == nil {
		s.NoteMax = n
	}
	s.ReturnDays, _ = strconv.Atoi(v["return_days"])
	if b := v["branded_invoice"]; b != "" {
		s.BrandedInvoice = new(b == "true")
	}
	if d := v["processing_days"]; d != "" {
		s.ProcessingDays, _ = parseDays(d)
	}
	return s
}

// supplierLines writes a supplier as the lines below `suppliers:`. What is as by default is left out.
func supplierLines(s SupplierConfig) []string {
	lines := []string{s.Name + ":", "  kind: " + s.Kind}
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, "  "+name+": "+value)
		}
	}
	quoted := func(value string) string {
		if value == "" {
			return ""
		}
		return quote(value)
	}
	yes := map[bool]string{true: "true"}
	add("title", quoted(s.Title))
	add("url", quoted(s.URL))
	add("currency", s.Currency)
	if s.Mode != "manual" {
		add("mode", s.Mode)
	}
	add("cap", s.Cap)
	add("pay_with", quoted(s.PayWith))
	if s.NoteMax >= 0 {
		add("note_max", strconv.Itoa(s.NoteMax))
	}
	if s.BrandedInvoice != nil {
		add("branded_invoice", strconv.FormatBool(*s.BrandedInvoice))
	}
	if s.ReturnDays > 0 {
		add("return_days", strconv.Itoa(s.ReturnDays))
	}
	if s.ProcessingDays != [2]int{} {
		add("processing_days", fmt.Sprintf("%d-%d", s.ProcessingDays[0], s.ProcessingDays[1]))
	}
	if !s.TellStore {
		add("tell_store", "false")
	}
	add("notify_customer", yes[s.NotifyCustomer])
	add("mail_to", quoted(s.MailTo))
	add("sandbox", yes[s.Sandbox])
	add("store_platform", quoted(s.Platform))
	add("warehouse", quoted(s.Warehouse))
	add("ioss", quoted(s.IOSS))
	return lines
}

// AddSupplier writes a supplier into the file, and the mode in which keys are kept when that is chosen with it (""
// leaves it). Its NoteMax must be -1 where the kind's own is meant.
func (c *Config) AddSupplier(s SupplierConfig, mode string, o Options) error {
	return c.edit(o, func(lines []string, root *yaml.Node) ([]string, error) {
		lines, root = chooseSecrets(lines, root, mode)
		item := supplierLines(s)
		group := child(root, "suppliers")
		switch {
		case group == nil && !hasKey(root, "suppliers"):
			at := afterComment(lines, "#suppliers:")
			return splice(lines, at, at, append([]string{"suppliers:"}, indent("  ", item)...)), nil
		case group == nil || len(group.Content) == 0: // `suppliers:` or `suppliers: {}`
			line := keyNode(root, "suppliers").Line
			return splice(lines, line-1, line, append([]string{"suppliers:"}, indent("  ", item)...)), nil
		}
		pad := strings.Repeat(" ", max(0, group.Column-1))
		at := lastLine(group)
		return splice(lines, at, at, indent(pad, item)), nil
	}, func(after *Config) bool {
		got, ok := after.Supplier(s.Name)
		return ok && len(after.Suppliers) == len(c.Suppliers)+1 && len(after.Stores) == len(c.Stores) &&
			got.Kind == s.Kind && got.URL == s.URL && got.Currency == s.Currency && got.Cap == s.Cap
	})
}

// RemoveSupplier takes a supplier out of the file.
func (c *Config) RemoveSupplier(name string, o Options) error {
	return c.edit(o, func(lines []string, root *yaml.Node) ([]string, error) {
		group := child(root, "suppliers")
		key := keyNode(group, name)
		if key == nil {
			return nil, fmt.Errorf("there is no supplier called %s in %s", name, c.File)
		}
		if group.Style&yaml.FlowStyle != 0 {
			return lines, nil // check says so
		}
		lines = splice(lines, key.Line-1, lastLine(child(group, name)), nil)
		if len(group.Content) == 2 {
			lines[keyNode(root, "suppliers").Line-1] = "suppliers: {}"
		}
		return lines, nil
	}, func(after *Config) bool {
		_, still := after.Supplier(name)
		return !still && len(after.Suppliers) == len(c.Suppliers)-1 && len(after.Stores) == len(c.Stores)
	})
}

// rateFields lists the fields of a rate.
var rateFields = []field{
	{name: "from", kind: text, check: checkCurrency, example: "USD", doc: ""},
	{name: "to", kind: text, check: checkCurrency, example: "BRL", doc: ""},
	{name: "rate", kind: text, check: checkAmount, example: "5.43", doc: "what one USD is worth in BRL"},
	{name: "date", kind: text, check: checkDate, example: "2026-11-20", doc: "on this day"},
}

// rates reads the list of exchange rates.
func (p *parser) rates(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		p.refuse(n, "rates is a list: write a line of `- {from: USD, to: BRL, rate: 5.43, date: 2026-11-20}` for each.")
		return
	}
	for _, item := range n.Content {
		if item = resolveAlias(item); item.Kind != yaml.MappingNode {
			p.refuse(item, "a rate is written as `- {from: USD, to: BRL, rate: 5.43, date: 2026-11-20}`.")
			continue
		}
		r, ok := p.record(item, rateFields)
		if !ok || !p.required(item, r, "this rate", "from", "to", "rate", "date") {
			continue
		}
		rate := RateConfig{From: r.values["from"], To: r.values["to"], Rate: r.values["rate"], Line: item.Line}
		rate.Date, _ = time.Parse(dateForm, r.values["date"])
		switch {
		case rate.From == rate.To:
			p.refuse(item, "a rate from %s to itself says nothing: take it out.", rate.From)
		case slices.ContainsFunc(p.c.Rates, func(x RateConfig) bool {
			return x.From == rate.From && x.To == rate.To && x.Date.Equal(rate.Date)
		}):
			p.refuse(item, "there are two rates from %s to %s of %s: keep one of them.", rate.From, rate.To, r.values["date"])
		default:
			p.c.Rates = append(p.c.Rates, rate)
		}
	}
}
