package vendure

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

// The permissions of Vendure that matter here. A SuperAdmin has all of them.
const (
	readOrder   = "ReadOrder"
	updateOrder = "UpdateOrder"
	createOrder = "CreateOrder"
)

// rights are the permissions beside ReadOrder, with what cannot be done without them.
var rights = []struct{ name, without string }{
	{updateOrder, "orders cannot be changed there: no tracking numbers, no payments, refunds, cancellations or notes"},
	{createOrder, "no drafts can be made"},
}

// rightFor is what an operation that changes something needs (as its resolver in @vendure/core 3.7.3 says).
func rightFor(operation string) string {
	if operation == "CreateDraft" || strings.HasPrefix(operation, "Draft") {
		return createOrder
	}
	return updateOrder
}

// nowhere is the id of an order and of a note that no database gives.
const nowhere = "0"

// permissions names what the credentials may do, and warns of what they cannot. Somebody who logged in is told; an API key is
// not (its own "me" is forbidden), so that there it is tried, on what cannot exist: Vendure asks for the permission first,
// and only then finds nothing.
func (p *Platform) permissions(ctx context.Context) (have, warnings []string, err error) {
	var out admin.MeResponse
	_, err = p.call(ctx, "Me", admin.Me_Operation, nil, &out)
	if sync.KindOf(err).Retryable() || ctx.Err() != nil {
		return nil, nil, err
	}
	may := func(name string) error { return p.try(ctx, name) }
	if err == nil && out.Me != nil {
		may = func(name string) error {
			for _, c := range out.Me.Channels[:min(1, len(out.Me.Channels))] { // but for rare shops the role is the same in all channels
				if slices.Contains(c.Permissions, name) || slices.Contains(c.Permissions, "SuperAdmin") {
					return nil
				}
			}
			return errMayNot
		}
	}
	have = []string{readOrder} // orders were read a moment ago
	for _, r := range rights {
		switch err := may(r.name); {
		case err == nil:
			have = append(have, r.name)
		case errors.Is(err, errMayNot):
			warnings = append(warnings, "without the permission "+r.name+" "+r.without)
		default:
			warnings = append(warnings, "it could not be found out whether the permission "+r.name+" is given: "+said(err))
		}
	}
	return have, warnings, ctx.Err()
}

var errMayNot = errors.New("not permitted")

// try asks for something that needs a permission, of what cannot be there.
func (p *Platform) try(ctx context.Context, name string) error {
	op, query := "MayUpdate", admin.MayUpdate_Operation
	if name == createOrder {
		op, query = "MayCreate", admin.MayCreate_Operation
	}
	var out struct{}
	_, err := p.call(ctx, op, query, map[string]any{"id": nowhere}, &out)
	switch {
	case sync.KindOf(err) == sync.Auth:
		return errMayNot
	case errors.Is(err, errAnswered): // "not found"
		return nil
	}
	return err
}
