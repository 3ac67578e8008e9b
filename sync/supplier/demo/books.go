package demo

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/internal/journal"
)

// books are what a demo supplier knows of its orders. Everything that changes them is a line in its file first.
type books struct {
	log  *journal.Log
	list []*bought // as they were made
	byNo map[string]*bought
	ref  map[string]*bought
	next int            // number of the next order
	rise map[string]int // how often the price of a SKU has gone up
}

// The books hold so many orders at most. The oldest that are long over make room for new ones.
const (
	ordersMost = 20_000
	over       = 60 * 24 * time.Hour
)

// bought is one order.
type bought struct {
	No        string          `json:"no"`
	Ref       string          `json:"ref"`
	Seq       int             `json:"seq"`
	Fate      fate            `json:"fate,omitempty"`
	Lines     []sold          `json:"lines"`
	Extras    []sold          `json:"extras,omitempty"` // packaging and cards
	Method    checkout.Method `json:"method"`
	Fees      order.Money     `json:"fees"`
	Country   string          `json:"country,omitempty"`
	Made      time.Time       `json:"made"`
	Rise      *order.Money    `json:"rise,omitempty"` // what it costs more than when it was made
	Refusals  int             `json:"refusals,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Paid      time.Time       `json:"paid,omitzero"`
	PaidWith  string          `json:"paid_with,omitempty"` // code of the way
	Receipt   string          `json:"receipt,omitempty"`
	Cancelled time.Time       `json:"cancelled,omitzero"`
}

// sold is one line of it.
type sold struct {
	Line     string         `json:"line,omitempty"`
	SKU      string         `json:"sku"`
	Quantity order.Quantity `json:"quantity"`
	Unit     order.Money    `json:"unit"`
}

// entry is one line of the file: an order as it was made or as it stands, or what became of one.
type entry struct {
	Order *bought   `json:"order,omitempty"`
	No    string    `json:"no,omitempty"`
	At    time.Time `json:"at,omitzero"`
	// One of these, for the order No.
	Refused string `json:"refused,omitempty"` // a payment, and why
	Paid    string `json:"paid,omitempty"`    // with which way
	Receipt string `json:"receipt,omitempty"`
	Cancel  bool   `json:"cancel,omitempty"`
}

func (b *books) forget() {
	b.list, b.next = nil, 0
	b.byNo, b.ref, b.rise = map[string]*bought{}, map[string]*bought{}, map[string]int{}
}

// apply takes in a line of the file.
func (b *books) apply(line []byte) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	return b.enter(&e)
}

func (b *books) enter(e *entry) error {
	if o := e.Order; o != nil {
		if b.byNo[o.No] != nil || b.ref[o.Ref] != nil {
			return fmt.Errorf("order %s stands there twice", o.No)
		}
		b.list = append(b.list, o)
		b.byNo[o.No], b.ref[o.Ref] = o, o
		b.next = max(b.next, o.Seq+1)
		if o.Fate == dearer && len(o.Lines) > 0 {
			b.rise[o.Lines[0].SKU]++
		}
		return nil
	}
	o := b.byNo[e.No]
	switch {
	case o == nil:
		return fmt.Errorf("there is no order %q", e.No)
	case e.Paid != "" && !o.Paid.IsZero():
		return fmt.Errorf("order %s is paid twice", e.No)
	case e.Paid != "":
		o.Paid, o.PaidWith, o.Receipt, o.Reason = e.At, e.Paid, e.Receipt, ""
	case e.Cancel:
		o.Cancelled = e.At
	default:
		o.Refusals++
		o.Reason = e.Refused
	}
	return nil
}

// put writes an entry, and takes it in once it is on the disk.
func (b *books) put(e *entry) error {
	if err := b.log.Append(e); err != nil {
		return err
	}
	return b.enter(e)
}

// tidy makes room for another order, and keeps the file short. It fails when there are too many that are not over.
func (b *books) tidy(now time.Time) error {
	const bytesPerOrder = 2_500
	full := len(b.list) >= ordersMost
	if !full && b.log.Size() < bytesPerOrder*int64(len(b.list))+1<<20 {
		return nil
	}
	kept := b.list
	if full {
		kept = kept[:0:0]
		for i, o := range b.list {
			if i < len(b.list)-1 && now.Sub(o.Made) > over && (!o.Cancelled.IsZero() || !o.Paid.IsZero()) {
				continue
			}
			kept = append(kept, o)
		}
		if len(kept) >= ordersMost {
			return fmt.Errorf("its books are full: they hold %d orders of the last %d days", ordersMost, int(over.Hours()/24))
		}
	}
	lines := make([]any, 0, len(kept))
	for _, o := range kept {
		lines = append(lines, &entry{Order: o})
	}
	if err := b.log.Rewrite(lines); err != nil {
		return err
	}
	b.forget()
	for _, o := range kept {
		if err := b.enter(&entry{Order: o}); err != nil {
			return err
		}
	}
	return nil
}

// sum adds up lines. What cannot be added up has been refused before.
func sum(lists ...[]sold) (total order.Money, err error) {
	for _, list := range lists {
		for i := range list {
			each, err := list[i].Unit.Times(list[i].Quantity)
			if err != nil {
				return total, err
			}
			if total, err = total.Add(each); err != nil {
				return total, err
			}
		}
	}
	return total, nil
}
