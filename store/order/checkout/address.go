package checkout

import (
	"fmt"
	"strings"
)

// address blocks what no parcel can be sent to. What needs no parcel needs no address.
func (m *maker) address() {
	if m.digital() {
		return
	}
	a := m.e.Address
	b := Blocker{Code: BlockAddress, Fix: "complete it in the store, then sync"}
	missing := a.Missing()
	switch {
	case len(missing) > 0:
		b.Text = "the delivery address has no " + strings.Join(missing, ", no ")
		m.block(b)
	case !KnownCountry(a.Country):
		b.Text, b.Fix = fmt.Sprintf("“%s” is no country that parcels are sent to", a.Country), "correct it in the store, then sync"
		m.block(b)
	case strings.TrimSpace(a.PostalCode) == "" && !within(noPostcodes, a.Country):
		m.warn("the delivery address has no postcode")
	}
}
