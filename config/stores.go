package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// stores reads the list of stores.
func (p *parser) stores(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		p.refuse(n, "stores is a list: begin each store with a line of `- name: …`.")
		return
	}
	for _, item := range n.Content {
		if item = resolveAlias(item); item.Kind != yaml.MappingNode {
			p.refuse(item, "a store is written as `- name: …` with its settings indented below.")
			continue
		}
		p.store(item)
	}
}

func (p *parser) store(n *yaml.Node) {
	r, ok := p.record(n, storeFields)
	if !ok {
		return
	}
	needed := []string{"name", "platform", "url"}
	if slices.Contains(p.opts.Offline, r.values["platform"]) {
		needed = needed[:2]
	}
	if !p.required(n, r, "this store", needed...) {
		return
	}
	s := storeFrom(r.values)
	if _, twice := p.c.Store(s.Name); twice {
		p.refuse(r.keys["name"], "two stores are called %s: give one of them another name.", s.Name)
		return
	}
	for name, key := range r.keys {
		p.c.lines[path("stores", s.Name, name)] = key.Line
	}
	p.c.Stores = append(p.c.Stores, s)
}

// field checks one value of a store.
func (p *parser) field(f field, value string) error {
	switch f.name {
	case "platform":
		if p.opts.Platforms != nil && !slices.Contains(p.opts.Platforms, value) {
			return fmt.Errorf("%q is no platform that Orderdeck knows.%s It knows %s", value, didYouMean(value, p.opts.Platforms), orList(p.opts.Platforms))
		}
	case "pull":
		if value != "all" && p.opts.Filter != nil {
			if err := p.opts.Filter(value); err != nil {
				return fmt.Errorf("pull is no filter that can be understood: %w", err)
			}
		}
	}
	return validate(f.name, f.kind, f.values, f.check, value)
}

func storeFrom(values map[string]string) StoreConfig {
	s := StoreConfig{
		Name: values["name"], Platform: values["platform"], Pull: values["pull"],
		OwnStock: values["own_stock"] == "true", AuthorizedIsPaid: values["authorized_is_paid"] == "true",
		NotifyCustomer: values["notify_customer"] == "true", Zone: values["timezone"],
	}
	if values["url"] != "" {
		s.URL, _ = NormalizeURL(values["url"])
	}
	s.HoldDays, _ = strconv.Atoi(values["hold_days"])
	if every, own := values["every"]; own {
		s.Every, _ = ParseEvery(every)
		s.OwnEvery = true
	}
	if s.Pull == "" {
		s.Pull = "all"
	}
	return s
}

func checkURL(raw string) error {
	_, err := NormalizeURL(raw)
	return err
}

// NormalizeURL checks the address of a store and gives it without a slash at the end. Only https is accepted, and http
// where it does not leave the machine. A name without a scheme gets https. The address never shows in an error when
// there may be a password in it.
func NormalizeURL(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	if raw != "" && !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return "", errors.New("this is no address of a store: write it as https://shop.example")
	}
	if u.User != nil {
		return "", errors.New("the address has a user name or password in it: take it out, keys are asked for separately")
	}
	switch {
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("the address ends in ?… or #…: give only the part before it")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
	case u.Scheme == "http":
		return "", fmt.Errorf("http sends keys and customers in the open: use https://%s (http is accepted for this machine only)", u.Host)
	default:
		return "", fmt.Errorf("%s addresses are not understood: write it as https://%s", u.Scheme, u.Host)
	}
	u.Host = strings.ToLower(u.Host)
	return strings.TrimRight(u.String(), "/"), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
