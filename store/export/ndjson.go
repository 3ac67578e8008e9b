package export

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/orderdeck/orderdeck/store/order"
)

// json writes one whole order a line, as "show --json" does. Text stays as it is: JSON is not for spreadsheets.
func (x *run) json() error {
	if len(x.r.Columns) > 0 {
		return refuse("the profile json writes whole orders; leave the choice of columns out, or use the profile orders or lines")
	}
	shops, err := x.src.Shops(x.ctx)
	if err != nil {
		return err
	}
	demo := map[string]bool{}
	for _, s := range shops {
		demo[s.Name] = s.Demo
	}
	x.e = newEncoder(x.w, Format{Separator: ','}, x.r.Zone)
	var line bytes.Buffer
	encode := json.NewEncoder(&line)
	encode.SetEscapeHTML(false)
	return x.finish(x.each(func(r *order.Record) error {
		line.Reset()
		if err := encode.Encode(Document{Record: *r, Demo: demo[r.Store]}); err != nil {
			return err
		}
		x.e.buf = append(x.e.buf, line.Bytes()[:line.Len()-1]...)
		return errors.Join(x.e.row(), x.tick(1))
	}))
}

// Document is what one line of the profile json holds.
type Document struct {
	Demo bool `json:"demo,omitempty"` // invented data: of the built-in demo store
	order.Record
}
