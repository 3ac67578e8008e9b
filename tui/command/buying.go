package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	gosync "sync"
	"time"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/document"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// SupplierKind is one kind of supplier that can be set up.
type SupplierKind struct {
	Title   string // for people
	KeyHint string // what to give as key and where a merchant gets it, one sentence; "" = it needs none
	// Connect makes a supplier out of its settings and its key. It does not talk to it yet.
	Connect func(s config.SupplierConfig, key config.Secret, d SupplierDeps) (outbox.Supplier, error)
}

// SupplierDeps is what suppliers may need beside their settings and their key.
type SupplierDeps struct {
	DB      *store.DB // nil where only the connection is tested
	Folder  string    // the data folder, for what is written and kept
	Config  *config.Config
	Brand   func() document.Brand
	Secrets func() (config.Secrets, error) // where keys are kept; a supplier may keep its token there
	Clock   func() time.Time
	Log     *slog.Logger
	Version string
}

// PurchaseOrder writes purchase orders to a supplier as PDFs, with the merchant's brand, in the merchant's language.
func (d SupplierDeps) PurchaseOrder(one config.SupplierConfig) func(w io.Writer, doc store.PlaceDoc, at time.Time) ([]string, error) {
	return func(w io.Writer, doc store.PlaceDoc, at time.Time) ([]string, error) {
		return document.PurchaseOrder(w, document.PurchaseOrderData{
			Doc: doc, Supplier: cmp.Or(one.Title, one.Name), Contact: one.MailTo, Brand: d.Brand(), Format: d.Config.Locale, Zone: d.Config.Zone, At: at,
		})
	}
}

// KeptToken is what a supplier gave for its key, kept where keys are kept.
type KeptToken struct {
	supplier string
	secrets  func() (config.Secrets, error)
}

// Token keeps what a supplier gave for its key.
func (d SupplierDeps) Token(supplier string) *KeptToken { return &KeptToken{supplier, d.Secrets} }

// Load gives what is kept, "" when nothing is, or when keys are taken from the environment, where nothing is written.
func (k *KeptToken) Load(ctx context.Context) (string, error) {
	kept, err := k.secrets()
	if err != nil {
		return "", err
	}
	secret, err := kept.Get(ctx, config.SupplierToken(k.supplier))
	if errors.Is(err, config.ErrNoSecret) {
		return "", nil
	}
	return secret.Reveal(), err
}

// Save keeps it in place of what was kept before.
func (k *KeptToken) Save(ctx context.Context, token string) error {
	kept, err := k.secrets()
	if err != nil || kept.Mode() == config.ModeEnv {
		return err
	}
	return kept.Set(ctx, config.SupplierToken(k.supplier), config.NewSecret(token))
}

// MailPassword is the password of the mail server.
func (d SupplierDeps) MailPassword(ctx context.Context) (config.Secret, error) {
	if d.Config.Mail.User == "" {
		return config.Secret{}, nil
	}
	kept, err := d.Secrets()
	if err != nil {
		return config.Secret{}, err
	}
	return kept.Get(ctx, config.MailSecret)
}

// Buying is what a checkout needs beside the database.
type Buying struct {
	Suppliers []outbox.Supplier // those that are set up
	settings  *settings
	demo      func() checkout.Settings // what the demo's merchant has set, before it was changed
}

// settings are those of the merchant as they are now: rules that are edited while the program runs are taken over.
type settings struct {
	mu   gosync.Mutex
	read func() (checkout.Settings, error)
	last checkout.Settings
	at   time.Time
	err  error
}

// settingsAge is how long settings count as read just now.
const settingsAge = time.Second

