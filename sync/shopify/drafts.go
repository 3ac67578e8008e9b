package shopify

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// Drafts are a list of their own at Shopify, with numbers of their own: a draft that is completed becomes another thing, an
// order, and stays as it was. Here it is put away from the beginning, and once it has become an order it counts as deleted,
// so that nothing is there twice.

const (
	draftsEvery = 5 * time.Minute // between two looks, but for a draft that has just become an order
	draftsRound = time.Hour       // between two rounds through the open ones, for those that were deleted
	draftsPage  = 50
	draftsKept  = 1_000 // open ones that are looked for again
)

// draftPrefix tells the ids of drafts from those of orders, which count for themselves.
const draftPrefix = "draft-"

// draftNumber is a draft's id at Shopify, if an id is one of a draft.
func draftNumber(id string) (number string, ok bool) { return strings.CutPrefix(id, draftPrefix) }

// anyGID is the global id of an order or a draft.
func anyGID(id string) string {
	if n, ok := draftNumber(id); ok {
		return draftGID(n)
	}
	return gid(id)
}

func draftGID(number string) string { return "gid://shopify/DraftOrder/" + number }

// draftCursor is where "drafts" stands.
type draftCursor struct {
	Since time.Time `json:"since,omitzero"`
	High  time.Time `json:"high,omitzero"`
	After string    `json:"after,omitempty"`
	Begun time.Time `json:"begun,omitzero"` // by the store's clock, of the first pass
	Ended time.Time `json:"ended,omitzero"` // the last whole pass
	Round time.Time `json:"round,omitzero"` // the last whole round
	Open  []string  `json:"open,omitempty"` // numbers of those that were open, the last ones that were seen
	Asked int       `json:"asked,omitempty"`
}

// allowed tells whether the key has a right; to write includes to read.
func (s *shop) allowed(right string) bool {
	return slices.Contains(s.scopes, right) || strings.HasPrefix(right, "read_") && slices.Contains(s.scopes, "write_"+strings.TrimPrefix(right, "read_"))
}

// drafts brings the drafts that are open, and what becomes of them.
func (p *Platform) drafts(ctx context.Context, c draftCursor, s *shop, known sync.Known) (sync.Batch, error) {
	now := p.o.Clock()
	switch {
	case !s.allowed("read_draft_orders"):
		return sync.Batch{Cursor: encode(c)}, nil
	case c.Asked > 0:
		return p.draftsThere(ctx, c, now)
	case c.After == "" && !c.Ended.IsZero() && now.Sub(c.Ended) < draftsEvery && !c.Ended.After(now) && !p.completed:
		return sync.Batch{Cursor: encode(c)}, nil
	}
	if c.Begun.IsZero() {
		c.Begun, c.Round = p.storeNow(), now
	}
	vars := map[string]any{"first": draftsPage, "query": "status:open OR status:invoice_sent"}
	if !c.Since.IsZero() {
		vars["query"] = search("updated_at", c.Since)
	}
	if c.After != "" {
		vars["after"] = c.After
	}
	var out struct {
		Drafts struct {
			PageInfo admin.OrdersOrdersOrderConnectionPageInfo `json:"pageInfo"`
			Nodes    []json.RawMessage                         `json:"nodes"`
		} `json:"draftOrders"`
	}
	if _, err := p.call(ctx, "ChangedDrafts", admin.ChangedDrafts_Operation, vars, &out); err != nil {
		if sync.KindOf(err) == sync.Refused && c.After != "" && !isTooDear(err) {
			c.After = ""
			return sync.Batch{Cursor: encode(c), More: true}, nil
		}
		return sync.Batch{}, err
	}
	var b sync.Batch
	if err := p.addDrafts(ctx, &b, &c, out.Drafts.Nodes, s, known); err != nil {
		return sync.Batch{}, err
	}
	next := deref(out.Drafts.PageInfo.EndCursor)
	if out.Drafts.PageInfo.HasNextPage && next != "" && next != c.After {
		c.After, b.More = next, true
	} else {
		p.completed = false
		// The first pass has seen only what was open: what has changed since its beginning is next.
		since := c.High.Add(-overlap)
		if c.Since.IsZero() {
			since = c.Begun.Add(-overlap)
		} else if c.High.IsZero() || since.Before(c.Since) {
			since = c.Since
		}
		c.Since, c.After, c.High, c.Ended = since, "", time.Time{}, now
		if len(c.Open) > 0 && (now.Sub(c.Round) >= draftsRound || c.Round.After(now)) {
			c.Asked, b.More = 1, true
		}
	}
	b.Cursor = encode(c)
	return b, nil
}

