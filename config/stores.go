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
	if err := p.opts.CheckStore(s); err != nil {
		at := r.keys["url"]
		if s.KeyInAddress {
			at = r.keys["key_in_address"]
		}
		p.refuse(at, "%v.", err)
		return
	}
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
		NotifyCustomer: values["notify_customer"] == "true", KeyInAddress: values["key_in_address"] == "true", Zone: values["timezone"],
	}
	if values["url"] != "" {
		s.URL, _ = address(values["url"], true)
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

func checkStoreURL(raw string) error {
	_, err := address(raw, true) // whether http is spoken with it depends on the platform
	return err
}

// CheckStore tells what is wrong with a store's address and with where its key stands, for its platform.
func (o Options) CheckStore(s StoreConfig) error {
	plain := strings.HasPrefix(s.URL, "http://")
	switch signed := slices.Contains(o.Signed, s.Platform); {
	case s.KeyInAddress && !slices.Contains(o.InAddress, s.Platform):
		return fmt.Errorf("%s takes no key in the address of a request: leave key_in_address out", s.Platform)
	case s.KeyInAddress && plain:
		return errors.New("key_in_address would show the key to everybody on the way, and stores do not take it over http: leave it out, requests over http are signed")
	case plain && !signed:
		if _, err := NormalizeURL(s.URL); err != nil {
			if len(o.Signed) > 0 {
				return fmt.Errorf("%w. Only stores of %s may be reached over http, since requests to them are signed", err, orList(o.Signed))
			}
			return err
		}
	}
	return nil
}

// Open tells whether a store is reached in the open: over http, and not on this machine.
func (s StoreConfig) Open() bool {
	u, err := url.Parse(s.URL)
	return err == nil && u.Scheme == "http" && !loopback(u.Hostname())
}

// NormalizeURL checks an address and gives it without a slash at the end. Only https is accepted, and http where it does
// not leave the machine. A name without a scheme gets https. The address never shows in an error when there may be a
// password in it.
func NormalizeURL(raw string) (string, error) { return address(raw, false) }

// NormalizeStoreURL is NormalizeURL for a store of a platform: http is accepted where its requests are signed.
func (o Options) NormalizeStoreURL(raw, platform string) (string, error) {
	u, err := address(raw, true)
	if err != nil {
		return "", err
	}
	return u, o.CheckStore(StoreConfig{Platform: platform, URL: u})
}

func address(raw string, open bool) (string, error) {
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
	case u.Scheme == "https", u.Scheme == "http" && (open || loopback(u.Hostname())):
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
