package cj

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// Pay implements outbox.Supplier. It reads the order itself just before, and pays nothing that is not plainly unpaid.
func (s *Supplier) Pay(ctx context.Context, doc store.PayDoc) (outbox.Order, error) {
	release, err := s.hold(ctx)
	if err != nil {
		return outbox.Order{}, err
	}
	defer release()
	number := cmp.Or(doc.AltIDs[altCode], doc.SupplierNo)
	raw, err := s.detail(ctx, number)
	if err != nil {
		return outbox.Order{}, outbox.NotSent(err)
	}
	if raw == nil {
		return outbox.Order{}, outbox.NotSent(fmt.Errorf("CJ does not show the order %s", number))
	}
	if status := raw.status(); status == "CREATED" || status == "IN_CART" {
		_, why := s.confirmed(ctx, number)
		if raw, err = s.detail(ctx, number); err != nil || raw == nil {
			return outbox.Order{}, outbox.NotSent(errors.Join(fmt.Errorf("CJ does not show the order %s now", number), err))
		}
		if status := raw.status(); status == "CREATED" || status == "IN_CART" {
			if strings.Contains(why, "not confirmed it yet") {
				return outbox.Order{}, outbox.NotSent(errors.New(why))
			}
			return outbox.Order{}, fmt.Errorf("%w: %s", outbox.ErrRejected, why)
		}
	}
	o := normalize(raw, s.skus)
	if o.Paid == outbox.PaidYes {
		return s.complete(ctx, o), nil
	}
	if err := s.payable(raw, &o, &doc); err != nil {
		return outbox.Order{}, fmt.Errorf("%w: %w; nothing was paid", outbox.ErrRejected, err)
	}
	path := "/shopping/pay/payBalance"
	if s.o.Sandbox {
		path = "/shopping/sandbox/simulatePay"
	}
	id, err := s.call(ctx, request{method: http.MethodPost, path: path, body: map[string]string{"orderId": number}, changes: true}, nil)
	return s.settled(ctx, number, id, err)
}

// payable says what speaks against paying an order.
func (s *Supplier) payable(raw *rawOrder, o *outbox.Order, doc *store.PayDoc) error {
	switch {
	case o.Reference != "" && o.Reference != doc.Reference:
		return fmt.Errorf("CJ's order %s belongs to another reference, %s", o.Number, o.Reference)
	case s.o.Sandbox && !raw.IsSandbox.yes():
		return fmt.Errorf("CJ's order %s is a real one, and only test orders are to be paid here", o.Number)
	case !s.o.Sandbox && raw.IsSandbox.yes():
		return fmt.Errorf("CJ's order %s is a test order, which cannot be paid", o.Number)
	case raw.status() != "UNPAID" || o.Paid != outbox.PaidNo:
		return fmt.Errorf("CJ says “%s” of the order %s, and only what is unpaid is paid", o.RawState, o.Number)
	case o.Total.Currency == "":
		return fmt.Errorf("CJ does not say what the order %s costs", o.Number)
	case o.Total.Currency != doc.Max.Currency:
		return fmt.Errorf("CJ asks for %s, and you saw %s", o.Total, doc.Max)
	case o.Total.Minor > doc.Max.Minor:
		return fmt.Errorf("the price rose: CJ asks for %s, and you saw %s", o.Total, doc.Max)
	}
	return nil
}

// settled finds out what became of a payment: the order is read until it tells. A refusal counts only when the order is
// unpaid after it.
func (s *Supplier) settled(ctx context.Context, number, requestID string, paying error) (outbox.Order, error) {
	var r *RefusalError
	declined := errors.As(paying, &r) && (r.class() == refused || r.class() == gone)
	if paying != nil && !declined {
		return outbox.Order{}, explain(fate(paying))
	}
	var last error
	for i := range looks {
		if i > 0 && s.pause(ctx) != nil {
			break
		}
		raw, err := s.detail(ctx, number)
		if last = err; err != nil || raw == nil {
			continue
		}
		o := normalize(raw, s.skus)
		if o.Paid == outbox.PaidYes {
			o.Receipt = requestID
			if requestID != "" {
				o.AltIDs[altRequest] = requestID
			}
			return s.complete(ctx, o), nil
		}
		if declined && raw.status() == "UNPAID" && o.Paid == outbox.PaidNo {
			return outbox.Order{}, fmt.Errorf("%w: %w", outbox.ErrDeclined, paying)
		}
	}
	if declined {
		return outbox.Order{}, fmt.Errorf("CJ refused the payment (%s), and the order could not be read after it", r.Words)
	}
	return outbox.Order{}, errors.Join(fmt.Errorf("CJ took the payment (request %s) and does not show the order %s as paid yet", requestID, number), last)
}

// Account implements outbox.Supplier.
func (s *Supplier) Account(ctx context.Context) (checkout.Account, error) {
	release, err := s.hold(ctx)
	if err != nil {
		return checkout.Account{}, err
	}
	defer release()
	m := checkout.PayMethod{Code: "balance", Name: "CJ balance", Kind: checkout.PayBalance}
	if s.o.Sandbox {
		m.Name = "CJ balance (sandbox: no money moves)"
	} else {
		balance, err := s.balance(ctx)
		if err != nil {
			return checkout.Account{}, err
		}
		m.Available = &balance
	}
	return checkout.Account{Supplier: s.o.Name, Methods: []checkout.PayMethod{m}, At: s.o.Clock()}, nil
}

func (s *Supplier) balance(ctx context.Context) (order.Money, error) {
	var out struct {
		Amount word `json:"amount"`
	}
	if _, err := s.call(ctx, request{path: "/shopping/pay/getBalance"}, &out); err != nil {
		return order.Money{}, err
	}
	m, ok := out.Amount.money()
	if !ok {
		return m, sync.Errorf(sync.BadAnswer, "CJ does not say what the balance is")
	}
	return m, nil
}
