package woocommerce

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
)

// shop is what the store says of itself.
type shop struct {
	path     string // of the site on its host, with a slash at its end
	name     string
	home     string // the site's own idea of its address, which signatures are made over; "" = as we know it
	zone     *time.Location
	zoneName string
	statuses map[string]string // name by slug; nil = it does not say
	skew     time.Duration
	spaces   []string  // namespaces of its API
	until    time.Time // then it is asked again
}

// knownFor is how long what the store says of itself counts: plugins with statuses of their own come and go.
const knownFor = 24 * time.Hour

// hello asks the store who it is, once a day.
func (p *Platform) hello(ctx context.Context) (*shop, error) {
	p.mu.Lock()
	known := p.shop
	p.mu.Unlock()
	if known != nil && p.o.Clock().Before(known.until) {
		return known, nil
	}
	s, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	s.until = p.o.Clock().Add(knownFor)
	if s.statuses, err = p.statuses(ctx, s); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shop = s
	return s, nil
}

// discover looks for the site's API under the path that was given, and under its parents: the address of a page of the
// shop, or of one of its languages, leads to the site as well.
func (p *Platform) discover(ctx context.Context) (*shop, error) {
	var first error
	for path := p.path; ; {
		s, err := p.index(ctx, path)
		if err == nil {
			return s, nil
		}
		if first == nil {
			first = err
		}
		if sync.KindOf(err) != sync.Refused || path == "" {
			break
		}
		path = path[:max(0, strings.LastIndex(path, "/"))]
	}
	if e := (*sync.Error)(nil); errors.As(first, &e) && (errors.Is(first, errNoAPI) || errors.Is(first, httpx.ErrPage)) {
		return nil, &sync.Error{
			Kind: sync.Refused, Text: e.Text, Err: first,
			Hint: "There is no WordPress API under /wp-json/: check the address, and that the permalinks of WordPress (Settings → Permalinks) are not “Plain”",
		}
	}
	return nil, first
}

var (
	errNoAPI = errors.New("no wp-json")
	errNoWoo = errors.New("no wc/v3")
)

// index reads what the site tells everybody.
func (p *Platform) index(ctx context.Context, path string) (*shop, error) {
	s := &shop{path: path}
	a, err := p.http.Do(ctx, httpx.Request{
		Path: s.route("wp-json/"), Query: url.Values{"_fields": {"name,namespaces,gmt_offset,timezone_string,home"}},
	})
	if err != nil {
		return nil, err
	}
	s.skew = a.Skew
	var out struct {
		Name   loose   `json:"name"`
		Spaces []loose `json:"namespaces"`
		Offset loose   `json:"gmt_offset"`
		Zone   loose   `json:"timezone_string"`
		Home   loose   `json:"home"`
	}
	switch err := decode(a.Body, &out); {
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden: // plugins keep strangers out of it
		return s, nil
	case a.Status != http.StatusOK || err != nil || out.Spaces == nil:
		return nil, &sync.Error{
			Kind: sync.Refused, Err: errNoAPI, Text: fmt.Sprintf("%s has no WordPress under /%s (%d %s)", p.http.Host(), path, a.Status, http.StatusText(a.Status)),
		}
	}
	for _, n := range out.Spaces {
		s.spaces = append(s.spaces, string(n))
	}
	if !slices.Contains(s.spaces, "wc/v3") {
		return nil, &sync.Error{
			Kind: sync.Refused, Err: errNoWoo, Text: fmt.Sprintf("%s is a WordPress without WooCommerce (its API has no wc/v3)", p.http.Host()),
			Hint: "Is the plugin switched on, and is the shop at this address?",
		}
	}
	s.name = plain(out.Name)
	if home, err := url.Parse(string(out.Home)); err == nil && home.Host != "" && (home.Scheme == "http" || home.Scheme == "https") && home.User == nil {
		s.home = strings.TrimRight(home.Scheme+"://"+home.Host+home.Path, "/")
	}
	s.zoneName, s.zone = zoneOf(string(out.Zone), string(out.Offset))
	return s, nil
}

// zoneOf makes a zone of WordPress's name, or of its offset in hours, which may be a fraction.
func zoneOf(name, offset string) (string, *time.Location) {
	if name != "" && name != "Local" {
		if zone, err := time.LoadLocation(name); err == nil {
			return name, zone
		}
	}
	hours, err := strconv.ParseFloat(offset, 64)
	if err != nil || math.Abs(hours) > 15 {
		return "", nil
	}
	if hours == 0 {
		return "UTC", time.UTC
	}
	if whole := int(hours); float64(whole) == hours { // the sign of these names is the other way round
		name = fmt.Sprintf("Etc/GMT%+d", -whole)
		if zone, err := time.LoadLocation(name); err == nil {
			return name, zone
		}
	}
	return "", time.FixedZone("", int(hours*3600))
}

// route is the path of something below the site.
func (s *shop) route(path string) string {
	if s.path == "" {
		return path
	}
	return s.path + "/" + path
}

// statuses asks for the statuses that there are, plugins' own among them; nil where the store does not say.
func (p *Platform) statuses(ctx context.Context, s *shop) (map[string]string, error) {
	for _, path := range []string{"orders/statuses", "reports/orders/totals"} { // the first is there since WooCommerce 9.6
		var all []struct {
			Slug loose `json:"slug"`
			Name loose `json:"name"`
		}
		a, err := p.ask(ctx, s, http.MethodGet, path, nil, nil, &all)
		switch {
		case err == nil:
			out := make(map[string]string, len(all))
			for _, st := range all {
				out[string(st.Slug)] = plain(st.Name)
			}
			return out, nil
		case a == nil || sync.KindOf(err).Retryable() || a.Status == http.StatusUnauthorized:
			return nil, err
		}
	}
	return nil, nil
}
