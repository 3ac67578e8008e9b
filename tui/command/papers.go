package command

import (
	"cmp"
	"context"
	"encoding/json"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/config/locale"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/document"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// Who is the name under which what is done here is written down.
func Who() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "me"
}

// Brand is the merchant on paper. A logo that cannot be used is left out, and the warning says why.
func (a *App) Brand() (b document.Brand, warnings []string) {
	c := a.Config.Brand
	b = document.Brand{Name: c.Name, Color: c.Color, Message: c.Message, Font: c.Font}
	if c.Address != "" {
		b.Address = strings.Split(strings.TrimSpace(c.Address), "\n")
	}
	if c.Logo != "" {
		logo, err := document.ReadLogo(c.Logo)
		if err != nil {
			warnings = append(warnings, err.Error())
		}
		b.Logo = logo
	}
	return b, warnings
}

// Invoice is what the branded invoice of an order says. Where the brand has no name, it has the store's.
func (a *App) Invoice(ctx context.Context, r *order.Record, language string) (d document.InvoiceData, warnings []string, err error) {
	shop, zone, err := a.shopOf(ctx, r.Store)
	if err != nil {
		return d, nil, err
	}
	d = document.InvoiceData{Record: r, Zone: zone, At: a.DB.Now()}
	d.Brand, warnings = a.Brand()
	d.Brand.Name = cmp.Or(d.Brand.Name, shop.Title, shop.Name)
	d.Format = locale.Get(cmp.Or(language, document.Language(&r.Order, a.languages())))
	return d, warnings, nil
}

// languages are those of the brand in which documents can be headed; nil = all.
func (a *App) languages() (out []string) {
	for _, l := range a.Config.Brand.Languages {
		if slices.Contains(document.Languages(), l) {
			out = append(out, l)
		}
	}
	return out
}

// Receipt is what the receipt of one placement of an order says.
func (a *App) Receipt(ctx context.Context, r *order.Record, p order.Placement) (d document.ReceiptData, warnings []string, err error) {
	shop, zone, err := a.shopOf(ctx, r.Store)
	if err != nil {
		return d, nil, err
	}
	d = document.ReceiptData{Record: r, Placement: p, Supplier: a.supplierTitle(p.Supplier), Format: a.Config.Locale, Zone: zone, At: a.DB.Now()}
	d.Brand, warnings = a.Brand()
	d.Brand.Name = cmp.Or(d.Brand.Name, shop.Title, shop.Name)
	if !p.Own {
		return d, warnings, nil
	}
	effects, err := a.DB.Effects(ctx, store.EffectFilter{Reference: p.Reference})
	if err != nil {
		return d, warnings, err
	}
	for _, e := range effects {
		var doc store.PlaceDoc
		if e.Kind == store.EffectPlace && json.Unmarshal(e.Doc, &doc) == nil {
			d.Items = append(slices.Clone(doc.Items), doc.Packaging...)
		}
	}
	return d, warnings, nil
}

// shopOf is a store and its zone.
func (a *App) shopOf(ctx context.Context, name string) (store.Shop, *time.Location, error) {
	shops, err := a.DB.Shops(ctx)
	if err != nil {
		return store.Shop{}, nil, err
	}
	for _, shop := range shops {
		if shop.Name == name {
			return shop, newZones(a, shops).at(name, a.DB.Now()).Location(), nil
		}
	}
	return store.Shop{Name: name}, a.Config.Zone, nil
}

// supplierTitle is a supplier's name for people.
func (a *App) supplierTitle(name string) string {
	all := a.Settings().Suppliers
	if i := slices.IndexFunc(all, func(s checkout.Supplier) bool { return s.Name == name }); i >= 0 {
		return all[i].Label()
	}
	return name
}

// facts are what decisions about an order need.
func (a *App) facts(ctx context.Context, r *order.Record) (order.Facts, error) {
	shop, _, err := a.shopOf(ctx, r.Store)
	if err != nil {
		return order.Facts{}, err
	}
	return r.Facts(shop.Facts(a.DB.Now())), nil
}
