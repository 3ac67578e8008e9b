package medusa

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// refund gives money back. Doing it twice gives it back twice, so that the key stands at the end of the refund's note,
// where it is looked for first.
func (p *Platform) refund(ctx context.Context, v *fields, a order.Act) (outbox.Done, error) {
	if a.Key == "" {
		return outbox.Done{}, outbox.Rejectedf("a refund needs a key by which it is found again")
	}
	mark := "[" + a.Key + "]"
	from, all, had, last := refundable(v, mark)
	rest := new(big.Rat).Add(all, had) // of what this refund began with
	want := new(big.Rat)
	switch {
	case a.Amount.Minor == 0 && len(a.Lines) > 0:
		return outbox.Done{}, fmt.Errorf("%w: Medusa refunds amounts, not lines: say how much", outbox.ErrNotOffered)
	case a.Amount.Minor == 0 && a.Amount.Exact == "", sameAmount(a.Amount, rest, v.Currency):
		want.Set(rest)
	case !strings.EqualFold(a.Amount.Currency, v.Currency):
		return outbox.Done{}, outbox.Rejectedf("the order is in %s, not in %s", strings.ToUpper(v.Currency), a.Amount.Currency)
	default:
		want = number(json.Number(cmp.Or(a.Amount.Exact, a.Amount.Decimal())), nil)
	}
	want.Sub(want, had)
	switch {
	case had.Sign() > 0 && want.Sign() <= 0:
		return outbox.Done{ID: last, Already: true}, nil
	case want.Sign() <= 0:
		return outbox.Done{}, outbox.Rejectedf("there is nothing to give back")
	case want.Cmp(all) > 0:
		return outbox.Done{}, outbox.Rejectedf("%s was paid and not given back yet, not %s", decimal(all), decimal(want))
	}
	for _, s := range from {
		now := s.left
		if want.Cmp(now) < 0 {
			now = want
		}
		if now.Sign() <= 0 {
			break
		}
		var out struct {
			Payment payment `json:"payment"`
		}
		body := map[string]any{"amount": json.Number(decimal(now)), "note": strings.TrimSpace(a.Reason + " " + mark)}
		if err := p.mutate(ctx, "admin/payments/"+url.PathEscape(s.id)+"/refund", body, &out); err != nil {
			if had.Sign() > 0 || last != "" { // a part of it is done: it is not refused as a whole
				return outbox.Done{}, fmt.Errorf("a part of the refund is done: %s", err.Error())
			}
			return outbox.Done{}, err
		}
		if n := len(out.Payment.Refunds); n > 0 {
			last = out.Payment.Refunds[n-1].ID
		}
		had.Add(had, now)
		want = new(big.Rat).Sub(want, now)
	}
	return outbox.Done{ID: last}, nil
}

// source is a payment of which something can be given back.
type source struct {
	id   string
	left *big.Rat
}

// refundable is what can be given back, and what was with a mark.
func refundable(v *fields, mark string) (from []source, all, had *big.Rat, last string) {
	all, had = new(big.Rat), new(big.Rat)
	for i := range v.Collections {
		for j := range v.Collections[i].Payments {
			pay := &v.Collections[i].Payments[j]
			left := new(big.Rat).Sub(sum(pay.Captures), sum(pay.Refunds))
			all.Add(all, left)
			if left.Sign() > 0 {
				from = append(from, source{pay.ID, left})
			}
			for k := range pay.Refunds {
				if r := &pay.Refunds[k]; strings.HasSuffix(r.Note, mark) {
					had.Add(had, number(r.Amount, r.RawAmount))
					last = r.ID
				}
			}
		}
	}
	return from, all, had, last
}
