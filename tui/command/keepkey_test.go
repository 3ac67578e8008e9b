package command

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/sync"
)

// turning is a store whose key is another one after every login.
type turning struct {
	fake
	keep func(string) error
}

func (k *turning) KeepKey(keep func(string) error) { k.keep = keep }

func (k *turning) Test(context.Context) (sync.Info, error) {
	if k.key.Reveal() == "used" {
		return sync.Info{}, &sync.Error{Kind: sync.Auth, Text: "it has been used"}
	}
	return sync.Info{}, k.keep(k.key.Reveal() + "x")
}

// TestAKeyThatChangesWithEveryLoginIsKept, when a store is added and later on: the old one opens nothing any more.
func TestAKeyThatChangesWithEveryLoginIsKept(t *testing.T) {
	c, err := config.Load(config.Options{File: filepath.Join(t.TempDir(), "c.yaml"), New: true})
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := c.OpenSecrets(config.ModeFile, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	connect := func(s config.StoreConfig, key config.Secret) (sync.Platform, error) {
		return &turning{fake: fake{s, key}}, nil
	}
	st := config.StoreConfig{Name: "a", Platform: "turning", URL: "https://a.example"}
	s := &session{deps: Deps{Connectors: map[string]Connector{"turning": connect}}}
	_, key, err := s.tryKey(t.Context(), st, config.NewSecret("first"))
	if err != nil || key.Reveal() != "firstx" {
		t.Fatalf("the key to be kept is %q: %v", key.Reveal(), err)
	}
	if err := secrets.Set(t.Context(), "a", key); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"firstxx", "firstxxx"} { // each is a new start of the program
		p, err := newLazy(st, connect, func() (config.Secrets, error) { return secrets, nil })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Test(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, err := secrets.Get(t.Context(), "a"); err != nil || got.Reveal() != want {
			t.Errorf("kept is %q, not %q: %v", got.Reveal(), want, err)
		}
	}
}
