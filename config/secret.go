package config

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/zalando/go-keyring"
)

// The ways in which the stores' keys are kept.
const (
	ModeKeyring = "keyring"
	ModeFile    = "file"
	ModeEnv     = "env"
)

// KeyringTimeout is how long the system's keyring may take before it counts as not available: it may wait for a
// service that never answers.
const KeyringTimeout = 5 * time.Second

// Secret is a store's key. It never shows when it is printed, logged or marshalled; Reveal gives the text.
type Secret struct{ text string }

// NewSecret keeps a text as a secret, without the white space and line end that come with pasting and with files.
func NewSecret(text string) Secret { return Secret{strings.TrimSpace(text)} }

// Reveal is the key itself, for the one header it goes into.
func (s Secret) Reveal() string { return s.text }

// IsZero tells whether there is no key.
func (s Secret) IsZero() bool { return s.text == "" }

// String hides the key.
func (s Secret) String() string { return "•••" }

// GoString hides the key from %#v.
func (s Secret) GoString() string { return "config.Secret(•••)" }

// MarshalText hides the key from JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the key from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Check tells what is wrong with a key that was typed, pasted or read from a file. The key is not in the error.
func (s Secret) Check() error {
	switch {
	case s.text == "":
		return errors.New("the key is empty: paste the key that the store gave you")
	case len(s.text) > 8192:
		return errors.New("the key is longer than 8 kB, so it is something else: paste the key that the store gave you")
	case strings.ContainsFunc(s.text, func(r rune) bool { return r < ' ' || r > '~' }):
		return errors.New("the key has characters in it that no key has (line breaks, letters with accents): paste it alone")
	}
	return nil
}

// Secrets keeps the stores' keys, by the store's name, and what stands under SupplierSecret, SupplierToken and MailSecret.
// Every error is a sentence, and none has a key in it.
type Secrets interface {
	Mode() string
	Get(ctx context.Context, store string) (Secret, error)
	Set(ctx context.Context, store string, key Secret) error
	Delete(ctx context.Context, store string) error
}

// ErrNoSecret is in the error of Get when there is no key for a store (as opposed to one that cannot be reached).
var ErrNoSecret = errors.New("no key is kept")

// OpenSecrets gives the keys of a settings file, kept in a mode of its own choosing.
func (c *Config) OpenSecrets(mode string, o Options) (Secrets, error) {
	lookup := o.Lookup
	if lookup == nil {
		lookup = os.LookupEnv
	}
	switch mode {
	case ModeKeyring:
		return &keyringSecrets{scope: c.scope()}, nil
	case ModeFile:
		return &fileSecrets{dir: filepath.Join(c.Folder(), "keys")}, nil
	case ModeEnv:
		return envSecrets{lookup}, nil
	}
	return nil, errors.New("it has not been chosen yet where keys are kept: add a store with `orderdeck store add`, or write `secrets: keyring`, `file` or `env` in the settings")
}

// scope tells the keys of several settings files apart in the one keyring.
func (c *Config) scope() string {
	if c.File == standardFile() {
		return ""
	}
	if full, err := filepath.Abs(c.File); err == nil {
		return " (" + full + ")"
	}
	return " (" + c.File + ")"
}

// keyringSecrets keeps keys in the keyring of the system: Secret Service, Keychain, or Credential Manager.
type keyringSecrets struct{ scope string }

const keyringService = "orderdeck"

// Mode is how the keys are kept.
func (k *keyringSecrets) Mode() string { return ModeKeyring }

// Get reads the key of a store.
func (k *keyringSecrets) Get(ctx context.Context, store string) (Secret, error) {
	var text string
	err := timed(ctx, func() (err error) {
		text, err = keyring.Get(keyringService, store+k.scope)
		return err
	})
	if errors.Is(err, keyring.ErrNotFound) {
		return Secret{}, fmt.Errorf("%w for %s in the system's keyring: give it with `%s`", ErrNoSecret, owner(store), giveKey(store))
	}
	if err != nil {
		return Secret{}, unreachable(err)
	}
	return NewSecret(text), nil
}

// Set keeps the key of a store in place of an older one.
func (k *keyringSecrets) Set(ctx context.Context, store string, key Secret) error {
	return unreachable(timed(ctx, func() error { return keyring.Set(keyringService, store+k.scope, key.Reveal()) }))
}

// Delete forgets the key of a store; that there is none is no error.
func (k *keyringSecrets) Delete(ctx context.Context, store string) error {
	err := timed(ctx, func() error { return keyring.Delete(keyringService, store+k.scope) })
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return unreachable(err)
}

func unreachable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the system's keyring cannot be used (%w): unlock it, or keep keys in a file with `secrets: file`", err)
}

// KeyringAvailable asks the keyring for something that it does not have, and gives nil when it says so in time.
func KeyringAvailable(ctx context.Context) error {
	err := timed(ctx, func() error {
		_, err := keyring.Get(keyringService, "is there a keyring?")
		return err
	})
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}

// timed runs a call that cannot be cancelled, and leaves it behind when it takes too long.
func timed(ctx context.Context, call func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, KeyringTimeout, fmt.Errorf("it did not answer within %s", KeyringTimeout))
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// fileSecrets keeps one key a file, in a folder that only its owner can enter.
type fileSecrets struct{ dir string }

// Mode is how the keys are kept.
func (f *fileSecrets) Mode() string { return ModeFile }

// file is where a key is kept. A colon stands in no file name of Windows, and an underscore in no store's name.
func (f *fileSecrets) file(store string) string {
	return filepath.Join(f.dir, strings.ReplaceAll(store, ":", "_")+".key")
}