// addDrafts puts those to a batch that are open, and those that are known and are not any more.
func (p *Platform) addDrafts(ctx context.Context, b *sync.Batch, c *draftCursor, nodes []json.RawMessage, s *shop, known sync.Known) error {
	all := make([]admin.DraftHead, len(nodes))
	ids := make([]string, len(nodes))
	for i, raw := range nodes {
		if err := json.Unmarshal(raw, &all[i]); err != nil || all[i].LegacyResourceId == "" {
			return &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent a draft that cannot be read", Err: err}
		}
		ids[i] = draftPrefix + all[i].LegacyResourceId
	}
	var have map[string]string
	if known != nil && len(ids) > 0 {
		var err error
		if have, err = known.Fingerprints(ctx, ids); err != nil {
			return err
		}
	}
	for i := range all {
		v := &all[i]
		if at := instant(v.UpdatedAt); at.After(c.High) {
			c.High = at
		}
		c.Open = slices.DeleteFunc(c.Open, func(n string) bool { return n == v.LegacyResourceId })
		if v.Status != "COMPLETED" {
			c.Open = append(c.Open, v.LegacyResourceId)
			c.Open = c.Open[max(0, len(c.Open)-draftsKept):]
		}
		before, there := have[ids[i]]
		switch {
		case there && before == draftFingerprint(v):
			b.Seen = append(b.Seen, ids[i])
			continue
		case !there && v.Status == "COMPLETED":
			continue // it is an order, and was never anything else here
		}
		got, err := p.pulledDraft(ctx, v, nodes[i], s)
		if err != nil {
			return err
		}
		b.Orders = append(b.Orders, got)
		if v.Status == "COMPLETED" && v.Order != nil { // the order comes with it, so that there is always one of the two
			of, err := p.Read(ctx, number(v.Order.Id))
			if err != nil && !isGone(err) {
				return err
			}
			if err == nil {
				b.Orders = append(b.Orders, of)
			}
		}
	}
	return nil
}

// draftsThere asks whether drafts that were open are still there.
func (p *Platform) draftsThere(ctx context.Context, c draftCursor, now time.Time) (sync.Batch, error) {
	from := min(c.Asked-1, len(c.Open))
	numbers := slices.Clone(c.Open[from:min(from+openPage, len(c.Open))])
	var b sync.Batch
	if len(numbers) > 0 {
		gids := make([]string, len(numbers))
		for i, n := range numbers {
			gids[i] = draftGID(n)
		}
		there, err := p.there(ctx, gids)
		if err != nil {
			return sync.Batch{}, err
		}
		for i, n := range numbers {
			if !there[i] {
				b.Gone = append(b.Gone, draftPrefix+n)
				c.Open = slices.DeleteFunc(c.Open, func(o string) bool { return o == n })
			}
		}
	}
	c.Asked += len(numbers) - len(b.Gone)
	if b.More = len(numbers) == openPage; !b.More {
		c.Asked, c.Round = 0, now
	}
	b.Cursor = encode(c)
	return b, nil
}

// readDraft gives one draft.
func (p *Platform) readDraft(ctx context.Context, id string, s *shop) (store.Pulled, error) {
	n, _ := draftNumber(id)
	var out struct {
		Draft json.RawMessage `json:"draftOrder"`
	}
	if _, err := p.call(ctx, "WholeDraft", admin.WholeDraft_Operation, map[string]any{"id": draftGID(n)}, &out); err != nil {
		return store.Pulled{}, err
	}
	if len(out.Draft) == 0 || string(out.Draft) == "null" {
		return store.Pulled{}, goneErr(p.http.Host(), "draft", n)
	}
	var v admin.DraftHead
	if err := json.Unmarshal(out.Draft, &v); err != nil || v.LegacyResourceId == "" {
		return store.Pulled{}, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent a draft that cannot be read", Err: err}
	}
	return p.pulledDraft(ctx, &v, out.Draft, s)
}

func (p *Platform) pulledDraft(ctx context.Context, v *admin.DraftHead, raw []byte, s *shop) (store.Pulled, error) {
	more := false
	for n := 0; v.LineItems.PageInfo.HasNextPage && n < endless; n++ {
		var out admin.MoreDraftLinesResponse
		vars := map[string]any{"id": v.Id, "first": nestedPage, "after": deref(v.LineItems.PageInfo.EndCursor)}
		if _, err := p.call(ctx, "MoreDraftLines", admin.MoreDraftLines_Operation, vars, &out); err != nil {
			return store.Pulled{}, err
		}
		if out.DraftOrder == nil {
			return store.Pulled{}, p.vanished()
		}
		v.LineItems.Nodes = append(v.LineItems.Nodes, out.DraftOrder.LineItems.Nodes...)
		v.LineItems.PageInfo = out.DraftOrder.LineItems.PageInfo
		more = true
	}
	if more {
		var err error
		if raw, err = json.Marshal(v); err != nil {
			return store.Pulled{}, &sync.Error{Kind: sync.Broken, Text: "a draft could not be kept", Err: err}
		}
	}
	return store.Pulled{Order: normalizeDraft(v, s), Raw: raw}, nil
}

// draftFingerprint tells whether a draft is as it was.
func draftFingerprint(v *admin.DraftHead) string { return clean(v.UpdatedAt) + " " + clean(v.Status) }

