package manual

import (
	"bytes"
	"encoding/csv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/export"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// columns are those of DSers' order import (help.dsers.com/place-csv-orders), which several suppliers read.
var columns = []string{
	"Order number", "Date", "Country", "Product id", "SKU", "Product count", "Order memo", "Contact person", "Mobile no", "Email", "Address",
	"Address2", "Province", "City", "Zip", "RUT", "Personal Clearance ID", "Passport/Alien card", "CPF",
}

// sheet is a purchase order in DSers' columns, a row for each product. Texts that a spreadsheet would run are made inert,
// as in every export for spreadsheets. Tax numbers are not handed on.
func sheet(doc *store.PlaceDoc, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.Write(columns); err != nil {
		return nil, err
	}
	a := &doc.Address
	who := a.Name
	if a.Company != "" {
		who = strings.TrimPrefix(who+", "+a.Company, ", ")
	}
	phone := a.Phone
	if phone == "" {
		phone = doc.Phone
	}
	for _, it := range append(append([]checkout.Item(nil), doc.Items...), doc.Packaging...) {
		row := []string{
			doc.Reference, at.Format(time.DateOnly), cell(country(a.Country)), cell(it.SKU), cell(it.SKU), it.Quantity.String(), cell(memo(doc)),
			cell(who), cell(phone), cell(doc.Email), cell(a.Line1), cell(a.Line2), cell(a.Province), cell(a.City), cell(a.PostalCode),
			"", "", "", "",
		}
		if err := w.Write(row); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// cell is a text for a spreadsheet.
func cell(s string) string {
	s, _ = export.Neutralise(text.Clean(s))
	return s
}

// memo is what the supplier is told beside the lines.
func memo(doc *store.PlaceDoc) string {
	var parts []string
	for _, p := range []struct{ name, text string }{
		{"", doc.Note}, {"Customer: ", doc.CustomerNote}, {"Card: ", doc.CardText}, {"Send by: ", doc.Method.Name},
	} {
		if p.text != "" {
			parts = append(parts, p.name+strings.Join(strings.Fields(p.text), " "))
		}
	}
	return strings.Join(parts, " / ")
}

// country is the English name of a country, for DSers wants no codes; the code where it has none.
func country(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := display.English.Regions().Name(region); name != "" {
		return name
	}
	return code
}