// Get reads the key of a store.
func (f *fileSecrets) Get(_ context.Context, store string) (Secret, error) {
	if err := checkOwner(store); err != nil {
		return Secret{}, err
	}
	for _, name := range []string{f.dir, f.file(store)} {
		if err := CheckPrivate(name); os.IsNotExist(err) {
			return Secret{}, fmt.Errorf("%w for %s in %s: give it with `%s`", ErrNoSecret, owner(store), f.dir, giveKey(store))
		} else if err != nil {
			return Secret{}, err
		}
	}
	data, err := readSmall(f.file(store))
	if err != nil {
		return Secret{}, fmt.Errorf("the key file %s cannot be read: %w", f.file(store), plain(err))
	}
	key := NewSecret(string(data))
	if err := key.Check(); err != nil {
		return Secret{}, fmt.Errorf("the key file %s: %w", f.file(store), err)
	}
	return key, nil
}

// Set keeps the key of a store in place of an older one.
func (f *fileSecrets) Set(_ context.Context, store string, key Secret) error {
	if err := checkOwner(store); err != nil {
		return err
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return fmt.Errorf("the folder %s for keys cannot be made: %w", f.dir, plain(err))
	}
	if err := CheckPrivate(f.dir); err != nil {
		return err
	}
	return WriteFile(f.file(store), []byte(key.Reveal()+"\n"), 0o600)
}

// Delete forgets the key of a store; that there is none is no error.
func (f *fileSecrets) Delete(_ context.Context, store string) error {
	if err := checkOwner(store); err != nil {
		return err
	}
	if err := os.Remove(f.file(store)); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("the key file %s cannot be removed: %w", f.file(store), plain(err))
	}
	return nil
}

// CheckPrivate refuses a file or folder that others than its owner may read. Windows keeps the folders of a user
// private by itself, and has no such bits.
func CheckPrivate(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	mode := "600"
	if info.IsDir() {
		mode = "700"
	}
	return fmt.Errorf("others on this computer may read %s, so no key is read from it: run `chmod %s %[1]s`, and ask the store for a new key if somebody may have seen it", name, mode)
}

// envSecrets takes keys from the environment and keeps nothing.
type envSecrets struct{ lookup func(string) (string, bool) }

// Mode is how the keys are kept.
func (e envSecrets) Mode() string { return ModeEnv }

// EnvName is the variable that has a store's key: ORDERDECK_STORE_SHOP_EU_KEY for shop-eu. A supplier has
// ORDERDECK_SUPPLIER_CJ_KEY, the mail server ORDERDECK_MAIL_PASSWORD.
func EnvName(store string) string {
	kind, name := secretOf(store)
	switch kind {
	case MailSecret:
		return "ORDERDECK_MAIL_PASSWORD"
	case supplierSecret:
		return "ORDERDECK_SUPPLIER_" + variable(name) + "_KEY"
	case tokenSecret:
		return "ORDERDECK_SUPPLIER_" + variable(name) + "_TOKEN"
	}
	return "ORDERDECK_STORE_" + variable(name) + "_KEY"
}

func variable(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// secretVariable tells whether a variable is one of those that EnvName makes.
func secretVariable(name string) bool {
	for _, v := range []struct{ prefix, suffix string }{
		{"ORDERDECK_STORE_", "_KEY"}, {"ORDERDECK_SUPPLIER_", "_KEY"}, {"ORDERDECK_SUPPLIER_", "_TOKEN"}, {"ORDERDECK_MAIL_PASSWORD", ""},
	} {
		if strings.HasPrefix(name, v.prefix) && strings.HasSuffix(name, v.suffix) {
			return true
		}
	}
	return false
}

// secretOf takes the name under which a secret is kept apart; kind is "" for a store's.
func secretOf(name string) (kind, owner string) {
	for _, kind := range []string{MailSecret, supplierSecret, tokenSecret} {
		if rest, ok := strings.CutPrefix(name, kind); ok {
			return kind, rest
		}
	}
	return "", name
}

// checkOwner tells what is wrong with the name under which a secret is kept.
func checkOwner(name string) error {
	switch kind, owner := secretOf(name); kind {
	case MailSecret:
		if owner != "" {
			return fmt.Errorf("%q is no name under which a key is kept", name)
		}
		return nil
	case supplierSecret, tokenSecret:
		return CheckSupplierName(owner)
	}
	return CheckStoreName(name)
}

// owner names whose secret it is, for a sentence.
func owner(name string) string {
	switch kind, owner := secretOf(name); kind {
	case MailSecret:
		return "the mail server"
	case supplierSecret, tokenSecret:
		return "the supplier " + owner
	}
	return name
}

// giveKey is the command that asks for a key.
func giveKey(name string) string {
	switch kind, owner := secretOf(name); kind {
	case MailSecret:
		return "orderdeck config mail-password"
	case supplierSecret, tokenSecret:
		return "orderdeck supplier key " + owner
	}
	return "orderdeck store key " + name
}

// Get reads the key of a store.
func (e envSecrets) Get(_ context.Context, store string) (Secret, error) {
	text, _ := e.lookup(EnvName(store))
	key := NewSecret(text)
	if key.IsZero() {
		return Secret{}, fmt.Errorf("%w for %s: set the variable %s to it", ErrNoSecret, owner(store), EnvName(store))
	}
	if err := key.Check(); err != nil {
		return Secret{}, fmt.Errorf("%s: %w", EnvName(store), err)
	}
	return key, nil
}

// Set refuses a key that the environment does not have already.
func (e envSecrets) Set(ctx context.Context, store string, key Secret) error {
	if have, err := e.Get(ctx, store); err != nil || have != key {
		return fmt.Errorf("keys are taken from the environment (`secrets: env`) and never written: set %s to this key first", EnvName(store))
	}
	return nil
}

// Delete has nothing to forget.
func (e envSecrets) Delete(context.Context, string) error { return nil }