// normalizeDraft says a draft in Orderdeck's words: as the order that it would be, put away.
func normalizeDraft(v *admin.DraftHead, s *shop) order.Order {
	f := fields{OrderHead: admin.OrderHead{
		LegacyResourceId: v.LegacyResourceId, Name: v.Name, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, CurrencyCode: v.CurrencyCode,
		TaxesIncluded: v.TaxesIncluded, Email: v.Email, Phone: v.Phone, Note: v.Note2, Tags: v.Tags, DiscountCodes: v.DiscountCodes,
		PoNumber: v.PoNumber, BillingAddress: v.BillingAddress, ShippingAddress: v.ShippingAddress, SubtotalPriceSet: &v.SubtotalPriceSet,
		TotalShippingPriceSet: v.TotalShippingPriceSet, TotalTaxSet: &v.TotalTaxSet, TotalPriceSet: v.TotalPriceSet,
		DisplayFulfillmentStatus: "UNFULFILLED",
	}}
	if c := v.Customer; c != nil {
		f.Customer = &admin.OrderHeadCustomer{Id: c.Id, DisplayName: c.DisplayName}
		if c.DefaultEmailAddress != nil {
			f.Customer.DefaultEmailAddress = &admin.OrderHeadCustomerDefaultEmailAddressCustomerEmailAddress{EmailAddress: c.DefaultEmailAddress.EmailAddress}
		}
		if c.DefaultPhoneNumber != nil {
			f.Customer.DefaultPhoneNumber = &admin.OrderHeadCustomerDefaultPhoneNumberCustomerPhoneNumber{PhoneNumber: c.DefaultPhoneNumber.PhoneNumber}
		}
	}
	for _, a := range v.CustomAttributes {
		f.CustomAttributes = append(f.CustomAttributes, admin.OrderHeadCustomAttributesAttribute(a))
	}
	for i := range v.LineItems.Nodes {
		f.LineItems.Nodes = append(f.LineItems.Nodes, draftLine(&v.LineItems.Nodes[i]))
	}
	o := normalize(&f, s)
	o.ExternalID = draftPrefix + clean(v.LegacyResourceId)
	o.Source, o.CustomerPayment, o.Archived = "draft", order.PaymentDraft, true
	o.RawStatus, o.Fingerprint = cmp.Or(clean(v.Status), "draft"), draftFingerprint(v)
	o.UnknownStatus = v.Status != "OPEN" && v.Status != "INVOICE_SENT" && v.Status != "COMPLETED"
	o.AdminURL = "https://" + s.domain + "/admin/draft_orders/" + clean(v.LegacyResourceId)
	if v.ShippingLine != nil {
		o.ShippingMethod = clean(v.ShippingLine.Title)
	}
	if v.Status == "COMPLETED" {
		o.Lifecycle = order.LifecycleDeleted
		if v.Order != nil {
			o.Notes = append(o.Notes, order.Note{At: o.CreatedAt, Kind: "field", Text: "The draft became order " + clean(v.Order.Name)})
		}
	}
	return o
}

func draftLine(v *admin.DraftLinesNodesDraftOrderLineItem) admin.Line {
	l := admin.Line{
		Id: v.Id, Name: v.Name, Title: v.Title, VariantTitle: v.VariantTitle, Sku: v.Sku, Quantity: v.Quantity, CurrentQuantity: v.Quantity,
		UnfulfilledQuantity: v.Quantity, RequiresShipping: v.RequiresShipping, OriginalUnitPriceSet: v.OriginalUnitPriceSet, DiscountedTotalSet: v.DiscountedTotalSet,
	}
	if v.Image != nil {
		l.Image = &admin.LineImage{Url: v.Image.Url}
	}
	if v.Product != nil {
		l.Product = &admin.LineProduct{Id: v.Product.Id}
	}
	if v.Variant != nil {
		l.Variant = &admin.LineVariantProductVariant{Id: v.Variant.Id}
	}
	for _, t := range v.TaxLines {
		l.TaxLines = append(l.TaxLines, admin.LineTaxLinesTaxLine(t))
	}
	return l
}

// draftAct does what can be done to a draft.
func (p *Platform) draftAct(ctx context.Context, id string, a order.Act) (outbox.Done, error) {
	n, _ := draftNumber(id)
	switch a.Kind {
	case order.ActDelete, order.ActTags:
	default:
		return outbox.Done{}, outbox.Rejectedf("this is a draft: it can be sent, completed, tagged or deleted; the rest can be done to the order that it becomes")
	}
	var out admin.WholeDraftResponse
	if err := p.look(ctx, "WholeDraft", admin.WholeDraft_Operation, map[string]any{"id": draftGID(n)}, &out); err != nil {
		return outbox.Done{}, err
	}
	v := out.DraftOrder
	switch {
	case v == nil && a.Kind == order.ActDelete:
		return outbox.Done{Already: true}, nil
	case v == nil:
		return outbox.Done{}, outbox.Rejectedf("the store has no draft %s", n)
	case a.Kind == order.ActTags:
		return p.tag(ctx, &admin.AllowedOrder{Id: v.Id, Tags: v.Tags}, a)
	case v.Status == "COMPLETED":
		return outbox.Done{}, outbox.Rejectedf("the draft has become an order: Shopify keeps it")
	}
	return outbox.Done{}, p.mutate(ctx, "DraftDelete", admin.DraftDelete_Operation, map[string]any{"id": v.Id}, nil)
}
