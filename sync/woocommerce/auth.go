package woocommerce

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
)

// way is how a key is shown to the store.
type way string

const (
	basic  way = "basic"  // over https, as Basic
	inText way = "text"   // over https, in the address, where the server takes the header away
	signed way = "signed" // over http, as OAuth 1.0a: the secret never leaves this machine
)

type key struct {
	how              way
	consumer, secret string
}

// readKey reads "ck:cs". Over http a key is never sent: stores take neither Basic nor a key in the address there.
func readKey(written string, overHTTP, inAddress bool) (key, error) {
	k := key{how: basic}
	switch {
	case inAddress && overHTTP:
		return key{}, &sync.Error{
			Kind: sync.Refused, Text: "over http a key in the address would be seen by everybody on the way, and stores do not take it there",
			Hint: "Leave key_in_address out: requests over http are signed",
		}
	case inAddress:
		k.how = inText
	case overHTTP:
		k.how = signed
	}
	if written == "none" { // a platform that is only asked what it is
		return k, nil
	}
	rest := strings.TrimSpace(written)
	if strings.HasPrefix(rest, "query:") {
		return key{}, &sync.Error{Kind: sync.Refused, Text: "where the key stands is a setting of the store", Hint: "Give the key as ck_…:cs_…, and write key_in_address: true for the store"}
	}
	var ok bool
	k.consumer, k.secret, ok = strings.Cut(rest, ":")
	if !ok || k.consumer == "" || k.secret == "" || strings.ContainsAny(rest, " \t\r\n") {
		return key{}, &sync.Error{Kind: sync.Refused, Text: "WooCommerce needs both halves of a key", Hint: keyHint}
	}
	if strings.HasPrefix(k.consumer, "cs_") && strings.HasPrefix(k.secret, "ck_") {
		return key{}, &sync.Error{Kind: sync.Refused, Text: "the halves of the key stand the wrong way round", Hint: "First ck_…, then a colon, then cs_…"}
	}
	return k, nil
}

// secrets are the texts that must never be seen.
func (k key) secrets() []string {
	if k.secret == "" {
		return nil
	}
	return []string{k.secret, k.consumer, base64.StdEncoding.EncodeToString([]byte(k.consumer + ":" + k.secret))}
}

// authorize shows the key with a request. path is below the site.
func (p *Platform) authorize(r *httpx.Request, s *shop, path string) {
	switch p.key.how {
	case inText:
		r.Query.Set("consumer_key", p.key.consumer)
		r.Query.Set("consumer_secret", p.key.secret)
	case basic:
		r.Header = http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(p.key.consumer+":"+p.key.secret))}}
	case signed:
		nonce := make([]byte, 16)
		_, _ = rand.Read(nonce) // never fails
		r.Header = http.Header{"Authorization": {p.key.sign(r.Method, p.signedAddress(s, path), r.Query, map[string]string{
			"oauth_consumer_key": p.key.consumer, "oauth_nonce": hex.EncodeToString(nonce), "oauth_signature_method": "HMAC-SHA256",
			// A store takes stamps of 15 minutes around its own time, so that it is asked for first.
			"oauth_timestamp": strconv.FormatInt(p.o.Clock().Add(s.skew).Unix(), 10),
		})}}
	}
}

// signedAddress is what the store makes its signature over: its own idea of its address, whatever proxies say, with http.
func (p *Platform) signedAddress(s *shop, path string) string {
	_, home, ok := strings.Cut(s.home, "://")
	if !ok {
		home = strings.TrimSuffix(p.http.Host()+"/"+s.path, "/")
	}
	return "http://" + home + "/" + path
}

// sign makes the Authorization header of OAuth 1.0a (RFC 5849, 3.4) without a token. A body of JSON is not signed.
func (k key) sign(method, address string, query url.Values, oauth map[string]string) string {
	var pairs []string
	for name, values := range query {
		for _, v := range values {
			pairs = append(pairs, escape(name)+"="+escape(v))
		}
	}
	for name, v := range oauth {
		pairs = append(pairs, escape(name)+"="+escape(v))
	}
	slices.Sort(pairs)
	mac := hmac.New(sha256.New, []byte(k.secret+"&"))
	mac.Write([]byte(method + "&" + escape(address) + "&" + escape(strings.Join(pairs, "&"))))
	parts := make([]string, 0, len(oauth)+1)
	for name, v := range oauth {
		parts = append(parts, name+`="`+escape(v)+`"`)
	}
	slices.Sort(parts)
	parts = append(parts, `oauth_signature="`+escape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))+`"`)
	return "OAuth " + strings.Join(parts, ", ")
}

// escape encodes as RFC 3986 has it.
func escape(s string) string {
	const hexes = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hexes[c>>4])
			b.WriteByte(hexes[c&15])
		}
	}
	return b.String()
}
