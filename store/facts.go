package store

import (
	"encoding/json"

	"github.com/orderdeck/orderdeck/store/order"
)

type (
	linkKey    struct{ store, key string }
	productKey struct {
		shop int64
		key  string
	}
	linkInfo struct {
		link order.Link
		ok   bool
	}
)

// maxKnown bounds each thing that the writer remembers.
const maxKnown = 50_000

// link finds who delivers a product of a store.
func (t *tx) link(store, key string) (linkInfo, error) {
	k := &t.w.known
	if k.linked == none {
		return linkInfo{}, nil
	}
	at := linkKey{store, key}
	if info, ok := k.links[at]; ok {
		return info, nil
	}
	if k.linked == unknown {
		var one int
		found, err := t.get(`SELECT 1 FROM links LIMIT 1`, nil, &one)
		if err != nil {
			return linkInfo{}, err
		}
		if k.linked = some; !found {
			k.linked = none
			return linkInfo{}, nil
		}
	}
	var info linkInfo
	err := t.rows(`SELECT doc FROM links WHERE store = ? AND key = ?`, []any{store, key}, func(scan func(...any) error) error {
		l, err := scanJSON[order.Link](scan)
		if err == nil && (!info.ok || l.Better(info.link)) {
			info = linkInfo{l, true}
		}
		return err
	})
	if err != nil {
		return info, err
	}
	if k.links == nil || len(k.links) > maxKnown {
		k.links = map[linkKey]linkInfo{}
	}
	k.links[at] = info
	return info, nil
}

func scanJSON[T any](scan func(...any) error) (T, error) {
	var v T
	var doc []byte
	err := scan(&doc)
	if err == nil {
		err = json.Unmarshal(doc, &v)
	}
	return v, err
}

// placements finds what suppliers said of some orders of a store, by external id.
func (t *tx) placements(store string, externalIDs []string) (map[string][]order.Placement, error) {
	k := &t.w.known
	if len(externalIDs) > 0 && k.placed == unknown {
		var one int
		found, err := t.get(`SELECT 1 FROM placements LIMIT 1`, nil, &one)
		if err != nil {
			return nil, err
		}
		k.placed = none
		if found {
			k.placed = some
		}
	}
	if k.placed != some {
		return nil, nil
	}
	list, err := json.Marshal(externalIDs)
	if err != nil {
		return nil, err
	}
	var out map[string][]order.Placement
	err = t.rows(`SELECT p.doc FROM json_each(?) j CROSS JOIN placements p INDEXED BY placements_order
		ON p.store = ? AND p.external_id = j.value ORDER BY p.reference`, []any{string(list), store},
		func(scan func(...any) error) error {
			p, err := scanPlacement(scan)
			if err == nil {
				if out == nil {
					out = map[string][]order.Placement{}
				}
				out[p.ExternalID] = append(out[p.ExternalID], p)
			}
			return err
		})
	return out, err
}

// intents are what the merchant did to an order that its store has not confirmed yet.
func (t *tx) intents(id int64) ([]order.Intent, error) {
	var out []order.Intent
	err := t.rows(selectIntents, []any{id}, func(scan func(...any) error) error {
		in, err := scanIntent(scan)
		out = append(out, in)
		return err
	})
	return out, err
}

const selectIntents = `SELECT id, kind, value, who, at FROM intents WHERE order_id = ? ORDER BY id`

func scanIntent(scan func(...any) error) (order.Intent, error) {
	var in order.Intent
	var at int64
	err := scan(&in.ID, &in.Kind, &in.Value, &in.Who, &at)
	in.At = instant(at)
	return in, err
}

// facts gathers what Derive needs to know of an order.
func (t *tx) facts(s *shopInfo, o *order.Order, placements []order.Placement, gone bool) (order.Facts, error) {
	f := s.Facts(t.now)
	f.Placements, f.Gone = placements, gone
	if s.OwnStock && len(placements) == 0 {
		return f, nil // links make no difference
	}
	for i := range o.Lines {
		key := o.Lines[i].ProductKey()
		info, err := t.link(s.Name, key)
		if err != nil {
			return f, err
		}
		if info.ok {
			if f.Links == nil {
				f.Links = make(map[string]order.Link, len(o.Lines))
			}
			f.Links[key] = info.link
		}
	}
	return f, nil
}
