package demo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// way is one way of sending.
type way struct {
	code, name string
	price      int64  // hundredths of Shipping
	days, far  [2]int // on the way, at home and abroad
	kilos      int64  // the most that a parcel may weigh
	only       []string
	abroad     bool // not at home
}

// The countries that the demo suppliers send to.
const (
	union = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
	world = union + " AR AU BR CA CH CL GB IS JP KR MX NO NZ SG US"
)

// islands are parts of the United States that no demo supplier sends to, by the codes that stand in addresses.
var islands = map[string]string{
	"PR": "Puerto Rico", "GU": "Guam", "VI": "the US Virgin Islands", "AS": "American Samoa", "MP": "the Northern Mariana Islands",
}

// island is the one that an address lies on, and its code.
func island(a order.Address) (code, name string) {
	country, province := strings.ToUpper(a.Country), strings.ToUpper(strings.TrimPrefix(strings.ToUpper(a.Province), "US-"))
	if country == "US" {
		if n := islands[province]; n != "" {
			return "US-" + province, n
		}
	}
	if n := islands[country]; n != "" {
		return "US-" + country, n
	}
	return "", ""
}

// methods are all ways of sending so much to a place, each with what is in its way.
func (h *House) methods(a order.Address, grams, goods int64) []checkout.Method {
	country := strings.ToUpper(a.Country)
	home := h.home(country)
	out := make([]checkout.Method, 0, len(h.ways))
	for i := range h.ways {
		w := &h.ways[i]
		m := checkout.Method{Code: w.code, Name: w.name, Days: w.far}
		if home {
			m.Days = w.days
		}
		m.Cost = order.New(h.Shipping(grams, goods, !home)*w.price/100, h.Currency)
		m.Refused = h.refusal(w, a, country, home, grams)
		out = append(out, m)
	}
	return out
}

// refusal is why a way does not serve a place or a weight; "" = it does.
func (h *House) refusal(w *way, a order.Address, country string, home bool, grams int64) string {
	code, name := island(a)
	switch {
	case code != "":
		return fmt.Sprintf("does not serve %s (%s)", code, name)
	case !slices.Contains(strings.Fields(world), country):
		return "does not serve " + country
	case len(w.only) > 0 && !slices.Contains(w.only, country):
		return "only within " + strings.Join(w.only, ", ")
	case w.abroad && home:
		return "only for parcels abroad"
	case grams > w.kilos*1000:
		return fmt.Sprintf("takes %d kg at most, this is %d.%d kg", w.kilos, grams/1000, grams%1000/100)
	}
	return ""
}
