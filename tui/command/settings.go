package command

import (
	"errors"
	"fmt"
	"slices"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// kindDefaults is what a kind of supplier has where the merchant says nothing.
type kindDefaults struct {
	currency string
	noteMax  int
}

// supplierKinds are the kinds of suppliers that the settings may name.
var supplierKinds = map[string]kindDefaults{
	"manual": {noteMax: 2000},
	"cj":     {currency: "USD", noteMax: 500},
	"demo":   {currency: "USD", noteMax: 500},
}

// CheckoutSettings turns what the merchant has set into what a checkout goes by. What contradicts itself in the rules is
// refused, with the line where it stands.
func CheckoutSettings(c *config.Config, rules config.Rules) (checkout.Settings, error) {
	s := checkout.Settings{Base: c.Base, Zone: c.Zone, HoldDays: map[string]int{}}
	for _, st := range c.Stores {
		if st.HoldDays > 0 {
			s.HoldDays[st.Name] = st.HoldDays
		}
	}
	for _, r := range c.Rates {
		s.Rates = append(s.Rates, checkout.Rate{From: r.From, To: r.To, Rate: r.Rate, Date: r.Date})
	}
	if err := places(c.File, checkout.CheckRates(s.Rates), func(i int) int { return c.Rates[i].Line }); err != nil {
		return s, &coded{ExitUsage, err}
	}
	for _, one := range c.Suppliers {
		supplier, err := checkoutSupplier(one)
		if err != nil {
			return s, usage("%s: %w", c.Where("suppliers", one.Name, "cap"), err)
		}
		s.Suppliers = append(s.Suppliers, supplier)
	}
	return s, withRules(&s, rules, c.RulesFile())
}

// withRules puts the rules of a file into settings.
func withRules(s *checkout.Settings, rules config.Rules, file string) error {
	var err error
	if s.Rules, err = shippingRules(rules.Shipping); err == nil {
		err = checkout.CheckRules(s.Rules)
	}
	line := func(i int) int { return rules.Shipping[i].Line }
	if err == nil {
		s.Packaging = packagingRules(rules.Packaging)
		err, line = checkout.CheckPackaging(s.Packaging), func(i int) int { return rules.Packaging[i].Line }
	}
	if err = places(file, err, line); err != nil {
		return &coded{ExitUsage, err}
	}
	return nil
}

// checkoutSupplier is one supplier of the settings as a checkout knows it.
func checkoutSupplier(c config.SupplierConfig) (checkout.Supplier, error) {
	kind := supplierKinds[c.Kind]
	s := checkout.Supplier{
		Name: c.Name, Kind: c.Kind, Title: c.Title, Currency: c.Currency, Mode: checkout.Mode(c.Mode), PayWith: c.PayWith,
		NoteMax: c.NoteMax, BrandedInvoice: c.BrandedInvoice, ReturnDays: c.ReturnDays, ProcessingDays: c.ProcessingDays,
		TellStore: c.TellStore, NotifyCustomer: c.NotifyCustomer,
	}
	if s.Currency == "" {
		s.Currency = kind.currency
	}
	if s.NoteMax < 0 {
		s.NoteMax = kind.noteMax
	}
	if c.Cap != "" {
		most, err := order.ParseMoney(c.Cap, s.Currency)
		if err != nil || most.Exact != "" {
			return s, fmt.Errorf("the cap “%s” of %s is no amount of %s: write one such as 250", c.Cap, c.Name, s.Currency)
		}
		s.Cap = &most
	}
	return s, nil
}

// shippingRules reads the amounts of rules.
func shippingRules(rules []config.RuleConfig) ([]checkout.Rule, error) {
	out := make([]checkout.Rule, len(rules))
	var wrong []error
	for i, c := range rules {
		r := checkout.Rule{
			Name: c.Name, Sequence: c.Sequence, Disabled: c.Disabled, Countries: c.Countries, Supplier: c.Supplier,
			Method: c.Method, CashOnDelivery: c.CashOnDelivery,
		}
		for _, bound := range []struct {
			name, text string
			into       **order.Money
		}{
			{"amount_from", c.AmountFrom, &r.AmountFrom},
			{"amount_to", c.AmountTo, &r.AmountTo},
			{"freight_from", c.FreightFrom, &r.FreightFrom},
			{"freight_to", c.FreightTo, &r.FreightTo},
		} {
			if bound.text == "" {
				continue
			}
			m, err := checkout.ParseAmount(bound.text)
			if err != nil {
				wrong = append(wrong, &checkout.RuleError{Index: i, Text: fmt.Sprintf("%s of the rule “%s”: %v", bound.name, c.Name, err)})
				continue
			}
			*bound.into = &m
		}
		out[i] = r
	}
	return out, errors.Join(wrong...)
}

func packagingRules(rules []config.PackagingConfig) []checkout.PackagingRule {
	out := make([]checkout.PackagingRule, len(rules))
	for i, c := range rules {
		out[i] = checkout.PackagingRule{
			Name: c.Name, Sequence: c.Sequence, Disabled: c.Disabled, Supplier: c.Supplier, Stores: c.Stores,
			Countries: c.Countries, Tags: c.Tags, SKUs: c.SKUs, CardText: c.CardText,
		}
	}
	return out
}

// configRules writes rules as the file has them.
func configRules(s *checkout.Settings) config.Rules {
	amount := func(m *order.Money) string {
		if m == nil {
			return ""
		}
		return m.Decimal() + " " + m.Currency
	}
	var out config.Rules
	for _, r := range s.Rules {
		out.Shipping = append(out.Shipping, config.RuleConfig{
			Name: r.Name, Sequence: r.Sequence, Disabled: r.Disabled, Supplier: r.Supplier, Countries: r.Countries,
			AmountFrom: amount(r.AmountFrom), AmountTo: amount(r.AmountTo), FreightFrom: amount(r.FreightFrom),
			FreightTo: amount(r.FreightTo), Method: r.Method, CashOnDelivery: r.CashOnDelivery,
		})
	}
	for _, r := range s.Packaging {
		out.Packaging = append(out.Packaging, config.PackagingConfig{
			Name: r.Name, Sequence: r.Sequence, Disabled: r.Disabled, Supplier: r.Supplier, Stores: r.Stores,
			Countries: r.Countries, Tags: r.Tags, SKUs: r.SKUs, CardText: r.CardText,
		})
	}
	return out
}

// places puts the line of a file before each of the errors about rules or rates that an error joins.
func places(file string, err error, line func(i int) int) error {
	if err == nil {
		return nil
	}
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	var out config.Errors
	for _, one := range list {
		var wrong *checkout.RuleError
		e := &config.Error{Text: one.Error() + "."}
		if errors.As(one, &wrong) {
			if e.Line = line(wrong.Index); e.Line > 0 {
				e.File = file
			}
		}
		out = append(out, e)
	}
	return out
}

// unusable says of the rules that are right as such and still never matter: those for a supplier that is not set up.
func unusable(s *checkout.Settings) []string {
	var out []string
	known := func(name string) bool {
		return name == "" || slices.ContainsFunc(s.Suppliers, func(x checkout.Supplier) bool { return x.Name == name })
	}
	for _, r := range s.Rules {
		if !known(r.Supplier) {
			out = append(out, fmt.Sprintf("the rule “%s” is for the supplier %s, which is not set up", r.Name, r.Supplier))
		}
	}
	for _, r := range s.Packaging {
		if !known(r.Supplier) {
			out = append(out, fmt.Sprintf("the packaging rule “%s” is for the supplier %s, which is not set up", r.Name, r.Supplier))
		}
	}
	for _, e := range checkout.Overlaps(s.Rules) {
		out = append(out, e.Text)
	}
	return out
}