// CheckoutSettings are the settings of checkouts. Where they cannot be read any more, the error says why and the last good ones
// are given.
func (b *Buying) CheckoutSettings() (checkout.Settings, error) {
	s := b.settings
	if s == nil {
		return checkout.Settings{}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.at.IsZero() || now.Sub(s.at) >= settingsAge {
		fresh, err := s.read()
		if s.at, s.err = now, err; err == nil {
			s.last = fresh
		}
	}
	return s.last, s.err
}

// Settings are the last good settings of checkouts.
func (b *Buying) Settings() checkout.Settings {
	out, _ := b.CheckoutSettings()
	return out
}

// ownSuppliers makes the suppliers that the merchant has set up. Rules that contradict themselves end the program before
// anything is done.
func (s *session) ownSuppliers(a *App) error {
	if _, err := a.CheckoutSettings(); err != nil {
		return &coded{ExitUsage, err}
	}
	for _, one := range a.Config.Suppliers {
		made, err := s.supplier(a, one)
		if err != nil {
			return err
		}
		a.Suppliers = append(a.Suppliers, made)
	}
	return nil
}

// worker carries out what is bought.
func (a *App) worker(sources []sync.Source) *outbox.Worker {
	return outbox.New(outbox.Options{DB: a.DB, Suppliers: a.Suppliers, Shops: sync.Shops(sources), Settings: a.Settings, Log: a.Log})
}

// supplier makes one supplier of the settings; its key is read when it is first needed.
func (s *session) supplier(a *App, one config.SupplierConfig) (outbox.Supplier, error) {
	kind, ok := s.deps.Suppliers[one.Kind]
	if !ok {
		return nil, usage("%s: %q is no kind of supplier that Orderdeck knows", a.Config.Where("suppliers", one.Name), one.Kind)
	}
	deps := s.supplierDeps(a)
	if kind.KeyHint == "" {
		return kind.Connect(one, config.Secret{}, deps)
	}
	keyless, err := kind.Connect(one, config.NewSecret("none"), deps)
	if err != nil {
		return nil, fmt.Errorf("the supplier %s: %w", one.Name, err)
	}
	return &lazySupplier{Supplier: keyless, name: one.Name, connect: func(key config.Secret) (outbox.Supplier, error) {
		return kind.Connect(one, key, deps)
	}, secrets: deps.Secrets}, nil
}

func (s *session) supplierDeps(a *App) SupplierDeps {
	d := SupplierDeps{
		DB: a.DB, Folder: a.Config.Data, Config: a.Config, Log: a.Log, Version: a.Version, Clock: time.Now,
		Brand:   func() document.Brand { b, _ := a.Brand(); return b },
		Secrets: func() (config.Secrets, error) { return a.Config.OpenSecrets(a.Config.Secrets, s.configOptions(false)) },
	}
	if a.DB != nil {
		d.Clock = a.DB.Now
	}
	return d
}

// kinds are the kinds of suppliers that there are.
func (s *session) kinds() []string { return slices.Sorted(maps.Keys(s.deps.Suppliers)) }

// lazySupplier is a supplier whose key is read when it is first asked for something, as lazy is for stores. Nothing has
// left when there is no key.
type lazySupplier struct {
	outbox.Supplier // made without a key: knows what it is and asks nobody

	name    string
	connect func(key config.Secret) (outbox.Supplier, error)
	secrets func() (config.Secrets, error)

	mu    gosync.Mutex
	ready outbox.Supplier
}

func (l *lazySupplier) open(ctx context.Context) (outbox.Supplier, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ready != nil {
		return l.ready, nil
	}
	secrets, err := l.secrets()
	if err != nil {
		return nil, errors.Join(outbox.ErrNotSent, err)
	}
	key, err := secrets.Get(ctx, config.SupplierSecret(l.name))
	if err != nil {
		return nil, outbox.NotSent(err)
	}
	if l.ready, err = l.connect(key); err != nil {
		return nil, outbox.NotSent(err)
	}
	return l.ready, nil
}

// Test asks who we are there.
func (l *lazySupplier) Test(ctx context.Context) (outbox.Info, error) {
	s, err := l.open(ctx)
	if err != nil {
		return outbox.Info{}, err
	}
	return s.Test(ctx)
}

// Search looks in the catalogue.
func (l *lazySupplier) Search(ctx context.Context, query string, page int) ([]checkout.Product, bool, error) {
	s, err := l.open(ctx)
	if err != nil {
		return nil, false, err
	}
	return s.Search(ctx, query, page)
}

// Quote asks what a basket costs.
func (l *lazySupplier) Quote(ctx context.Context, q outbox.QuoteReq) (checkout.Quote, error) {
	s, err := l.open(ctx)
	if err != nil {
		return checkout.Quote{}, err
	}
	return s.Quote(ctx, q)
}

// Account asks for the ways of paying.
func (l *lazySupplier) Account(ctx context.Context) (checkout.Account, error) {
	s, err := l.open(ctx)
	if err != nil {
		return checkout.Account{}, err
	}
	return s.Account(ctx)
}

// Place makes an order.
func (l *lazySupplier) Place(ctx context.Context, doc store.PlaceDoc) (outbox.Order, error) {
	s, err := l.open(ctx)
	if err != nil {
		return outbox.Order{}, err
	}
	return s.Place(ctx, doc)
}

// Pay pays an order.
func (l *lazySupplier) Pay(ctx context.Context, doc store.PayDoc) (outbox.Order, error) {
	s, err := l.open(ctx)
	if err != nil {
		return outbox.Order{}, err
	}
	return s.Pay(ctx, doc)
}

// Find looks for orders by our reference.
func (l *lazySupplier) Find(ctx context.Context, reference string) (outbox.Found, error) {
	s, err := l.open(ctx)
	if err != nil {
		return outbox.Found{}, err
	}
	return s.Find(ctx, reference)
}

// Track reads how orders stand.
func (l *lazySupplier) Track(ctx context.Context, numbers []string) ([]outbox.Order, error) {
	s, err := l.open(ctx)
	if err != nil {
		return nil, err
	}
	return s.Track(ctx, numbers)
}

// Cancel takes an unpaid order back.
func (l *lazySupplier) Cancel(ctx context.Context, doc store.CancelDoc) error {
	s, err := l.open(ctx)
	if err != nil {
		return err
	}
	return s.Cancel(ctx, doc)
}
