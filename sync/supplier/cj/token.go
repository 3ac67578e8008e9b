package cj

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/orderdeck/orderdeck/sync"
)

// Tokens keeps CJ's tokens where secrets are kept: one short text. They open the account, so it is a secret like the
// key. Load gives "" when there is none.
type Tokens interface {
	Load(ctx context.Context) (string, error)
	Save(ctx context.Context, tokens string) error
}

const (
	// loginEvery is how often CJ hands out tokens for a key.
	loginEvery = 5 * time.Minute
	// renewBefore is how long before its end (it lasts 15 days) an access token is renewed.
	renewBefore = 24 * time.Hour
	// renewEvery bounds how often it is tried when it fails.
	renewEvery = time.Hour
)

// login is what is kept.
type login struct {
	Of           string    `json:"of"` // digest of the address and the key that the tokens were given for
	Access       string    `json:"access,omitempty"`
	AccessUntil  time.Time `json:"access_until,omitzero"`
	Refresh      string    `json:"refresh,omitempty"`
	RefreshUntil time.Time `json:"refresh_until,omitzero"`
	OpenID       string    `json:"open_id,omitempty"` // what webhooks are signed with
	Asked        time.Time `json:"asked,omitzero"`    // when the key was used last, whatever came of it
	renewed      time.Time // when it was tried to renew them in this process
}

// digest tells whether tokens were given for the key and the address that are used now.
func (s *Supplier) digest() string {
	sum := sha256.Sum256([]byte(s.http.Host() + "\n" + s.o.Key))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// token gives an access token that is good for now. It is renewed before its end; the key is used only when there is
// nothing to renew.
func (s *Supplier) token(ctx context.Context) (string, error) {
	if s.login == nil {
		if err := s.loadLogin(ctx); err != nil {
			return "", err
		}
	}
	l, now := s.login, s.o.Clock()
	good := l.Access != "" && now.Before(l.AccessUntil)
	if good && now.Before(l.AccessUntil.Add(-renewBefore)) {
		return l.Access, nil
	}
	if l.Refresh != "" && now.Before(l.RefreshUntil) && (!good || now.Sub(l.renewed) >= renewEvery) {
		l.renewed = now
		err := s.renew(ctx)
		if err == nil {
			return s.login.Access, nil
		}
		var r *RefusalError
		if !good && (!errors.As(err, &r) || r.class() != badKey && r.class() != badToken) {
			return "", err // it may work the next time; the key is not used for that
		}
	}
	if good {
		return l.Access, nil
	}
	return s.logIn(ctx)
}

func (s *Supplier) loadLogin(ctx context.Context) error {
	kept, err := s.o.Tokens.Load(ctx)
	if err != nil {
		return &sync.Error{Kind: sync.Auth, Text: "CJ's tokens cannot be read: " + err.Error()}
	}
	l := &login{}
	if json.Unmarshal([]byte(kept), l) != nil || l.Of != s.digest() { // none, damaged, or of another key
		l = &login{Of: s.digest()}
	}
	s.login = l
	return nil
}

// spoil takes note that the access token is no good, whatever its date says.
func (s *Supplier) spoil() {
	if s.login != nil {
		s.login.AccessUntil, s.login.renewed = time.Time{}, time.Time{}
	}
}

// keep saves the tokens. When that fails they are still good for this process.
func (s *Supplier) keep(ctx context.Context) {
	data, err := json.Marshal(s.login)
	if err == nil {
		err = s.o.Tokens.Save(ctx, string(data))
	}
	s.kept = err
}

// given is CJ's answer with tokens.
type given struct {
	OpenID        word `json:"openId"`
	Access        word `json:"accessToken"`
	AccessExpiry  word `json:"accessTokenExpiryDate"`
	Refresh       word `json:"refreshToken"`
	RefreshExpiry word `json:"refreshTokenExpiryDate"`
}

func (s *Supplier) renew(ctx context.Context) error {
	var g given
	_, err := s.send(ctx, request{
		method: http.MethodPost, path: "/authentication/refreshAccessToken", body: map[string]string{"refreshToken": s.login.Refresh},
	}, nil, &g)
	if err != nil {
		return err
	}
	return s.accept(ctx, &g)
}

// logIn uses the key. That it is about to is kept first, so that a program that is started again and again does not use
// up what CJ allows.
func (s *Supplier) logIn(ctx context.Context) (string, error) {
	now := s.o.Clock()
	if since := now.Sub(s.login.Asked); since >= 0 && since < loginEvery {
		return "", &sync.Error{
			Kind: sync.RateLimited, RetryAfter: loginEvery - since,
			Text: fmt.Sprintf("CJ lets an API key log in once in %.0f minutes", loginEvery.Minutes()),
			Hint: "It goes on by itself",
		}
	}
	s.login.Asked = now
	s.keep(ctx)
	var g given
	_, err := s.send(ctx, request{
		method: http.MethodPost, path: "/authentication/getAccessToken", body: map[string]string{"apiKey": s.o.Key},
	}, nil, &g)
	if err != nil {
		return "", err
	}
	if err := s.accept(ctx, &g); err != nil {
		return "", err
	}
	return s.login.Access, nil
}

// accept takes tokens over. A date that cannot be read counts as soon.
func (s *Supplier) accept(ctx context.Context, g *given) error {
	if g.Access == "" {
		return sync.Errorf(sync.BadAnswer, "CJ accepts the key but hands out no token")
	}
	soon := s.o.Clock().Add(2 * renewBefore)
	until := func(w word) time.Time {
		if t, err := time.Parse(time.RFC3339, string(w)); err == nil {
			return t
		}
		return soon
	}
	l := s.login
	l.Access, l.AccessUntil = string(g.Access), until(g.AccessExpiry)
	if g.Refresh != "" {
		l.Refresh, l.RefreshUntil = string(g.Refresh), until(g.RefreshExpiry)
	}
	if g.OpenID != "" {
		l.OpenID = string(g.OpenID)
	}
	s.keep(ctx)
	return nil
}
