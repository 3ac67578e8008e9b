package woocommerce

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
)

func (p *Platform) get(ctx context.Context, s *shop, path string, query url.Values, out any) (*httpx.Answer, error) {
	return p.ask(ctx, s, http.MethodGet, path, query, nil, out)
}

// ask makes one request of wc/v3 and reads its answer; it is never repeated.
func (p *Platform) ask(ctx context.Context, s *shop, method, path string, query url.Values, body, out any) (*httpx.Answer, error) {
	return p.request(ctx, s, method, "wc/v3/"+path, query, body, out)
}

// request makes one request of any namespace for which the keys count.
func (p *Platform) request(ctx context.Context, s *shop, method, path string, query url.Values, body, out any) (*httpx.Answer, error) {
	r := httpx.Request{Method: method, Path: s.route("wp-json/" + path), Query: url.Values{}}
	for k, v := range query {
		r.Query[k] = v
	}
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		r.Body = data
	}
	p.authorize(&r, s, "wp-json/"+path)
	a, err := p.http.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	if a.Status/100 != 2 {
		return a, p.refused(a, s)
	}
	if out == nil {
		return a, nil
	}
	if err := decode(a.Body, out); err != nil {
		return nil, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an answer that cannot be read: " + p.start(a.Body), Err: err}
	}
	return a, nil
}

// decode reads an answer, behind which PHP may have printed something.
func decode(body []byte, out any) error {
	if err := json.Unmarshal(body, out); err == nil {
		return nil
	}
	return json.NewDecoder(bytes.NewReader(body)).Decode(out)
}

// start is the beginning of something that was no answer, for people.
func (p *Platform) start(body []byte) string {
	body = body[:min(len(body), 800)]
	return "“" + text.Limit(plain(loose(p.http.Redact(string(body)))), 200) + "”"
}

// complaint is an error as WordPress writes it. Its data is an object, or for refunds a bare number.
type complaint struct {
	Code    loose           `json:"code"`
	Message loose           `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// complain reads an error; ok is false for what is none.
func complain(body []byte) (c complaint, ok bool) {
	err := json.Unmarshal(body, &c)
	return c, err == nil && c.Code != ""
}

// words are the store's own, with what is wrong with which parameter where it says that.
func (p *Platform) words(a *httpx.Answer) string {
	c, _ := complain(a.Body)
	out := plain(c.Message)
	var data struct {
		Params map[string]loose `json:"params"`
	}
	_ = json.Unmarshal(c.Data, &data) // a number has none
	if len(data.Params) > 0 {
		var parts []string
		for name, why := range data.Params {
			parts = append(parts, plain(loose(name))+": "+plain(why))
		}
		slices.Sort(parts)
		out = strings.Join(parts, "; ")
	}
	if out == "" {
		out = fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	}
	return text.Limit(p.http.Redact(out), 300)
}

// refused makes an error of an answer that is none.
func (p *Platform) refused(a *httpx.Answer, s *shop) error {
	c, _ := complain(a.Body)
	e := sync.Errorf(sync.Refused, "%s refuses: “%s”", p.http.Host(), p.words(a))
	switch {
	case a.Status == http.StatusUnauthorized:
		e.Kind, e.Text = sync.Auth, fmt.Sprintf("%s says: “%s”", p.http.Host(), p.words(a))
		switch {
		case strings.Contains(e.Text, "timestamp"):
			e.Hint = "The clocks of the store and of this machine are too far apart"
		case strings.Contains(e.Text, "permissions"):
			e.Hint = "Give the key Read/Write under WooCommerce → Settings → Advanced → REST API"
		case c.Code == "woocommerce_rest_cannot_view" && p.key.how == basic:
			e.Hint = "The key is not known there, or the web server takes the Authorization header away (then write key_in_address: true for the store), " +
				"or WordPress behind its proxy does not know that it is reached by https"
		default:
			e.Hint = "Check the key under WooCommerce → Settings → Advanced → REST API; its signature is made over the address " + cmp.Or(s.home, p.o.URL)
		}
	case a.Status == http.StatusForbidden:
		e.Kind, e.Text = sync.Auth, fmt.Sprintf("%s says: “%s”", p.http.Host(), p.words(a))
		e.Hint = "The user of the key must be a shop manager or an administrator"
	case c.Code == "rest_no_route":
		e.Hint = "Is WooCommerce new enough, and are its permalinks not “Plain”?"
	}
	return e
}

// salvage finds the JSON behind what PHP or a plugin has printed before it: notices, warnings, a byte order mark.
func salvage(body []byte) ([]byte, bool) {
	rest := bytes.TrimLeft(body, " \t\r\n\xef\xbb\xbf\x00")
	if len(rest) == 0 || rest[0] == '{' || rest[0] == '[' {
		return rest, len(rest) > 0
	}
	if head := bytes.ToLower(rest[:min(len(rest), 200)]); bytes.HasPrefix(head, []byte("<!doctype")) || bytes.HasPrefix(head, []byte("<html")) {
		return nil, false
	}
	for range 64 {
		i := bytes.IndexAny(rest, "{[")
		if i < 0 {
			return nil, false
		}
		if rest = rest[i:]; json.Valid(rest) {
			return rest, true
		}
		rest = rest[1:]
	}
	return nil, false
}

var tag = regexp.MustCompile(`<[^>]*>`)

// plain is one line of a text that is HTML on the other side.
func plain(l loose) string {
	s := string(l)
	if strings.Contains(s, "<") {
		s = tag.ReplaceAllString(s, " ")
	}
	return text.Limit(text.Clean(html.UnescapeString(s)), 1000)
}
