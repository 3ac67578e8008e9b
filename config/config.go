// Package config holds what the merchant sets: the settings file, the environment, the stores' keys and the saved
// views. A setting is taken from the first of these that has it: flag, environment, file, default.
//
// It imports nothing of the other rooms; what only they can check (a pull filter, a platform's name) is handed to Load.
package config

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/spf13/viper"

	"github.com/orderdeck/orderdeck/config/locale"
)

// Options says where settings come from. Its zero value is the user's own file and environment.
type Options struct {
	File      string                          // --config; "" = ORDERDECK_CONFIG, else the user's own
	Flags     map[string]string               // settings given as flags, by key: "data"
	Platforms []string                        // names that a store's platform may have; nil = any
	Kinds     []string                        // names that a supplier's kind may have; nil = any
	Offline   []string                        // platforms that have no address: their orders come from files
	Signed    []string                        // platforms that sign what they ask over http, so that the key is not seen on the way
	InAddress []string                        // platforms that take a key in the address of a request
	Filter    func(text string) error         // tells what is wrong with a pull filter; nil = nothing
	Lookup    func(key string) (string, bool) // the environment; nil = the process'
	New       bool                            // a file given by name need not exist yet
}

// Config is the settings in force. It is not changed after Load.
type Config struct {
	File      string // the settings file; it may not exist (Exists)
	Exists    bool
	Data      string // folder of the database, the logs and the state
	Stores    []StoreConfig
	Suppliers []SupplierConfig
	Rates     []RateConfig
	Base      string // the merchant's own currency, ISO 4217; "" = not said
	Brand     BrandConfig
	Mail      MailConfig
	Secrets   string // ModeKeyring, ModeFile or ModeEnv; "" = not chosen yet
	SyncEvery time.Duration
	Locale    locale.Locale
	Zone      *time.Location // for dates where a store has none
	Theme     string         // auto, dark, light
	Icons     string         // emoji, nerd, plain
	Mouse     bool
	Columns   []string            // none = the screen chooses
	Keys      map[string][]string // action id → keys; names keep their case and dots
	CSV       CSV

	origins map[string]string // key → "flag", a variable's name, "file" or "default"
	values  map[string]string // key → the text in force
	lines   map[string]int    // key path in the file, joined with a zero byte → line
}

// CSV is what an export has when nothing else is said.
type CSV struct {
	Profile string // orders, lines, shopify, json
	For     string // excel-br, excel-pt, excel-pl, machine; "" = not chosen
	Folder  string // "" = the current one
}

// StoreConfig is one store of the file.
type StoreConfig struct {
	Name             string
	Platform         string
	URL              string
	Pull             string        // "all" or filter text
	Every            time.Duration // 0 = never by itself
	OwnEvery         bool          // Every is the store's own, not sync.every
	OwnStock         bool
	AuthorizedIsPaid bool
	NotifyCustomer   bool
	KeyInAddress     bool   // the key stands in the address of every request, not in a header
	HoldDays         int    // cooling-off days from the order's date; 0 = none
	Zone             string // IANA name; "" = the platform's own
}

// Load reads the settings. The error is of type Errors when something in them is refused, with one sentence for each.
func Load(o Options) (*Config, error) {
	if o.Lookup == nil {
		o.Lookup = os.LookupEnv
	}
	c := &Config{origins: map[string]string{}, values: map[string]string{}, lines: map[string]int{}}
	named := o.File
	if named == "" {
		named, _ = o.Lookup("ORDERDECK_CONFIG")
	}
	c.File = cmp.Or(named, standardFile())
	p := &parser{file: c.File, opts: o, c: c, scalars: map[string]string{}}
	data, err := readSmall(c.File)
	switch {
	case err == nil:
		c.Exists = true
		p.parse(data)
	case !os.IsNotExist(err):
		return nil, Errors{{Text: fmt.Sprintf("The settings file %s cannot be read: %v.", c.File, plain(err))}}
	case named != "" && !o.New:
		return nil, Errors{{Text: fmt.Sprintf("The settings file %s does not exist: write one with `orderdeck --config %[1]s config init`.", c.File)}}
	}
	if err := c.layer(p, o); err != nil {
		return nil, err
	}
	if len(p.errs) > 0 {
		return nil, p.errs
	}
	c.resolve(o)
	return c, nil
}

// standardFile is the settings file where nobody names another.
func standardFile() string { return filepath.Join(xdg.ConfigHome, "orderdeck", "config.yaml") }

