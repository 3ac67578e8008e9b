package config

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/zalando/go-keyring"
)

func TestASecretNeverShows(t *testing.T) {
	s := NewSecret(" hunter2\n")
	if s.Reveal() != "hunter2" {
		t.Errorf("Reveal gives %q", s.Reveal())
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v %+v %#v %q %x", s, s, s, s, s, s)
	fmt.Fprintf(&b, "%v %+v", struct{ S Secret }{s}, []Secret{s})
	slog.New(slog.NewTextHandler(&b, nil)).Info("key", "key", s)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("key", "key", s)
	data, err := json.Marshal(map[string]any{"key": s})
	if err != nil {
		t.Fatal(err)
	}
	b.Write(data)
	if text := b.String(); strings.Contains(text, "hunter2") || strings.Contains(text, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("it shows in\n%s", text)
	}
}

func TestSecretCheck(t *testing.T) {
	for text, ok := range map[string]bool{"abc_123-xyz==": true, "": false, "a\nb": false, "ключ": false, strings.Repeat("x", 9000): false, "a\x1b[0m": false} {
		if err := NewSecret(text).Check(); (err == nil) != ok {
			t.Errorf("%.20q: %v", text, err)
		} else if err != nil && text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

func open(t *testing.T, mode string, env map[string]string) (Secrets, *Config) {
	t.Helper()
	o := options(filepath.Join(t.TempDir(), "config.yaml"), env)
	c := reload(t, o)
	s, err := c.OpenSecrets(mode, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func TestKeepAndForget(t *testing.T) {
	keyring.MockInit()
	ctx := context.Background()
	for _, mode := range []string{ModeKeyring, ModeFile} {
		t.Run(mode, func(t *testing.T) {
			s, _ := open(t, mode, nil)
			if _, err := s.Get(ctx, "shop"); !errors.Is(err, ErrNoSecret) || !strings.Contains(err.Error(), "orderdeck store key shop") {
				t.Errorf("none kept: %v", err)
			}
			if err := s.Set(ctx, "shop", NewSecret("k1")); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Get(ctx, "shop"); err != nil || got.Reveal() != "k1" {
				t.Errorf("got %q, %v", got.Reveal(), err)
			}
			if _, err := s.Get(ctx, "other"); !errors.Is(err, ErrNoSecret) {
				t.Errorf("another store has a key: %v", err)
			}
			for range 2 {
				if err := s.Delete(ctx, "shop"); err != nil {
					t.Error(err)
				}
			}
			if _, err := s.Get(ctx, "shop"); !errors.Is(err, ErrNoSecret) {
				t.Errorf("it is still kept: %v", err)
			}
			if s.Mode() != mode {
				t.Errorf("mode is %q", s.Mode())
			}
		})
	}
}

func TestKeysOfTwoFilesDoNotMeet(t *testing.T) {
	keyring.MockInit()
	ctx := context.Background()
	one, _ := open(t, ModeKeyring, nil)
	two, _ := open(t, ModeKeyring, nil)
	if err := one.Set(ctx, "shop", NewSecret("k1")); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Get(ctx, "shop"); !errors.Is(err, ErrNoSecret) {
		t.Errorf("the other settings file sees the key: %v", err)
	}
}

func TestKeyringRefuses(t *testing.T) {
	keyring.MockInitWithError(errors.New("no bus"))
	s, _ := open(t, ModeKeyring, nil)
	if err := s.Set(context.Background(), "shop", NewSecret("k1")); err == nil || !strings.Contains(err.Error(), "no bus") || strings.Contains(err.Error(), "k1") {
		t.Errorf("got %v", err)
	}
	if err := KeyringAvailable(context.Background()); err == nil {
		t.Error("a keyring that fails counts as available")
	}
	keyring.MockInit()
	if err := KeyringAvailable(context.Background()); err != nil {
		t.Errorf("a keyring that works: %v", err)
	}
}

func TestAKeyringThatHangsIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		err := timed(context.Background(), func() error { <-free; return nil })
		if err == nil || !strings.Contains(err.Error(), "did not answer within 5s") {
			t.Errorf("got %v", err)
		}
		close(free)
	})
}

func TestFileIsPrivate(t *testing.T) {
	ctx := context.Background()
	s, c := open(t, ModeFile, nil)
	if err := s.Set(ctx, "shop", NewSecret("k1")); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(c.Folder(), "keys")
	file := filepath.Join(dir, "shop.key")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode of the folder %v, %v", info.Mode(), err)
	}
	for _, open := range []struct {
		name     string
		mode, ok os.FileMode
	}{{file, 0o640, 0o600}, {file, 0o604, 0o600}, {dir, 0o755, 0o700}} {
		if err := os.Chmod(open.name, open.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(ctx, "shop"); err == nil || !strings.Contains(err.Error(), "chmod "+fmt.Sprintf("%o", open.ok)) {
			t.Errorf("%s with %o: %v", open.name, open.mode, err)
		}
		if err := os.Chmod(open.name, open.ok); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"../x", "", "a/b"} {
		if err := s.Set(ctx, name, NewSecret("k")); err == nil {
			t.Errorf("%q was taken as a store's name", name)
		}
	}
}

func TestEnvironmentKeys(t *testing.T) {
	ctx := context.Background()
	s, _ := open(t, ModeEnv, map[string]string{"ORDERDECK_STORE_SHOP_EU_KEY": " k1 "})
	if got, err := s.Get(ctx, "shop-eu"); err != nil || got.Reveal() != "k1" {
		t.Errorf("got %q, %v", got.Reveal(), err)
	}
	if _, err := s.Get(ctx, "x"); !errors.Is(err, ErrNoSecret) || !strings.Contains(err.Error(), "ORDERDECK_STORE_X_KEY") {
		t.Errorf("none set: %v", err)
	}
	if err := s.Set(ctx, "shop-eu", NewSecret("k1")); err != nil {
		t.Errorf("a key that is there already: %v", err)
	}
	if err := s.Set(ctx, "shop-eu", NewSecret("k2")); err == nil || strings.Contains(err.Error(), "k2") {
		t.Errorf("another key: %v", err)
	}
}

func TestNoModeIsNoWeakerMode(t *testing.T) {
	o := options(filepath.Join(t.TempDir(), "config.yaml"), nil)
	if s, err := reload(t, o).OpenSecrets("", o); err == nil {
		t.Errorf("without a choice keys are kept in %s", s.Mode())
	}
}
