package jumpseller

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
)

// accounts is where OAuth applications get their tokens.
const accounts = "https://accounts.jumpseller.com"

// application is an OAuth application as its key says it: id, secret, refresh token.
type application struct{ id, secret, refresh string }

func (p *Platform) oauth() *application {
	parts := strings.Split(p.o.Key, ":")
	if len(parts) != 4 || parts[0] != "oauth" {
		return nil
	}
	return &application{parts[1], parts[2], parts[3]}
}

// forget drops the token of an application, so that the next request asks for a new one. It answers false when that has
// just been done, and would not help.
func (p *Platform) forget() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	had := p.header != nil
	p.header = nil
	return had
}

// login sees to it that there is a token: an application's counts for an hour. The refresh token that comes with it
// takes the place of the one that was used, and is kept before anything else happens.
func (p *Platform) login(ctx context.Context) error {
	app := p.oauth()
	p.mu.Lock()
	defer p.mu.Unlock()
	if app == nil || p.header != nil && p.o.Clock().Before(p.until) {
		return nil
	}
	where := accounts
	if p.o.URL != Address {
		where = p.o.URL // a stand-in
	}
	c, err := httpx.New(httpx.Options{
		URL: where, UserAgent: "orderdeck", Secrets: []string{app.secret, app.refresh}, Timeout: p.o.Timeout, Transport: p.o.Transport, Clock: p.o.Clock,
	})
	if err != nil {
		return err
	}
	a, err := c.Do(ctx, httpx.Request{
		Method: http.MethodPost, Path: "oauth/token", ContentType: "application/x-www-form-urlencoded",
		Body: []byte(url.Values{"grant_type": {"refresh_token"}, "client_id": {app.id}, "client_secret": {app.secret}, "refresh_token": {app.refresh}}.Encode()),
	})
	if err != nil {
		return err
	}
	var token struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Expires int    `json:"expires_in"`
	}
	if err := json.Unmarshal(a.Body, &token); a.Status != http.StatusOK || err != nil || token.Access == "" {
		return &sync.Error{
			Kind: sync.Auth, Text: c.Host() + " gives no token for this application",
			Hint: "Authorize it again in Jumpseller's admin, and give the store its new key with `orderdeck store key`",
		}
	}
	if token.Refresh != "" && token.Refresh != app.refresh {
		p.o.Key = strings.Join([]string{"oauth", app.id, app.secret, token.Refresh}, ":")
		if p.keep != nil {
			if err := p.keep(p.o.Key); err != nil {
				return &sync.Error{Kind: sync.Broken, Text: "the new key of the application cannot be kept: " + err.Error(), Err: err}
			}
		}
	}
	p.header = http.Header{"Authorization": {"Bearer " + token.Access}}
	p.until = p.o.Clock().Add(time.Duration(max(token.Expires, 120)-60) * time.Second)
	return nil
}