// layer puts flag, environment, file and default on top of each other, and checks what came from outside the file (the
// file's own values have been checked with their lines).
func (c *Config) layer(p *parser, o Options) error {
	v := viper.New()
	for _, s := range Settings {
		if !s.kind.plain() {
			continue
		}
		v.SetDefault(s.Key, s.Default)
		c.origins[s.Key] = "default"
		if value, ok := p.scalars[s.Key]; ok {
			if err := v.MergeConfigMap(nest(s.Key, value)); err != nil {
				return fmt.Errorf("settings: %w", err)
			}
			c.origins[s.Key] = "file"
		}
		for _, from := range []struct{ origin, value string }{
			{s.environment(), environment(o, s)},
			{"flag", o.Flags[s.Key]},
		} {
			if from.value == "" {
				continue
			}
			value, err := s.outside(from.value)
			if err != nil {
				p.errs = append(p.errs, &Error{File: from.origin, Text: err.Error()})
				continue
			}
			v.Set(s.Key, value)
			c.origins[s.Key] = from.origin
		}
		c.values[s.Key] = v.GetString(s.Key)
	}
	return nil
}

func environment(o Options, s Setting) string {
	value, _ := o.Lookup(s.environment())
	return value
}

// outside checks a value that came by the environment or a flag; a list is written with commas there.
func (s Setting) outside(value string) (string, error) {
	if s.kind != list {
		return value, s.validate(value)
	}
	names := strings.Split(value, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if err := s.item(names[i]); err != nil {
			return "", err
		}
	}
	return "[" + strings.Join(names, ", ") + "]", nil
}

// item checks one entry of a list.
func (s Setting) item(name string) error {
	if s.Values == nil {
		return s.check(name)
	}
	if slices.Contains(s.Values, name) {
		return nil
	}
	return fmt.Errorf("%q is none of the %s.%s They are: %s", name, s.Key, didYouMean(name, s.Values), strings.Join(s.Values, ", "))
}

func nest(key, value string) map[string]any {
	section, name, nested := strings.Cut(key, ".")
	if !nested {
		return map[string]any{key: value}
	}
	return map[string]any{section: map[string]any{name: value}}
}

// resolve turns the texts in force into values. They have all been checked.
func (c *Config) resolve(o Options) {
	get := func(key string) string { return c.values[key] }
	c.Data = expand(cmp.Or(get("data"), filepath.Join(xdg.DataHome, "orderdeck")))
	c.Secrets = get("secrets")
	c.SyncEvery, _ = ParseEvery(get("sync.every"))
	c.Locale = locale.Get(cmp.Or(get("locale"), locale.FromEnvironment(func(key string) string {
		value, _ := o.Lookup(key)
		return value
	})))
	c.Zone = time.Local
	if name := get("timezone"); name != "" {
		c.Zone, _ = time.LoadLocation(name)
	}
	c.Theme, c.Icons, c.Mouse = get("theme"), get("icons"), get("mouse") == "true"
	c.Columns = splitList(get("columns"))
	c.CSV = CSV{Profile: get("csv.profile"), For: get("csv.for"), Folder: expand(get("csv.folder"))}
	c.Base = get("base")
	c.Brand = BrandConfig{
		Name: get("brand.name"), Logo: expand(get("brand.logo")), Color: get("brand.color"), Address: get("brand.address"),
		Message: get("brand.message"), Font: expand(get("brand.font")), Languages: splitList(get("brand.languages")),
	}
	c.Mail = MailConfig{Host: get("mail.host"), User: get("mail.user"), From: get("mail.from")}
	c.Mail.Port, _ = strconv.Atoi(get("mail.port"))
	for i := range c.Stores {
		if !c.Stores[i].OwnEvery {
			c.Stores[i].Every = c.SyncEvery
		}
	}
}

func splitList(value string) []string {
	inner := strings.Trim(value, "[]")
	if inner == "" {
		return nil
	}
	return strings.Split(inner, ", ")
}

// expand reads a leading ~/ as the home folder, as people write it in files.
func expand(name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		return filepath.Join(xdg.Home, rest)
	}
	return name
}

// Store is the store of that name.
func (c *Config) Store(name string) (StoreConfig, bool) {
	i := slices.IndexFunc(c.Stores, func(s StoreConfig) bool { return s.Name == name })
	if i < 0 {
		return StoreConfig{}, false
	}
	return c.Stores[i], true
}

// Folder is where the settings file stands; views and kept keys stand beside it.
func (c *Config) Folder() string { return filepath.Dir(c.File) }

// Origin says where a setting comes from: "flag", the name of a variable, "file" or "default".
func (c *Config) Origin(key string) string { return c.origins[key] }

// Where is the place of a setting in the file, "config.yaml:12", for errors of those who check more than this package
// can: Where("keys", "export"). It is the file's name alone for what is not in the file.
func (c *Config) Where(keys ...string) string {
	if line := c.lines[path(keys...)]; line > 0 {
		return fmt.Sprintf("%s:%d", c.File, line)
	}
	return c.File
}

func path(keys ...string) string { return strings.Join(keys, "\x00") }
