package config

import (
	"go.yaml.in/yaml/v3"
)

// record is one mapping of a file, checked field by field.
type record struct {
	values map[string]string
	lists  map[string][]string
	keys   map[string]*yaml.Node // where each field stands
}

// record reads a mapping that has some fields and no others. ok is false when something in it was refused.
func (p *parser) record(n *yaml.Node, fields []field) (r record, ok bool) {
	r = record{values: map[string]string{}, lists: map[string][]string{}, keys: map[string]*yaml.Node{}}
	before := len(p.errs)
	p.pairs(n, func(key, value *yaml.Node) {
		f, known := fieldOf(fields, key.Value)
		switch {
		case !known:
			p.unknown(key, key.Value, fieldNames(fields))
		case isNull(value):
		case f.kind == list:
			if items, ok := p.strings(f.name, value); ok {
				p.items(f, value, items)
				r.lists[f.name], r.keys[f.name] = items, key
			}
		default:
			text, ok := p.scalar(f.name, value)
			if !ok {
				return
			}
			if err := p.field(f, text); err != nil {
				p.refuse(value, "%v", err)
				return
			}
			r.values[f.name], r.keys[f.name] = text, key
		}
	})
	return r, len(p.errs) == before
}

func (p *parser) items(f field, n *yaml.Node, items []string) {
	for i, item := range items {
		if f.check == nil {
			continue
		}
		if err := f.check(item); err != nil {
			p.refuse(nth(n, i), "%v", err)
		}
	}
}

// required refuses a record that lacks a field.
func (p *parser) required(n *yaml.Node, r record, what string, names ...string) bool {
	for _, name := range names {
		if r.values[name] == "" && len(r.lists[name]) == 0 {
			p.refuse(n, "%s has no %s: write one, or take it out.", what, name)
			return false
		}
	}
	return true
}

func fieldOf(fields []field, name string) (field, bool) {
	for _, f := range fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

func fieldNames(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}
