package checkout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
)

// methods lists the ways of sending, those that serve the part first, and chooses one: the merchant's choice, else the
// first rule that matches, else the cheapest.
func (m *maker) methods() {
	if m.quote == nil {
		m.rule, _ = m.winner()
		return
	}
	currency := m.currency()
	m.e.Methods = slices.Clone(m.quote.Methods)
	for i := range m.e.Methods {
		if x := &m.e.Methods[i]; x.Refused == "" {
			if problem := wrongPrice(x.Cost, currency, m.label()); problem != "" {
				x.Refused = "its price is " + problem
			}
		}
	}
	slices.SortStableFunc(m.e.Methods, func(a, b Method) int {
		if (a.Refused == "") != (b.Refused == "") {
			return cmp.Compare(len(a.Refused), len(b.Refused)) // one of them is empty
		}
		if a.Refused != "" {
			return 0
		}
		return cmp.Or(a.Cost.Compare(b.Cost), cmp.Compare(a.Days[1], b.Days[1]))
	})
	var byRule *Method
	m.rule, byRule = m.winner()
	if m.rule != nil {
		m.e.Rule = m.rule.Name
	}
	b := Blocker{Code: BlockMethod, Action: ActionMethod}
	serving := len(m.e.Methods) > 0 && m.e.Methods[0].Refused == ""
	switch code := m.in.Choice.Method; {
	case !serving && m.digital() && len(m.e.Methods) == 0:
		return // nothing is sent
	case !serving:
		b.Text, b.Fix, b.Action = fmt.Sprintf("no shipping method of %s serves %s", m.label(), place(m.e.Address)), "choose another supplier, or take it out of this checkout", ActionRemove
		if n := len(m.e.Methods); n > 0 {
			b.Text += fmt.Sprintf(": %s: %s", cmp.Or(m.e.Methods[0].Name, m.e.Methods[0].Code), m.e.Methods[0].Refused)
		}
		m.block(b)
	case code != "":
		m.chosen(code, b)
	case byRule != nil:
		m.e.Method, m.e.MethodBy = byRule, fmt.Sprintf("by rule “%s”", m.rule.Name)
	default:
		m.e.Method, m.e.MethodBy = &m.e.Methods[0], "the cheapest"
	}
}

// chosen takes the method that the merchant chose, if it is still offered.
func (m *maker) chosen(code string, b Blocker) {
	i := slices.IndexFunc(m.e.Methods, func(x Method) bool { return x.Code == code })
	if i < 0 {
		i = slices.IndexFunc(m.e.Methods, func(x Method) bool { return strings.EqualFold(x.Name, code) })
	}
	switch b.Fix = "choose another"; {
	case i < 0:
		b.Text = fmt.Sprintf("the chosen shipping method “%s” is not offered here", code)
		m.block(b)
	case m.e.Methods[i].Refused != "":
		b.Text = fmt.Sprintf("the chosen shipping method %s cannot be used: %s", cmp.Or(m.e.Methods[i].Name, code), m.e.Methods[i].Refused)
		m.block(b)
	default:
		m.e.Method, m.e.MethodBy = &m.e.Methods[i], "chosen"
	}
}

// place names where a parcel goes, shortly: "US-PR", "PL".
func place(a order.Address) string {
	if a.Province != "" && len(a.Province) <= 3 {
		return a.Country + "-" + a.Province
	}
	return cmp.Or(a.Country, "this address")
}
